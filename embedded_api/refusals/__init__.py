"""Routes of the API that this server does not offer, refused by name."""
