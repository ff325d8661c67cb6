"""The classes of an app."""
