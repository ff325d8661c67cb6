"""Reading the platform into the mirror."""

from .run import pull

__all__ = ["pull"]
