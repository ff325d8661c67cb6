"""Secrets at rest: a text field whose column holds only ciphertext.

Keys come from ``settings.ENCRYPTION_KEYS`` (Fernet keys, newest first), so a key can be rotated: old rows
stay readable and are rewritten with the newest key on save.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


class Secret(str):
    """A text that does not print itself: ``repr`` and ``format`` in logs show dots."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'••••'" if self else "''"

    def __format__(self, spec: str) -> str:
        return "••••" if self else ""

    __str__ = __repr__

    def reveal(self) -> str:
        """The plain text, for the one place that sends it."""
        return str.__getitem__(self, slice(None))


def seal(text: str) -> str:
    """``text`` as ciphertext that remembers when it was made; for what waits on the server for a moment."""
    return _fernet(tuple(settings.ENCRYPTION_KEYS)).encrypt(text.encode()).decode()


def unseal(sealed: str, *, seconds: int) -> str | None:
    """What was sealed at most ``seconds`` ago; None for anything else."""
    try:
        return _fernet(tuple(settings.ENCRYPTION_KEYS)).decrypt(sealed.encode(), ttl=seconds).decode()
    except InvalidToken:
        return None


class EncryptedField(models.TextField):
    """Text encrypted with Fernet (AES-128-CBC and HMAC); reads as :class:`Secret`. Never filter by it."""

    def get_prep_value(self, value: Any) -> Any:
        if value in (None, ""):
            return value
        plain = value.reveal() if isinstance(value, Secret) else value
        return _fernet(tuple(settings.ENCRYPTION_KEYS)).encrypt(plain.encode()).decode()

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Secret | None:
        if value is None:
            return None
        if value == "":
            return Secret("")
        try:
            return Secret(_fernet(tuple(settings.ENCRYPTION_KEYS)).decrypt(value.encode()).decode())
        except InvalidToken as error:
            raise ImproperlyConfigured(
                "A stored platform token cannot be decrypted: PROOFDESK_SECRET_KEY differs from the key "
                "it was saved with. Start with the former key, or enter the token again."
            ) from error
