"""Who else may work in an app, and what they may do there. Source: Clarifai API, message Collaborator."""

from django.db import transaction
from django.http import HttpResponse
from rest_framework.request import Request

from embedded_api import clock, envelope, errors, fields
from embedded_api.accounts.granting import check_grant, read_rights
from embedded_api.accounts.printing import print_collaboration, print_collaborator, print_user
from embedded_api.accounts.standing import COLLABORATOR_SCOPES
from embedded_api.accounts.users import check_email, read_email
from embedded_api.base import AppView, UserView
from embedded_api.errors import FieldError
from embedded_api.models import Collaborator, FormerCollaborator, User
from embedded_api.rights import Rights


class Collaborators(AppView):
    """GET, POST, PATCH and DELETE U/collaborators; each call does all of its people or none."""

    operator_may = True

    def get(self, request: Request) -> HttpResponse:
        """`list_all_collaborators` adds those who were removed."""
        page = self.query.page()
        rows = Collaborator.objects.select_related("app", "user").filter(app=self.app).order_by("pk")
        found: list[Collaborator | FormerCollaborator] = [*rows]  # an app has some hundreds at most
        if self.query.flag("list_all_collaborators"):
            found += (
                FormerCollaborator.objects.select_related("app", "user").filter(app=self.app).order_by("pk")
            )
        printed = [print_collaborator(row) for row in found[page.start : page.stop]]
        owner = print_user(self.app.owner, private=True)
        return envelope.answer({"collaborators": printed, "app_owner": owner})

    def post(self, request: Request) -> HttpResponse:
        """Without scopes and endpoints a collaborator may read all and work on annotations."""
        made = []
        for place, sent in enumerate(fields.objects(self.body, "collaborators")):
            where = f"collaborators[{place}]"
            user = self._user(fields.mapping(sent, "user", where), f"{where}.user")
            rights = self._rights(sent, where)
            made.append(
                Collaborator(
                    app=self.app,
                    user=user,
                    scopes=_listed(rights.scopes),
                    endpoints=_listed(rights.endpoints),
                )
            )
        wanted = [row.user_id for row in made]
        fields.no_repeats(wanted, "collaborators", "user")
        with transaction.atomic():
            rows = Collaborator.objects.filter(app=self.app, user_id__in=wanted)
            if rows:
                raise errors.duplicate("is a collaborator already: " + rows[0].user_id)
            for row in made:
                row.save()
        return envelope.answer({"collaborators": [print_collaborator(row) for row in made]})

    def patch(self, request: Request) -> HttpResponse:
        """`overwrite` the scopes and endpoints of collaborators, named by their id or by their user."""
        fields.action(self.body, "overwrite")
        changed = []
        with transaction.atomic():
            for place, sent in enumerate(fields.objects(self.body, "collaborators")):
                where = f"collaborators[{place}]"
                row = self._present(sent, where)
                rights = self._rights(sent, where)
                row.scopes, row.endpoints = _listed(rights.scopes), _listed(rights.endpoints)
                row.modified_at = clock.later_than(row.modified_at)
                changed.append(row)
            Collaborator.objects.bulk_update(changed, ["scopes", "endpoints", "modified_at"])
        return envelope.answer({"collaborators": [print_collaborator(row) for row in changed]})

    def delete(self, request: Request) -> HttpResponse:
        """By `collaborator_ids` or `user_emails`. They stay on record, see `list_all_collaborators`."""
        numbers = {
            _number(value, f"collaborator_ids[{place}]")
            for place, value in enumerate(fields.items(self.body, "collaborator_ids", low=0))
        }
        mails = {
            check_email(value, f"user_emails[{place}]")
            for place, value in enumerate(fields.items(self.body, "user_emails", low=0))
        }
        if not numbers and not mails:
            raise FieldError("collaborator_ids", "must have 1 to 128 members, unless user_emails has some")
        with transaction.atomic():
            present = Collaborator.objects.select_related("user").filter(app=self.app)
            leaving = [row for row in present if row.pk in numbers or row.user.primary_email in mails]
            if not numbers <= {row.pk for row in leaving}:
                raise errors.missing("collaborator_ids: some are not of this app")
            if not mails <= {row.user.primary_email for row in leaving}:
                raise errors.missing("user_emails: some are not of collaborators of this app")
            FormerCollaborator.objects.bulk_create(_former(row) for row in leaving)
            Collaborator.objects.filter(pk__in=[row.pk for row in leaving]).delete()
        return envelope.answer()

    def _user(self, sent: fields.Json, where: str) -> User:
        """By id or by `primary_email`; somebody else than the owner."""
        mail = read_email(sent, "primary_email", where)
        user_id = fields.identifier(sent, "id", where, required=not mail)
        named = {"id": user_id} if user_id else {"primary_email": mail}
        user = User.objects.filter(**named).first()
        if user is None:
            raise FieldError(f"{where}.{next(iter(named))}", "is no user")
        if user.id == self.app.owner_id:
            raise FieldError(f"{where}.id", "is the owner of the app")
        return user

    def _rights(self, sent: fields.Json, where: str) -> Rights:
        rights = read_rights(sent, where, COLLABORATOR_SCOPES)
        check_grant(rights, self.rights, "this key")
        return rights

    def _present(self, sent: fields.Json, where: str) -> Collaborator:
        rows = Collaborator.objects.select_related("app", "user").filter(app=self.app)
        if sent.get("id"):
            row = rows.filter(pk=_number(sent["id"], f"{where}.id")).first()
        else:
            row = rows.filter(user=self._user(fields.mapping(sent, "user", where), f"{where}.user")).first()
        if row is None:
            raise errors.missing(f"{where}: no such collaborator in this app")
        return row


class Collaborations(UserView):
    """GET /v2/users/{user_id}/collaborations: the apps of others that one works in."""

    def get(self, request: Request) -> HttpResponse:
        page = self.query.page()
        rows = Collaborator.objects.select_related("app__owner").filter(user=self.subject).order_by("pk")
        if self.query.flag("template_only"):
            rows = rows.filter(app__is_template=True)
        found = [print_collaboration(row) for row in rows[page.start : page.stop]]
        return envelope.answer({"collaborations": found})


def _listed(names: frozenset[str]) -> list[str]:
    return sorted(names)


def _number(value: object, where: str) -> int:
    if not isinstance(value, str) or not (value.isascii() and value.isdecimal()) or len(value) > 18:
        raise FieldError(where, "must be the id of a collaborator")
    return int(value)


def _former(row: Collaborator) -> FormerCollaborator:
    return FormerCollaborator(
        number=row.pk,
        app_id=row.app_id,
        user_id=row.user_id,
        scopes=row.scopes,
        endpoints=row.endpoints,
        created_at=row.created_at,
        modified_at=row.modified_at,
    )
