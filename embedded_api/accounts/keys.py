"""Keys: tokens of a person (personal access tokens) and of one app. Source: Clarifai API, message Key."""

from django.db import transaction
from django.http import HttpResponse
from rest_framework.request import Request

from embedded_api import auth, clock, envelope, errors, fields, ids
from embedded_api.accounts.granting import check_grant, read_rights
from embedded_api.accounts.printing import print_key
from embedded_api.base import AppView, UserView
from embedded_api.errors import FieldError
from embedded_api.models import App, Key
from embedded_api.rights import Rights

MAX_KEYS = 1000  # per user


class Keys(UserView):
    """GET, POST and PATCH /v2/users/{user_id}/keys; each call does all of its keys or none."""

    operator_may = True

    def get(self, request: Request) -> HttpResponse:
        """Filters: `not_expired`, `type`, and `scopes` and `endpoints` that a key must all have."""
        page = self.query.page()
        rows = Key.objects.select_related("app__owner").filter(user=self.subject)
        if kind := self.query.text("type"):
            rows = rows.filter(type=kind)
        if self.query.flag("not_expired"):
            rows = rows.exclude(expires_at__gt="", expires_at__lte=clock.now())
        scopes, endpoints = set(self.query.texts("scopes")), set(self.query.texts("endpoints"))
        # A user has at most MAX_KEYS of them, and lists cannot be searched in every database.
        found = [
            row
            for row in rows.order_by("pk")
            if scopes <= set(row.scopes) and endpoints <= set(row.endpoints)
        ]
        return envelope.answer({"keys": [print_key(row) for row in found[page.start : page.stop]]})

    def post(self, request: Request) -> HttpResponse:
        """Without a type: the key of the app that is named, else a personal access token. Without scopes: All."""
        made: list[tuple[Key, str]] = []
        for place, sent in enumerate(fields.objects(self.body, "keys")):
            made.append(self._read(sent, f"keys[{place}]"))
        with transaction.atomic():
            if Key.objects.filter(user=self.subject).count() + len(made) > MAX_KEYS:
                raise errors.invalid(f"a user has at most {MAX_KEYS} keys")
            Key.objects.bulk_create([key for key, _ in made])
        return envelope.answer({"keys": [print_key(key, token) for key, token in made]})

    def patch(self, request: Request) -> HttpResponse:
        """`overwrite` the description, the scopes, the endpoints or the end of keys; what is not sent stays."""
        fields.action(self.body, "overwrite")
        changed = []
        with transaction.atomic():
            for place, sent in enumerate(fields.objects(self.body, "keys")):
                where = f"keys[{place}]"
                key = find_key(self.subject.id, fields.text(sent, "id", where))
                _check_same(key, sent, where)
                if "expires_at" in sent:  # a weak key could wake a stronger one that has expired
                    check_grant(Rights.of(key.scopes, key.endpoints), self.caller.rights, "this key")
                self._fill(key, sent, where)
                changed.append(key)
            Key.objects.bulk_update(changed, ["description", "scopes", "endpoints", "expires_at"])
        return envelope.answer({"keys": [print_key(key) for key in changed]})

    def _read(self, sent: fields.Json, where: str) -> tuple[Key, str]:
        apps = fields.objects(sent, "apps", where, low=0, high=1)
        kind = fields.text(sent, "type", where) or (Key.APP if apps else Key.PERSONAL)
        if kind not in (Key.PERSONAL, Key.APP):
            raise FieldError(f"{where}.type", f"must be {Key.PERSONAL} or {Key.APP}")
        token = auth.new_token()
        key = Key(
            user=self.subject,
            app=self._app(apps, where) if kind == Key.APP else None,
            public_id=ids.new(),
            token_hash=auth.hash_token(token),
            type=kind,
            scopes=["All"],
        )
        self._fill(key, {"scopes": [], **sent}, where)
        return key, token

    def _app(self, apps: list[fields.Json], where: str) -> App:
        app_id = fields.identifier(apps[0] if apps else {}, "id", f"{where}.apps[0]")
        app = App.objects.filter(owner=self.subject, public_id=app_id).first()
        if app is None:
            raise FieldError(f"{where}.apps[0].id", "is no app of this user")
        return app

    def _fill(self, key: Key, sent: fields.Json, where: str) -> None:
        if "description" in sent:
            key.description = fields.text(sent, "description", where, limit=255)
        if "expires_at" in sent:
            key.expires_at = (
                fields.moment(sent["expires_at"], f"{where}.expires_at") if sent["expires_at"] else ""
            )
        if not {"scopes", "endpoints"} & sent.keys():
            return
        merged = {"scopes": key.scopes, "endpoints": key.endpoints} | sent
        rights = read_rights(merged, where, ["All"])
        check_grant(rights, self.caller.rights, "this key")
        key.scopes = merged["scopes"] or sorted(rights.scopes)
        key.endpoints = merged["endpoints"]


class OneKey(UserView):
    """GET and DELETE /v2/users/{user_id}/keys/{key_id}; the id is the listed one or the token itself."""

    operator_may = True

    def get(self, request: Request, key_id: str) -> HttpResponse:
        return envelope.answer({"key": print_key(find_key(self.subject.id, key_id))})

    def delete(self, request: Request, key_id: str) -> HttpResponse:
        find_key(self.subject.id, key_id).delete()
        return envelope.answer()


class AppKeys(AppView):
    """GET U/keys: the caller's keys of this app."""

    def get(self, request: Request) -> HttpResponse:
        page = self.query.page()
        rows = (
            Key.objects.select_related("app").filter(app=self.app, user_id=self.caller.user_id).order_by("pk")
        )
        return envelope.answer({"keys": [print_key(row) for row in rows[page.start : page.stop]]})


def _check_same(key: Key, sent: fields.Json, where: str) -> None:
    """A client may send the whole key back, but type and app stay what they are."""
    if fields.text(sent, "type", where) not in ("", key.type):
        raise FieldError(f"{where}.type", "cannot be changed")
    apps = [
        fields.identifier(app, "id", f"{where}.apps") for app in fields.objects(sent, "apps", where, low=0)
    ]
    if apps and (key.app is None or apps != [key.app.public_id]):
        raise FieldError(f"{where}.apps", "cannot be changed")


def find_key(user_id: str, key_id: str) -> Key:
    """A key of this user by its listed id or by the token itself; raises 404."""
    rows = Key.objects.select_related("app").filter(user_id=user_id)
    named = rows.filter(public_id=key_id).first()
    found = named or rows.filter(token_hash=auth.hash_token(key_id)).first()
    if found is None:
        raise errors.missing("no such key")
    return found
