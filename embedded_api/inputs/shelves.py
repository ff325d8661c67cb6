"""What is known about an app while inputs for it are read: its concepts and its datasets."""

from dataclasses import dataclass

from embedded_api import fields
from embedded_api.errors import FieldError
from embedded_api.fields import Json
from embedded_api.models import App, Concept, Dataset

MAX_DATASETS = 128  # per input


@dataclass(frozen=True)
class Shelf:
    """An app with what its inputs may name: ids of concepts, and datasets by their ids."""

    app: App
    user_id: str  # whose inputs these are
    concepts: frozenset[str]
    datasets: dict[str, Dataset]


def shelf_of(app: App, user_id: str, sent_rows: list[Json]) -> Shelf:
    """One read for the concepts, and one for the datasets when a row names any."""
    concepts = Concept.objects.filter(app=app).values_list("public_id", flat=True)
    lists = [sent["dataset_ids"] for sent in sent_rows if isinstance(sent.get("dataset_ids"), list)]
    named = {name for names in lists for name in names if isinstance(name, str)}
    known = Dataset.objects.filter(app=app, public_id__in=named) if named else []
    return Shelf(app, user_id, frozenset(concepts), {row.public_id: row for row in known})


def dataset_ids(sent: Json, where: str, shelf: Shelf) -> list[str]:
    """`dataset_ids` of an input, without repetitions; raises FieldError for a dataset that is not there."""
    wanted = list(dict.fromkeys(fields.identifiers(sent, "dataset_ids", where, limit=MAX_DATASETS)))
    for place, name in enumerate(wanted):
        if name not in shelf.datasets:
            raise FieldError(
                f"{fields.join(where, 'dataset_ids')}[{place}]", f"no dataset {name} in this app"
            )
    return wanted
