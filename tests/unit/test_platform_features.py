"""What a token is good for: the table of scopes held to the official one, and the report of a check."""

from __future__ import annotations

import inspect
from typing import Any

import httpx
import msgspec
import pytest
from clarifai_grpc.grpc.api import service_pb2
from clarifai_grpc.grpc.auth.util import extension_pb2

from dashboard.platforms import registry
from dashboard.platforms.clarifai.features import NEEDS, features
from dashboard.platforms.errors import Ambiguous, Unauthorized
from dashboard.platforms.interface import Platform
from dashboard.platforms.types import Capabilities, TokenReport
from tests.support.platform_scripts import Script, answer

RPCS = service_pb2.DESCRIPTOR.services_by_name["V2"].methods_by_name


def official(rpc: str) -> set[str]:
    """Scopes that an rpc depends on, by the vendor's descriptor."""
    for field, value in RPCS[rpc].GetOptions().ListFields():
        if field.full_name == "clarifai.auth.util.cl_depending_scopes":
            return {field.enum_type.values_by_number[number].name for number in value}
    return set()


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: need.name)
def test_the_scopes_are_those_of_the_calls(need: Any) -> None:
    assert extension_pb2.DESCRIPTOR is not None
    assert set(need.scopes.split()) == set[str]().union(*(official(rpc) for rpc in need.calls.split()))


def app(scopes: Any, **refused: httpx.Response) -> Script:
    """An app whose token has these scopes; `refused` answers instead of the named route's end."""

    def respond(request: httpx.Request) -> httpx.Response:
        end = request.url.path.rpartition("/")[2]
        if end in refused:
            return refused[end]
        if end == "myscopes":
            said = {} if scopes is None else {"scopes": scopes}
            return answer(app={"id": "cells", "name": "Cells", "user_id": "acme"}, **said)
        if end == "status":
            return answer(counts={"processed": 5})
        payload: dict[str, dict[str, Any]] = {
            "me": {"user": {"id": "acme"}},
            "tasks": {"tasks": [{"id": "t-1"}, {"id": "t-2"}]},
            "annotations": {"annotations": []},
        }
        return answer(**payload[end])

    return Script(respond)


def works(report: TokenReport) -> dict[str, bool]:
    return {one.name: one.ok for one in report.features}


@pytest.mark.parametrize(
    "scopes", [["All"], None, [scope for need in NEEDS for scope in need.scopes.split()]]
)
def test_a_full_token_is_good_for_everything_in_five_calls(scopes: Any) -> None:
    script = app(scopes)
    report = script.clarifai().check()
    assert (report.user_id, report.app_name, report.owner, report.inputs, report.tasks) == (
        "acme", "Cells", True, 5, 2,
    )  # fmt: skip
    assert all(works(report).values())
    assert report.missing == {}
    assert len(script.requests) == 5


def test_missing_scopes_are_named_for_each_feature() -> None:
    families = ("Apps", "Inputs", "Annotations", "Concepts", "Models", "Tasks", "Workflows")
    held = [f"{family}:Get" for family in families]
    report = app(held).clarifai().check()
    found = {one.name: one for one in report.features}
    assert found["media"].ok
    assert found["label"].missing_scopes == ("Annotations_Add", "Datasets_Get")
    assert found["label"].reason == "The token lacks the scopes Annotations_Add, Datasets_Get."
    assert found["suggestions"].missing_scopes == ("Predict",)
    assert found["suggestions"].reason == "The token lacks the scope Predict."
    assert not any(one.ok for one in report.features if one.missing_scopes)


def test_what_was_tried_and_refused_counts_even_with_every_scope() -> None:
    report = app(["All"], tasks=answer(54103, http=403, details="not yours")).clarifai().check()
    assert report.tasks is None
    assert "not yours" in report.missing["tasks"]
    off = {one.name: one.reason for one in report.features if not one.ok}
    assert set(off) == {"sync_inputs", "label", "review", "create_tasks"}
    assert all("not yours" in reason for reason in off.values())


def test_a_platform_without_a_thing_says_so() -> None:
    lacking = Capabilities(label_orders=False, reasons={"label_orders": "They are sold elsewhere."})
    found = {one.name: one for one in features(("All",), {}, lacking)}
    assert (found["label_orders"].ok, found["label_orders"].reason) == (False, "They are sold elsewhere.")


def test_a_key_of_an_app_has_no_user_and_acts_as_the_owner() -> None:
    for refusal in (answer(11007, http=403), answer(11009, http=401)):
        report = app(["All"], me=refusal).clarifai().check()
        assert (report.user_id, report.owner) == ("acme", True)


def test_trouble_says_nothing_about_the_token() -> None:
    with pytest.raises(Unauthorized):
        app(["All"], myscopes=answer(11009, http=401)).clarifai().check()
    with pytest.raises(Unauthorized):
        app(["All"], tasks=answer(11009, http=401)).clarifai().check()
    with pytest.raises(Ambiguous):
        app(["All"], annotations=answer(98004, http=500)).clarifai().check()


@pytest.mark.parametrize("kind", registry.kinds())
def test_what_is_off_has_a_reason_and_what_is_on_has_none(kind: str) -> None:
    found = registry.capabilities(kind)
    flags = {name: value for name, value in msgspec.structs.asdict(found).items() if isinstance(value, bool)}
    assert set(found.reasons) == {name for name, value in flags.items() if not value}
    assert all(reason.endswith(".") and len(reason) < 200 for reason in found.reasons.values())


@pytest.mark.parametrize("make", [Script.clarifai, Script.embedded])
def test_the_adapters_have_every_call_of_the_interface(make: Any) -> None:
    adapter = make(Script(answer()))
    for name, wanted in inspect.getmembers(Platform, inspect.isfunction):
        if not name.startswith("_"):
            assert inspect.signature(getattr(adapter, name)).parameters.keys() >= {
                one for one in inspect.signature(wanted).parameters if one != "self"
            }, name
