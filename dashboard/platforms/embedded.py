"""The embedded platform: Clarifai's dialect on our own server, with what our server adds to it.

Additions (documented in embedded_api): listing of all assignments, tasks over chosen inputs, preconditions on
annotations, owners acting for their labelers, and creating people.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from .clarifai.adapter import ClarifaiPlatform
from .clarifai.answers import Frame, envelope
from .clarifai.bodies import encode
from .clarifai.calls import NO_PATH
from .clarifai.client import ClarifaiClient
from .clarifai.codes import UNREADABLE
from .errors import AlreadyExists, Ambiguous, Unsupported
from .guard import split_url
from .types import Capabilities


class EmbeddedPlatform(ClarifaiPlatform):
    """Implements :class:`dashboard.platforms.interface.Platform` for the embedded server.

    ``operator_key`` is the server's key that may create users; without it people cannot be provisioned.
    """

    capabilities = Capabilities(
        assignment_listing=True,
        task_input_subset=True,
        preconditions=True,
        act_for_others=True,
        provision_people=True,
    )

    # Our server takes request lines of 128 KiB (embedded_api/gunicorn_conf.py), the HTTP client 64 KiB.
    query_bytes = 48_000
    predicts_by_id = True
    # Our server reads one batch while it writes another; a third would only wait.
    abreast = 2

    def __init__(self, client: ClarifaiClient, *, user_id: str, app_id: str, operator_key: str = "") -> None:
        super().__init__(client, user_id=user_id, app_id=app_id)
        self._operator_key = operator_key

    def fetch_media(self, url: str, *, max_bytes: int) -> tuple[bytes, str]:
        return super().fetch_media(moved(url, self.client.base_url), max_bytes=max_bytes)

    def provision_owner(self, name: str) -> str:
        """Create the app and the user who owns it if they are missing, and answer a new token of the owner."""
        self._new_user(self.user_id, name)
        self._create("post_apps", {"apps": [{"id": self.app_id}]}, {"user_id": self.user_id})
        return self._new_token(self.user_id)

    def provision_person(self, user_id: str, name: str) -> str:
        """Create the user if missing, make them a collaborator, and answer a new token of theirs."""
        self._new_user(user_id, name)
        self._create("post_collaborators", {"collaborators": [{"user": {"id": user_id}}]})
        return self._new_token(user_id)

    def _new_user(self, user_id: str, name: str) -> None:
        if not self._operator_key:
            raise Unsupported("The embedded platform's operator key is not configured here.")
        first, _, last = name.strip().partition(" ")
        user = {"id": user_id, "first_name": first or user_id, "last_name": last}
        self._create("post_users", {"users": [user]})

    def _new_token(self, user_id: str) -> str:
        key = {"description": "Proofdesk", "type": "personal_access_token", "scopes": ["All"]}
        frame = self._call("post_keys", {"keys": [key]}, {"user_id": user_id})
        keys = frame.items("keys")
        try:
            token = msgspec.json.decode(keys[0], type=_Key).id if keys else ""
        except UNREADABLE:
            token = ""
        if not token:
            raise Ambiguous("The embedded platform answered no token.")
        return token

    def _create(self, route: str, body: Mapping[str, object], path: Mapping[str, str] = NO_PATH) -> None:
        try:
            self._call(route, body, path)
        except AlreadyExists:
            return

    def _call(self, route: str, body: Mapping[str, object], path: Mapping[str, str] = NO_PATH) -> Frame:
        return self.client.call(route, envelope, body=encode(body), token=self._operator_key, path=path)


def moved(url: str, base_url: str) -> str:
    """Where our server has a picture that it hosted at another port of the same host, before it was started anew.

    The mirror keeps the address that it was told; only a full pull is told the new one.
    """
    there, normal = split_url(url)
    own, _ = split_url(base_url)
    path = urlsplit(normal).path
    if (there.scheme, there.host) != (own.scheme, own.host) or not path.startswith("/media/"):
        return url
    return base_url + path


class _Key(msgspec.Struct):
    id: str | None = ""
