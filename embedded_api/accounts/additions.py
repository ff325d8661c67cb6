"""What an answer holds on request only: `additional_fields`, and the counts of an app."""

from embedded_api.errors import FieldError
from embedded_api.models import App, Dataset, Input
from embedded_api.query import Query


def additional_fields(query: Query, *known: str) -> frozenset[str]:
    """The asked ones of `known`; `all` means every one. Raises FieldError for others."""
    asked = {part for value in query.texts("additional_fields") for part in value.split(",") if part}
    if unknown := sorted(asked - {*known, "all"}):
        raise FieldError("additional_fields", f"must be of {', '.join(known)}, all; not {unknown[0]}")
    return frozenset(known if "all" in asked else asked)


def resource_counts(app: App) -> dict[str, str]:
    """What is in an app; 64-bit numbers travel as text. Source: Clarifai API, GetResourceCountsResponse."""
    return {
        "datasets": str(Dataset.objects.filter(app=app).count()),
        "models": "1",  # the built-in one, see embedded_api.predictors.catalog
        "workflows": "1",
        "inputs": str(Input.objects.filter(app=app).count()),
        "pipelines": "0",
    }
