"""Sending what waits in the outbox to the platform."""

from .relay import Summary, push, sweep

__all__ = ["Summary", "push", "sweep"]
