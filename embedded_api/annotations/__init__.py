"""Annotations: reading, checking, writing, searching."""
