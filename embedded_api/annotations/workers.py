"""GET annotations/workers: who has made annotations. Source: Clarifai API, message ListAnnotationWorkersRequest."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from embedded_api import envelope
from embedded_api.annotations import authors
from embedded_api.annotations.views import AnnotationView
from embedded_api.errors import FieldError
from embedded_api.fields import Json
from embedded_api.models import Annotation, User

_ADDITIONAL = frozenset({"all", "names"})


class AnnotationWorkers(AnnotationView):
    """Users by id, then models and workflows. `additional_fields=names` adds the names of users."""

    def get(self, request: Request) -> HttpResponse:
        page = self.query.page()
        wanted = set(self.query.texts("additional_fields"))
        if wanted - _ADDITIONAL:
            raise FieldError("additional_fields", "must be one of " + ", ".join(sorted(_ADDITIONAL)))
        rows = Annotation.objects.filter(app=self.app)
        if self.query.flag("trusted_only"):
            rows = rows.filter(trusted=True)
        users = rows.exclude(user_id="").values_list("user_id", flat=True).distinct()
        makers = rows.filter(user_id="").values(*authors.COLUMNS).distinct()
        found: list[dict[str, Any]] = [dict.fromkeys(authors.COLUMNS, "") | {"user_id": one} for one in users]
        found += makers
        # No model and no workflow sorts before all others: users come first.
        found.sort(key=lambda row: tuple(row[name] for name in (*authors.COLUMNS[1:], "user_id")))
        workers = [authors.worker_of(row) for row in found[page.start : page.stop]]
        if wanted:
            _add_names(workers)
        return envelope.answer({"workers": workers})


def _add_names(workers: list[Json]) -> None:
    named = [worker["user"] for worker in workers if "user" in worker]
    known = {user.id: user for user in User.objects.filter(id__in=[user["id"] for user in named])}
    for user in named:
        if found := known.get(user["id"]):
            user |= {"first_name": found.first_name, "last_name": found.last_name}
