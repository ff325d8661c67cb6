"""Users and their keys."""

from django.db import transaction
from django.http import HttpResponse
from rest_framework.request import Request

from embedded_api import auth, envelope, errors, fields, ids
from embedded_api.accounts.printing import SCOPES, print_key, print_user
from embedded_api.base import ApiView, UserView
from embedded_api.errors import FieldError
from embedded_api.models import App, Key, User

MAX_KEYS = 1000  # per user


class Users(ApiView):
    """POST /v2/users: an extension of ours, for the operator's key only."""

    operator_may = True

    def post(self, request: Request) -> HttpResponse:
        if not self.caller.is_operator:
            raise errors.denied("only the operator's key may make users")
        made = []
        for place, sent in enumerate(fields.objects(self.body, "users")):
            where = f"users[{place}]"
            user_id = fields.identifier(sent, "id", where)
            if user_id == "me":
                raise FieldError(f"{where}.id", "the word me is reserved")
            made.append(
                User(
                    id=user_id,
                    first_name=fields.text(sent, "first_name", where, limit=255),
                    last_name=fields.text(sent, "last_name", where, limit=255),
                )
            )
        wanted = [user.id for user in made]
        if len(set(wanted)) != len(wanted):
            raise FieldError("users", "the same id is given twice")
        with transaction.atomic():
            known = User.objects.filter(id__in=wanted).values_list("id", flat=True)
            if known:
                raise errors.duplicate("a user with this id exists: " + ", ".join(sorted(known)))
            User.objects.bulk_create(made)
        return envelope.answer({"users": [print_user(user) for user in made]})


class OneUser(UserView):
    """GET /v2/users/{user_id}; `me` tells who one is."""

    operator_may = True
    app_keys_may = True

    def get(self, request: Request) -> HttpResponse:
        return envelope.answer({"user": print_user(self.subject)})


class Keys(UserView):
    """GET and POST /v2/users/{user_id}/keys."""

    operator_may = True
    scope_family = "Keys"

    def get(self, request: Request) -> HttpResponse:
        page = self.query.page()
        rows = Key.objects.select_related("app").filter(user=self.subject).order_by("pk")
        return envelope.answer({"keys": [print_key(row) for row in rows[page.start : page.stop]]})

    def post(self, request: Request) -> HttpResponse:
        made: list[tuple[Key, str]] = []
        for place, sent in enumerate(fields.objects(self.body, "keys")):
            made.append(self._read(sent, f"keys[{place}]"))
        with transaction.atomic():
            if Key.objects.filter(user=self.subject).count() + len(made) > MAX_KEYS:
                raise errors.invalid(f"a user has at most {MAX_KEYS} keys")
            Key.objects.bulk_create([key for key, _ in made])
        return envelope.answer({"keys": [print_key(key, token) for key, token in made]})

    def _read(self, sent: fields.Json, where: str) -> tuple[Key, str]:
        kind = fields.text(sent, "type", where) or Key.PERSONAL
        apps = fields.objects(sent, "apps", where, low=0, high=1)
        if kind not in (Key.PERSONAL, Key.APP):
            raise FieldError(f"{where}.type", f"must be {Key.PERSONAL} or {Key.APP}")
        app = None
        if kind == Key.APP:
            app_id = fields.identifier(apps[0] if apps else {}, "id", f"{where}.apps[0]")
            app = App.objects.filter(owner=self.subject, public_id=app_id).first()
            if app is None:
                raise FieldError(f"{where}.apps[0].id", "is no app of this user")
        scopes = fields.items(sent, "scopes", where, low=0, high=100) or ["All"]
        for scope in scopes:
            if scope not in SCOPES:
                raise FieldError(f"{where}.scopes", "must be taken from: " + ", ".join(SCOPES))
        own = self.caller.key
        if own is not None and "All" not in own.scopes and not set(scopes) <= set(own.scopes):
            raise errors.denied("a key cannot make a key with scopes that it has not itself")
        token = auth.new_token()
        key = Key(
            user=self.subject,
            app=app,
            public_id=ids.new(),
            token_hash=auth.hash_token(token),
            type=kind,
            description=fields.text(sent, "description", where, limit=255),
            scopes=scopes,
        )
        return key, token


class OneKey(UserView):
    """GET and DELETE /v2/users/{user_id}/keys/{key_id}; the id is the listed one or the token itself."""

    operator_may = True
    scope_family = "Keys"

    def _find(self, key_id: str) -> Key:
        rows = Key.objects.select_related("app").filter(user=self.subject)
        named = rows.filter(public_id=key_id).first()
        found = named or rows.filter(token_hash=auth.hash_token(key_id)).first()
        if found is None:
            raise errors.missing("no such key")
        return found

    def get(self, request: Request, key_id: str) -> HttpResponse:
        return envelope.answer({"key": print_key(self._find(key_id))})

    def delete(self, request: Request, key_id: str) -> HttpResponse:
        self._find(key_id).delete()
        return envelope.answer()
