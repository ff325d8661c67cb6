"""A small annotation platform of our own that speaks the Clarifai v2 JSON dialect.

It is a program of its own (own process, own database file) and imports nothing of the dashboard.
"""
