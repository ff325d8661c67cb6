"""A reviewer decides."""
