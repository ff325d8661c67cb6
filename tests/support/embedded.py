"""Fixtures: a live embedded platform server."""
