"""Who else may work in an app."""

from django.db import transaction
from django.http import HttpResponse
from rest_framework.request import Request

from embedded_api import envelope, errors, fields
from embedded_api.accounts.printing import COLLABORATOR_SCOPES, print_app, print_collaborator, print_user
from embedded_api.base import AppView, UserView
from embedded_api.errors import FieldError
from embedded_api.models import Collaborator, User


class Collaborators(AppView):
    """GET for everybody of the app; POST and DELETE for its owner or the operator."""

    operator_may = True
    scope_family = "Collaborators"

    def get(self, request: Request) -> HttpResponse:
        page = self.query.page()
        rows = Collaborator.objects.select_related("app", "user").filter(app=self.app).order_by("pk")
        found = [print_collaborator(row) for row in rows[page.start : page.stop]]
        return envelope.answer({"collaborators": found, "app_owner": print_user(self.app.owner)})

    def post(self, request: Request) -> HttpResponse:
        self._owner_or_operator()
        wanted = []
        for place, sent in enumerate(fields.objects(self.body, "collaborators")):
            where = f"collaborators[{place}]"
            user_id = fields.identifier(fields.mapping(sent, "user", where), "id", f"{where}.user")
            if user_id == self.app.owner_id:
                raise FieldError(f"{where}.user.id", "is the owner of the app")
            if not User.objects.filter(id=user_id).exists():
                raise FieldError(f"{where}.user.id", "is no user")
            wanted.append(user_id)
        if len(set(wanted)) != len(wanted):
            raise FieldError("collaborators", "the same user is given twice")
        with transaction.atomic():
            rows = Collaborator.objects.filter(app=self.app, user_id__in=wanted)
            if rows:
                raise errors.duplicate("is a collaborator already: " + rows[0].user_id)
            for user_id in wanted:
                Collaborator.objects.create(app=self.app, user_id=user_id, scopes=list(COLLABORATOR_SCOPES))
        made = Collaborator.objects.select_related("app", "user").filter(app=self.app, user_id__in=wanted)
        return envelope.answer({"collaborators": [print_collaborator(row) for row in made.order_by("pk")]})

    def delete(self, request: Request) -> HttpResponse:
        self._owner_or_operator()
        numbers = []
        for place, value in enumerate(fields.items(self.body, "collaborator_ids")):
            if not isinstance(value, str) or not (value.isascii() and value.isdecimal()) or len(value) > 18:
                raise FieldError(f"collaborator_ids[{place}]", "must be the id of a collaborator")
            numbers.append(int(value))
        with transaction.atomic():
            rows = Collaborator.objects.filter(app=self.app, pk__in=numbers)
            if rows.count() != len(set(numbers)):
                raise errors.missing("collaborator_ids: some are not of this app")
            rows.delete()
        return envelope.answer()

    def _owner_or_operator(self) -> None:
        if not self.is_owner and not self.caller.is_operator:
            raise errors.denied("only the owner of the app may do this")


class Collaborations(UserView):
    """GET /v2/users/{user_id}/collaborations: the apps of others that one works in."""

    def get(self, request: Request) -> HttpResponse:
        page = self.query.page()
        rows = Collaborator.objects.select_related("app__owner").filter(user=self.subject).order_by("pk")
        found = [
            {
                "app": print_app(row.app),
                "app_owner": print_user(row.app.owner),
                "scopes": row.scopes,
                "created_at": row.created_at,
            }
            for row in rows[page.start : page.stop]
        ]
        return envelope.answer({"collaborations": found})
