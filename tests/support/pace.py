"""What makes a run of the whole suite quick: the longest files begin first, and passwords are hashed cheaply."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher

# More than about 15 s each. Whoever of the workers ends first takes the next, so nothing long begins late.
# The desks with the demo (every_page, both loops) stand apart: the first draws it while the others would wait.
LONGEST = (
    "test_every_page.py",
    "test_kill_everything.py",
    "test_dev_up.py",
    "test_workbench_page.py",
    "test_attacks_bodies.py",
    "test_workbench_ghosts.py",
    "test_job_workers.py",
    "test_suggested_loop.py",
    "test_whole_loop.py",
    "test_seed_demo.py",
    "test_task_forms_hostile.py",
    "test_core_only.py",
    "test_official_walk.py",
    "test_outbox_faults.py",
    "test_frame.py",
    "test_workbench_modules.py",
    "test_attacks_requests.py",
    "test_attacks_markup.py",
    "test_import_dataset.py",
)


@pytest.hookimpl(trylast=True)  # after pytest-django's order, which stays as it is inside of a file
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(LONGEST)))


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    """The same algorithm with the least work. Desks that run as processes of their own keep theirs."""
    with pytest.MonkeyPatch.context() as patch:
        for name, least in (("time_cost", 1), ("memory_cost", 8), ("parallelism", 1)):
            patch.setattr(Argon2PasswordHasher, name, least)
        yield
