"""Routes of searches. Source: Clarifai API guide, sections search and saved searches."""

from django.http import HttpResponse
from rest_framework.request import Request

from embedded_api import envelope, fields
from embedded_api.base import AppView
from embedded_api.errors import FieldError
from embedded_api.inputs.printing import media_prefix
from embedded_api.models import SavedSearch
from embedded_api.query import body_page
from embedded_api.searches import hits, saving
from embedded_api.searches.reading import Plan


class SearchView(AppView):
    """What all routes of searches share."""

    invalid_code = 40002

    def hits(self, row: SavedSearch, plan: Plan) -> str:
        """The page of hits that the body asks for, as JSON text."""
        return envelope.array(hits.page_of(row, plan, body_page(self.body), media_prefix(self.request)))


class Searches(SearchView):
    """POST and PATCH U/inputs/searches: run searches for inputs, save them, change saved ones."""

    target = SavedSearch.INPUTS

    def post(self, request: Request) -> HttpResponse:
        sent = fields.objects(self.body, "searches")
        found = [
            saving.read_search(self.app, one, f"searches[{number}]", self.target)
            for number, one in enumerate(sent)
        ]
        if not found:
            raise FieldError("searches", "is required")
        if any(one.save for one in found):
            return self._save(found)
        if fields.flag(self.body, "only_count"):
            return self._count(found)
        if len(found) > 1:
            raise FieldError("searches", "must have one member, unless they are saved or only counted")
        one = found[0]
        raw = {"hits": self.hits(one.row, one.plan)}
        return envelope.answer({"searches": [saving.printed(one.row, saved=False)]}, raw=raw)

    def _save(self, found: list[saving.Sent]) -> HttpResponse:
        for number, one in enumerate(found):
            if not one.save:
                raise FieldError(
                    f"searches[{number}].save", "must be true for all searches of a call, or for none"
                )
        saving.save(found)
        printed = [saving.printed(one.row) for one in found]
        return envelope.answer({"id": printed[0]["id"], "hits": [], "searches": printed})

    def _count(self, found: list[saving.Sent]) -> HttpResponse:
        # 64-bit numbers travel as text.
        counts = [{"estimated_total": str(hits.count(one.row, one.plan))} for one in found]
        printed = [saving.printed(one.row, saved=False) for one in found]
        return envelope.answer({"hits": [], "searches": printed, "hit_counts": counts})

    def patch(self, request: Request) -> HttpResponse:
        action = fields.action(self.body)
        sent = fields.objects(self.body, "searches")
        changed = saving.patch(self.app, sent, action)
        return envelope.answer({"hits": [], "searches": [saving.printed(row) for row in changed]})


class AnnotationSearches(Searches):
    """POST and PATCH U/annotations/searches: the same for annotations."""

    target = SavedSearch.ANNOTATIONS


class OldSearches(Searches):
    """GET, POST, PATCH U/searches: the list of saved ones; the older form also takes one bare `query`."""

    def get(self, request: Request) -> HttpResponse:
        page = self.query.page()
        rows = saving.all_of(self.app)[page.start : page.stop].select_related("app")
        return envelope.answer({"hits": [], "searches": [saving.printed(row) for row in rows]})

    def post(self, request: Request) -> HttpResponse:
        if "query" not in self.body:
            return super().post(request)
        if self.body.get("searches"):
            raise FieldError("query", "cannot stand beside searches")
        one = saving.read_search(self.app, {"query": fields.mapping(self.body, "query")}, "", self.target)
        raw = {"hits": self.hits(one.row, one.plan), "query": one.row.query}
        return envelope.answer(raw=raw)


class OneSearch(SearchView):
    """GET, POST, DELETE U/searches/{id}: read, run or forget a saved search."""

    def get(self, request: Request, search_id: str) -> HttpResponse:
        return envelope.answer({"search": saving.printed(saving.find(self.app, search_id))})

    def post(self, request: Request, search_id: str) -> HttpResponse:
        row = saving.find(self.app, search_id)
        printed = saving.printed(row)
        one = saving.read_search(self.app, printed, "search", row.target)
        raw = {"hits": self.hits(one.row, one.plan), "query": row.query}
        return envelope.answer({"id": row.public_id, "searches": [printed]}, raw=raw)

    def delete(self, request: Request, search_id: str) -> HttpResponse:
        saving.find(self.app, search_id).delete()
        return envelope.answer()
