"""Users. Source: Clarifai API, message User."""

import re

from django.db import transaction
from django.http import HttpResponse
from rest_framework.request import Request

from embedded_api import envelope, errors, fields
from embedded_api.accounts.additions import additional_fields
from embedded_api.accounts.printing import PRIVATE, print_user
from embedded_api.base import ApiView, UserView
from embedded_api.errors import FieldError
from embedded_api.models import User

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


class Users(ApiView):
    """POST /v2/users: an extension of ours, for the operator's key only."""

    operator_may = True

    def post(self, request: Request) -> HttpResponse:
        if not self.caller.is_operator:
            raise errors.denied("only the operator's key may make users")
        made = [
            _read(sent, f"users[{place}]") for place, sent in enumerate(fields.objects(self.body, "users"))
        ]
        wanted = [user.id for user in made]
        fields.no_repeats(wanted, "users")
        mails = [user.primary_email for user in made if user.primary_email]
        fields.no_repeats(mails, "users", "primary_email")
        with transaction.atomic():
            known = User.objects.filter(id__in=wanted).values_list("id", flat=True)
            if known:
                raise errors.duplicate("a user with this id exists: " + ", ".join(sorted(known)))
            if User.objects.filter(primary_email__in=mails).exists():
                raise errors.duplicate("a user with this primary_email exists")
            User.objects.bulk_create(made)
        return envelope.answer({"users": [print_user(user, private=True) for user in made]})


def _read(sent: fields.Json, where: str) -> User:
    user_id = fields.identifier(sent, "id", where)
    if user_id == "me":
        raise FieldError(f"{where}.id", "the word me is reserved")
    return User(
        id=user_id,
        first_name=fields.text(sent, "first_name", where, limit=255),
        last_name=fields.text(sent, "last_name", where, limit=255),
        primary_email=read_email(sent, "primary_email", where),
    )


def read_email(sent: fields.Json, name: str, where: str) -> str:
    """An address for mail in lower case, "" when absent."""
    value = fields.text(sent, name, where, limit=254)
    return check_email(value, f"{where}.{name}") if value else ""


def check_email(value: object, where: str) -> str:
    """The same for a value that must be one."""
    if not isinstance(value, str) or len(value) > 254 or not _EMAIL.fullmatch(value):
        raise FieldError(where, "must be an address such as a@b.example")
    return value.lower()


class OneUser(UserView):
    """GET /v2/users/{user_id}; `me` tells who one is. `additional_fields`: stars, all."""

    operator_may = True

    def get(self, request: Request) -> HttpResponse:
        printed = print_user(self.subject, private=True) | {"visibility": PRIVATE}
        if "stars" in additional_fields(self.query, "stars"):
            printed |= {"is_starred": False, "star_count": 0}
        if self.subject.primary_email:
            printed["user_detail"] = {"primary_email": self.subject.primary_email}
        return envelope.answer({"user": printed})
