"""Why a reviewer sends something back: few, numbered, the same everywhere."""

from __future__ import annotations

REASONS = {
    "missing": "Something is missing",
    "wrong_class": "Wrong concept",
    "loose": "Loose shape",
    "extra": "Something is too much",
    "other": "Other",
}
