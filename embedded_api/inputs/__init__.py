"""Pictures and texts: taking them in, hosting them, listing them."""
