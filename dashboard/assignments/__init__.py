"""Admins create tasks and hand out work."""
