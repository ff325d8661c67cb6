"""What a platform can do at all."""

from __future__ import annotations

import msgspec

from .tasks import SourceKind


class Capabilities(msgspec.Struct, frozen=True):
    """What a platform can do; the window shows the reason where something is off."""

    tasks: bool = True  # has tasks and assignments (Hasty has none: they are kept by us)
    create_tasks: bool = True
    assignment_listing: bool = False  # can list every assignment with its status
    task_input_subset: bool = False  # a task over chosen inputs
    preconditions: bool = False  # If-Match on annotations
    post_as_other: bool = True  # the owner's token may write in another person's name
    act_for_others: bool = False  # the owner's token may submit and review for others
    provision_people: bool = False  # can create users and tokens
    client_ids: bool = True  # ids chosen by us are kept
    negative_concepts: bool = True
    polygons: bool = True
    changed_since: bool = True  # can list what changed since a time
    label_orders: bool = True
    suggestions: bool = True  # models and workflows can be asked for outputs
    auto_annotation: bool = True  # a model or workflow may be a task's worker
    task_sources: tuple[SourceKind, ...] = (
        SourceKind.ALL,
        SourceKind.DATASET,
        SourceKind.SAVED_SEARCH,
        SourceKind.INPUT,
    )
    # Fields of the newer schema: older deployments refuse them.
    task_priority: bool = True
    task_metadata: bool = True
    input_kinds: tuple[str, ...] = ("image", "text", "video", "audio")
    # flag name -> the sentence that is shown where the flag is off
    reasons: dict[str, str] = {}
    write_batch: int = 128
    page_size: int = 1000
