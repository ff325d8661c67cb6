"""Fixtures: real Redis-compatible and PostgreSQL servers from wheels."""
