"""The corridor between the house and the platforms: mirror, outbox, pull and push."""
