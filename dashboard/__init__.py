"""The house: what the product knows and does. No HTML."""

# Loaded with the package, so that a page that wakes the worker uses this application's broker and no other.
from dashboard.celery import app as celery_app

__all__ = ["celery_app"]
