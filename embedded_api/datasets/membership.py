"""Which inputs are in a dataset."""

from collections.abc import Iterable

from django.db.models import QuerySet

from embedded_api import errors
from embedded_api.models import App, Dataset, DatasetInput, Input


def find(app: App, public_id: str, where: str = "dataset_id") -> Dataset:
    """The dataset of this app; raises ApiError 11101."""
    found = Dataset.objects.filter(app=app, public_id=public_id).first()
    if found is None:
        raise errors.missing(f"{where}: the app has no dataset {public_id[:128]}")
    return found


def inputs_of(app: App, public_id: str) -> QuerySet[Input]:
    """The inputs of a dataset in the order in which they were added to the app; raises ApiError 11101."""
    return Input.objects.filter(memberships__dataset=find(app, public_id)).order_by("id")


def add(app: App, public_id: str, inputs: Iterable[Input]) -> None:
    """Put stored inputs of the same app into a dataset; those that are in it stay. Raises ApiError 11101."""
    add_to(find(app, public_id), [one.pk for one in inputs])


def add_to(dataset: Dataset, keys: Iterable[int]) -> None:
    """The same by primary keys."""
    rows = [DatasetInput(dataset=dataset, input_id=key) for key in keys]
    DatasetInput.objects.bulk_create(rows, ignore_conflicts=True, batch_size=200)
