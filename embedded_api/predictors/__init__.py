"""The built-in demo model and workflow."""
