"""The field for a platform token."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import RegexValidator

# It travels in an HTTP header, and no platform makes tokens of anything else.
_IS_TOKEN = RegexValidator(
    r"\A[!-~]+\Z",
    "A token has only plain letters, digits and signs, and no space. Copy it again from the platform.",
)


class TokenField(forms.CharField):
    """A token to write, at most 500 characters. Never read back: the field is always empty on the page."""

    def __init__(self, **options: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": "off", "class": "secret", "spellcheck": "false"})
        super().__init__(max_length=500, widget=widget, validators=[_IS_TOKEN], **options)
