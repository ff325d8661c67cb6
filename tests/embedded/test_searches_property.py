"""Whatever is posted, patched and deleted: a search finds what a plain filter over a full listing finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.embedded import EmbeddedApp, EmbeddedServer

Json = dict[str, Any]
INPUTS = ("a", "b", "c")
# Annotations have their inputs once and for all, so that patches and deletes meet them.
HOMES = {f"an-{number}": INPUTS[number % 3] for number in range(5)}
BOX = {"top_row": 0.1, "left_col": 0.2, "bottom_row": 0.5, "right_col": 0.6}
POLYGON = {"points": [{"row": 0.1, "col": 0.1}, {"row": 0.1, "col": 0.9}, {"row": 0.9, "col": 0.5}]}

concepts = st.lists(
    st.builds(
        lambda name, value: {"id": name, "value": value},
        st.sampled_from(["rbc", "wbc"]),
        st.sampled_from([0, 0.5, 1]),
    ),
    max_size=2,
    unique_by=lambda one: one["id"],
)
shapes = st.sampled_from([{"bounding_box": BOX}, {"polygon": POLYGON}])
inner = st.fixed_dictionaries({"concepts": concepts})
regions = st.builds(lambda shape, data: {"id": "rg", "region_info": shape, "data": data}, shapes, inner)
contents = st.fixed_dictionaries(
    {"concepts": concepts},
    optional={
        "regions": st.lists(regions, min_size=1, max_size=1),
        "metadata": st.dictionaries(
            st.sampled_from(["site", "n"]), st.sampled_from(["north", 1, True]), max_size=2
        ),
        "text": st.just({"raw": "two robins"}),
        "geo": st.builds(
            lambda row, col: {"geo_point": {"latitude": row, "longitude": col}},
            st.sampled_from([0.5, 10.0]),
            st.sampled_from([0.5, 20.0]),
        ),
    },
)
codes = st.sampled_from([24150, 24151, 24157])
writers = st.sampled_from(
    [{}, {"user_id": "l-1"}, {"worker": {"model": {"id": "m", "model_version": {"id": "v"}}}}]
)
posts = st.builds(
    lambda name, data, code, who: (
        "POST",
        {
            "annotations": [
                {"id": name, "input_id": HOMES[name], "data": data, "status": {"code": code}} | who
            ]
        },
    ),
    st.sampled_from(sorted(HOMES)),
    contents,
    codes,
    writers,
)
patches = st.builds(
    lambda name, data, action: (
        "PATCH",
        {"action": action, "annotations": [{"id": name, "input_id": HOMES[name], "data": data}]},
    ),
    st.sampled_from(sorted(HOMES)),
    contents,
    st.sampled_from(["merge", "overwrite", "remove"]),
)
deletes = st.builds(
    lambda name: ("DELETE", {"ids": [name], "input_ids": [HOMES[name]]}),
    st.sampled_from(sorted(HOMES)),
)
steps = st.lists(st.one_of(posts, posts, patches, patches, deletes), min_size=4, max_size=16)


def parts(row: Json) -> Iterator[tuple[Json, bool]]:
    data = row.get("data", {})
    yield data, False
    for region in data.get("regions", ()):
        yield region.get("data", {}), True


def says(row: Json, name: str, value: int, region_only: bool = False) -> bool:
    return any(
        one["id"] == name and (one["value"] > 0 if value else one["value"] == 0)
        for part, of_region in parts(row)
        for one in part.get("concepts", ())
        if of_region or not region_only
    )


def metadata(row: Json, key: str) -> Any:
    return row["data"].get("metadata", {}).get(key)


def near(row: Json) -> bool:
    point = row["data"].get("geo", {}).get("geo_point")
    return point is not None and point["latitude"] < 1 and point["longitude"] < 1


FILTERS: list[tuple[Json, Callable[[Json], bool]]] = [
    ({"data": {"concepts": [{"id": "rbc"}]}}, lambda row: says(row, "rbc", 1)),
    ({"data": {"concepts": [{"name": "wbc", "value": 0}]}}, lambda row: says(row, "wbc", 0)),
    (
        {"data": {"regions": [{"data": {"concepts": [{"id": "rbc", "value": 1}]}}]}},
        lambda row: says(row, "rbc", 1, region_only=True),
    ),
    (
        {"data": {"regions": [{"region_info": {"polygon": {}}}]}},
        lambda row: any("polygon" in one["region_info"] for one in row["data"].get("regions", ())),
    ),
    ({"data": {}}, lambda row: not row["data"].get("regions")),
    ({"status": {"code": "ANNOTATION_PENDING"}}, lambda row: row["status"]["code"] == 24151),
    ({"user_id": "l-1"}, lambda row: row.get("user_id") == "l-1"),
    ({"worker": {"model": {"model_version": {"id": "v"}}}}, lambda row: row.get("model_version_id") == "v"),
    ({"trusted": True}, lambda row: row["trusted"]),
    ({"input_level": True}, lambda row: row["input_level"]),
    (
        {"input_id": "b", "data": {"concepts": [{"id": "rbc"}]}},
        lambda row: row["input_id"] == "b" and says(row, "rbc", 1),
    ),
    ({"data": {"text": {"raw": "robin"}}}, lambda row: "text" in row["data"]),
    (
        {"data": {"metadata": {"site": "north", "n": 1}}},
        lambda row: (
            metadata(row, "site") == "north" or (metadata(row, "n") == 1 and metadata(row, "n") is not True)
        ),
    ),
    (
        {
            "data": {
                "geo": {
                    "geo_point": {"latitude": 0.4, "longitude": 0.4},
                    "geo_limit": {"type": "withinKilometers", "value": 50},
                }
            }
        },
        near,
    ),
]


def quick(examples: int) -> Any:
    """Each example makes an app of its own over HTTP: few, and none spent on making a failure smaller."""
    return settings(
        max_examples=examples,
        deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


def found(app: EmbeddedApp, kind: str, query: Json) -> list[str]:
    body = {"searches": [{"query": query}], "pagination": {"per_page": 1000}}
    part = "annotation" if kind == "annotations" else "input"
    hits = app.ok("POST", f"{kind}/searches", body)["hits"]
    counted = app.ok("POST", f"{kind}/searches", body | {"only_count": True})["hit_counts"]
    assert counted == [{"estimated_total": str(len(hits))}]
    return sorted(one[part]["id"] for one in hits)


def check(app: EmbeddedApp) -> None:
    rows = app.ok("GET", "annotations", params={"list_all_annotations": "true", "per_page": 1000})[
        "annotations"
    ]
    for wanted, holds in FILTERS:
        for negate in (False, True):
            query = {"filters": [{"annotation": wanted, "negate": negate}]}
            passing = [row for row in rows if holds(row)]
            expected = [row for row in rows if row not in passing] if negate else passing
            assert found(app, "annotations", query) == sorted(row["id"] for row in expected), (wanted, negate)
            inputs = {row["input_id"] for row in passing}
            expected_inputs = set(INPUTS) - inputs if negate else inputs
            assert found(app, "inputs", query) == sorted(expected_inputs), (wanted, negate)


@quick(10)
@given(steps=steps)
def test_searches_agree_with_a_listing(
    embedded_server: EmbeddedServer, steps: list[tuple[str, Json]]
) -> None:
    app = embedded_server.new_app(workers=["l-1"], concepts=["rbc", "wbc"])
    sent = [
        {"id": name, "data": {"text": {"raw": name}, "concepts": [{"id": "rbc", "value": 0}]}}
        for name in INPUTS
    ]
    app.ok("POST", "inputs", {"inputs": sent})
    for method, body in steps:
        answer = app.call(method, "annotations", body)
        assert answer.status_code in (200, 400, 404), answer.text
    check(app)


@quick(15)
@given(
    values=st.lists(st.tuples(st.sampled_from(INPUTS), st.integers(0, 4)), max_size=8), negate=st.booleans()
)
def test_ranks_order_by_value(
    embedded_server: EmbeddedServer, values: list[tuple[str, int]], negate: bool
) -> None:
    app = embedded_server.new_app(concepts=["rbc", "wbc"])
    app.ok("POST", "inputs", {"inputs": [{"id": name, "data": {"text": {"raw": name}}} for name in INPUTS]})
    rows = [
        {"id": f"an-{number}", "input_id": where, "data": {"concepts": [{"id": "rbc", "value": value / 4}]}}
        for number, (where, value) in enumerate(values)
    ]
    if rows:
        app.ok("POST", "annotations", {"annotations": rows})
    query = {"ranks": [{"annotation": {"data": {"concepts": [{"id": "rbc"}]}}, "negate": negate}]}

    def score(value: float) -> float:
        return 1 - value if negate else value

    def run(kind: str, part: str) -> list[tuple[float, str]]:
        body = {"searches": [{"query": query, "min_value": 0.5}]}
        return [(-one["score"], one[part]["id"]) for one in app.ok("POST", f"{kind}/searches", body)["hits"]]

    scored = sorted((-score(value / 4), f"an-{number}") for number, (_, value) in enumerate(values))
    assert run("annotations", "annotation") == [one for one in scored if one[0] <= -0.5]
    best = {name: max(value / 4 for where, value in values if where == name) for name, _ in values}
    ranked = sorted((-score(value), name) for name, value in best.items())
    assert run("inputs", "input") == [one for one in ranked if one[0] <= -0.5]
