"""Label orders with their task."""
