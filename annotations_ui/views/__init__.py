"""Views: short, one module per area of the window."""
