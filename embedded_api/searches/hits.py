"""One page of what a search finds, as JSON texts. Source: Clarifai API, message Hit."""

from typing import Any

from django.db.models import QuerySet

from embedded_api.annotations import printing as annotations
from embedded_api.annotations.listing import cut
from embedded_api.envelope import dumps
from embedded_api.inputs import printing as inputs
from embedded_api.models import SavedSearch
from embedded_api.query import Page
from embedded_api.searches.reading import Plan
from embedded_api.searches.running import annotations_of, inputs_of


def page_of(search: SavedSearch, plan: Plan, page: Page, prefix: str) -> list[str]:
    """Hits of a search, saved or not; `plan` is its query. `prefix`: start of hosted addresses."""
    if search.target == SavedSearch.ANNOTATIONS:
        found = annotations_of(plan, search.min_value, search.as_of)
        return [
            f'{{"score":{score},"input":{{"id":"{row[1]}"}},"annotation":{annotations.print_row(row, prefix)}}}'
            for row, score in _scored(found, annotations.COLUMNS, page)
        ]
    return [
        f'{{"score":{score},"input":{inputs.print_row(row, prefix)}}}'
        for row, score in _scored(inputs_of(plan, search.min_value, search.as_of), inputs.COLUMNS, page)
    ]


def count(search: SavedSearch, plan: Plan) -> int:
    """Number of all hits."""
    find = annotations_of if search.target == SavedSearch.ANNOTATIONS else inputs_of
    return find(plan, search.min_value, search.as_of).count()


def _scored(rows: QuerySet[Any], columns: tuple[str, ...], page: Page) -> list[tuple[tuple[Any, ...], str]]:
    """Rows of one page, each with its score as JSON text; without ranks every score is 1."""
    if "score" not in rows.query.annotations:
        return [(row, "1") for row in cut(rows, page).values_list(*columns)]
    found = rows.values_list(*columns, "score")[page.start : page.stop]
    return [(row[:-1], dumps(row[-1])) for row in found]
