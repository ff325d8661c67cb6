"""Every route on real rows: reading changes nothing and breaks nothing; rows of another connection do not exist."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.test import Client

from tests.integration.role_table import NO_SUCH_ID as THE_ID
from tests.integration.role_table import ROLE_TABLE, SAMPLES
from tests.integration.test_access import ROLES, ROUTES, address, assert_no_inline
from tests.support.people import make_connection, make_person, signed_in
from tests.support.rows import one_of_each

pytestmark = pytest.mark.django_db
# A label order is no row of ours but the platform's, which is not there in these tests: orders of another
# connection are looked for in test_label_order_pages.py.
NAMING_A_ROW = sorted(
    name
    for name, route in ROUTES.items()
    if {"slug"} < set(route.pattern.converters) - {"order"} and name in ROLE_TABLE
)


def all_rows() -> dict[str, list[dict[str, object]]]:
    ours = [model for model in apps.get_models() if model.__module__.startswith("dashboard.")]
    return {model.__name__: sorted(model.objects.values(), key=str) for model in ours}


@pytest.fixture
def owner() -> Client:
    """Somebody with all roles on ``demo``, which has one row of each kind."""
    demo = make_connection("demo")
    person = make_person(demo, *ROLES)
    one_of_each(demo, person, pk=THE_ID, operation=str(SAMPLES["operation"]))
    return signed_in(person)


@pytest.fixture
def outsider() -> Client:
    """Somebody with all roles on ``demo``, which is empty; the rows belong to another connection."""
    other = make_connection("other")
    one_of_each(other, make_person(other, *ROLES), pk=THE_ID, operation=str(SAMPLES["operation"]))
    return signed_in(make_person(make_connection("demo"), *ROLES))


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_reading_breaks_nothing_and_changes_nothing(name: str, owner: Client) -> None:
    before = all_rows()
    response = owner.get(address(name))
    # 502 and 503: the platform of this connection is not there, which a page may say.
    assert response.status_code < 500 or response.status_code in {502, 503}, response.content[:500]
    owner.head(address(name))
    owner.options(address(name))
    assert all_rows() == before
    if response.headers.get("Content-Type", "").startswith("text/html"):
        assert_no_inline(response.content.decode())


@pytest.mark.parametrize("name", NAMING_A_ROW)
def test_rows_of_another_connection_are_not_found(name: str, outsider: Client) -> None:
    before = all_rows()
    read = outsider.get(address(name))
    assert read.status_code in {404, 405}, f"GET {address(name)}: {read.status_code}"
    for kind in ("application/json", "application/x-www-form-urlencoded"):
        for method in (outsider.post, outsider.put):
            answer = method(address(name), data="{}" if "json" in kind else "", content_type=kind)
            # 400: the body is looked at first, which tells nothing about the row. 403: an undo answers "none
            # of yours" alike whether there is such a decision or not.
            allowed = {400, 404, 405} | ({403} if name == "decision_undo" else set())
            assert answer.status_code in allowed, f"{address(name)}: {answer.status_code}"
    assert all_rows() == before
