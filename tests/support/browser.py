"""Fixtures: the system Chromium."""
