"""What a token is good for: tried with a handful of calls, side by side.

Source: Clarifai API guide, section users, apps, scopes. ``MyScopes`` answers scopes and app in one call.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

import msgspec

from ..errors import PlatformError, Unauthorized
from ..types import PlatformUser, TokenReport
from . import mapping
from .answers import Frame, envelope
from .calls import understood
from .features import features
from .inputs import InputCalls
from .pages import together, whole

T = TypeVar("T")


class CheckCalls(InputCalls):
    """The connection page's test of a token: five requests, and a page more for every 1,000 tasks."""

    def check(self) -> TokenReport:
        tried = together(
            {
                "scopes": partial(self.client.call, "my_scopes", envelope),
                "user": self._me,
                "tasks": partial(
                    whole, partial(self.page, "list_tasks", "tasks", ()), self.capabilities.page_size
                ),
                "annotations": partial(self.page, "list_annotations", "annotations", (), 1, 1),
                "inputs": self.count_inputs,
            }
        )
        scopes: Frame = tried.pop("scopes")()
        missing: dict[str, str] = {}
        # An app's own key has no user behind it: it acts as the app's owner.
        me = _or_reason({}, "user", tried.pop("user"), strict=False) or PlatformUser(self.user_id)
        app = _or_reason(missing, "app", partial(self._app, scopes))
        tasks = _or_reason(missing, "tasks", tried["tasks"])
        _or_reason(missing, "annotations", tried["annotations"])
        inputs = _or_reason(missing, "inputs", tried["inputs"])
        app = app or _App()
        held = tuple(scopes.scopes) if isinstance(scopes.scopes, list) else None
        return TokenReport(
            user_id=me.id,
            app_name=app.name or app.id or self.app_id,
            owner=me.id == (app.user_id or self.user_id),
            scopes=held or (),
            inputs=inputs,
            tasks=None if tasks is None else len(tasks),
            missing=missing,
            features=features(held, missing, self.capabilities),
        )

    def _me(self) -> PlatformUser:
        raw = self.client.call("get_user", envelope, path={"user_id": "me"}).one("user")
        return understood(mapping.user, raw)

    def _app(self, scopes: Frame) -> _App:
        raw = scopes.app
        if not isinstance(raw, msgspec.Raw):
            raw = self.client.call("get_app", envelope).one("app")
        return understood(_read_app, raw)


def _or_reason(missing: dict[str, str], name: str, ask: Callable[[], T], *, strict: bool = True) -> T | None:
    """The answer, or None with the reason in ``missing``. Raises what says nothing about the token.

    ``strict``: a refused token is such a thing.
    """
    try:
        return ask()
    except PlatformError as error:
        if error.retryable or (strict and isinstance(error, Unauthorized)):
            raise
        missing[name] = error.message
        return None


class _App(msgspec.Struct):
    id: str | None = ""
    name: str | None = ""
    user_id: str | None = ""


_read_app = msgspec.json.Decoder(_App).decode
