"""Good bodies with one to three parts replaced by something odd: never a 5xx, and every list stays readable."""

import copy
import random
from typing import Any

import pytest

from tests.support.embedded import EmbeddedServer, picture

ODD: list[Any] = [
    *(None, True, False, 0, -1, 1, 2, 0.5, 1e308, -1e-320, 2**31, 2**63 - 1, -(2**63), 2**64 - 1),
    *(
        "",
        " ",
        "x",
        "a",
        "me",
        "0",
        "24150",
        "ANNOTATION_PENDING",
        "merge",
        "x" * 5000,
        "é\u202e👩‍👩‍👧",
        "a\nb",
    ),
    *(
        "../x",
        "'; --",
        "<script>",
        "2026-01-01T00:00:00Z",
        "9999-12-31T23:59:59+23:59",
        "0001-01-01T00:00:00+01:00",
    ),
    *([], [[]], [None], [1], ["x"], [{}], [{"id": "x"}], ["a"] * 200),
    *({}, {"id": "x"}, {"id": 1}, {"id": []}, {"code": 24150}, {"code": "x"}, {"__proto__": {}}, {"": ""}),
]

BOX = {"top_row": 0.1, "left_col": 0.1, "bottom_row": 0.5, "right_col": 0.5}
DATA = {
    "regions": [
        {
            "id": "rg",
            "region_info": {"bounding_box": BOX},
            "data": {"concepts": [{"id": "rbc", "value": 1}], "text": {"raw": "t"}},
            "value": 0.5,
        }
    ],
    "concepts": [{"id": "wbc", "value": 0}],
    "metadata": {"k": [1, {"z": None}]},
    "geo": {"geo_point": {"longitude": 1, "latitude": 2}},
}
POLYGON = {
    "regions": [{"region_info": {"polygon": {"points": [{"row": 0}, {"col": 1}, {"row": 1, "col": 1}]}}}]
}

BODIES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "post annotation": (
        "POST",
        "annotations",
        {
            "annotations": [
                {
                    "input_id": "a",
                    "data": DATA,
                    "status": {"code": 24151},
                    "task_id": "t",
                    "user_id": "l-1",
                    "worker": {"user": {"id": "l-1"}},
                    "annotation_info": {"task_id": "t"},
                },
                {"input_id": "a", "data": POLYGON},
            ]
        },
    ),
    "merge": (
        "PATCH",
        "annotations",
        {
            "action": "merge",
            "delete_if_empty_data": True,
            "annotations": [{"id": "an", "input_id": "a", "data": DATA, "annotation_info": {"x": 1}}],
        },
    ),
    "overwrite": (
        "PATCH",
        "annotations",
        {"action": "overwrite", "annotations": [{"id": "an", "input_id": "a", "data": POLYGON}]},
    ),
    "remove": (
        "PATCH",
        "annotations",
        {"action": "remove", "annotations": [{"id": "an", "input_id": "a", "data": DATA}]},
    ),
    "delete": ("DELETE", "annotations", {"input_ids": ["zz"], "ids": ["zz"]}),
    "search": (
        "POST",
        "annotations/searches",
        {
            "searches": [
                {
                    "query": {
                        "filters": [
                            {
                                "annotation": {
                                    "task_id": "t",
                                    "status": {"code": 24151},
                                    "worker": {"user": {"id": "l-1"}},
                                    "input_level": False,
                                },
                                "input": {"id": "a"},
                                "last_updated_time_range": {"start_time": "2026-01-01T00:00:00Z"},
                                "negate": True,
                            }
                        ]
                    }
                }
            ],
            "pagination": {"page": 1, "per_page": 10},
        },
    ),
    "post input": (
        "POST",
        "inputs",
        {
            "inputs": [
                {
                    "data": {
                        "image": {"base64": picture((4, 4)), "allow_duplicate_url": True},
                        "concepts": [{"id": "rbc"}],
                        "metadata": {"a": 1},
                    }
                },
                {"data": {"text": {"raw": "words"}}},
            ],
            "input_id_conflict_resolution": "SKIP",
        },
    ),
    "patch input": (
        "PATCH",
        "inputs",
        {
            "action": "merge",
            "inputs": [{"id": "a", "data": {"concepts": [{"id": "rbc", "value": 1}], "metadata": {"k": 1}}}],
        },
    ),
    "post concept": (
        "POST",
        "concepts",
        {"concepts": [{"id": "c", "name": "C", "definition": "d", "metadata": {"k": 1}}]},
    ),
    "patch concept": ("PATCH", "concepts", {"action": "overwrite", "concepts": [{"id": "wbc", "name": "W"}]}),
    "collaborators": ("POST", "collaborators", {"collaborators": [{"user": {"id": "nobody"}}]}),
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of all parts of a body, the whole itself left out."""
    found = [path] if path else []
    members: Any = ()
    if isinstance(value, dict):
        members = value.items()
    elif isinstance(value, list):
        members = enumerate(value)
    for key, member in members:
        found += places(member, (*path, key))
    return found


def mutate(body: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """The body with one to three parts replaced or taken away."""
    made = copy.deepcopy(body)
    for _ in range(dice.randint(1, 3)):
        here = places(made)
        if not here:
            break
        path = dice.choice(here)
        parent: Any = made
        for step in path[:-1]:
            parent = parent[step]
        if dice.random() < 0.15:
            del parent[path[-1]]
        else:
            parent[path[-1]] = copy.deepcopy(dice.choice(ODD))
    return made


@pytest.mark.parametrize("name", BODIES)
def test_mutations(embedded_server: EmbeddedServer, name: str) -> None:
    method, route, body = BODIES[name]
    app = embedded_server.new_app(workers=["l-1"], concepts=["rbc", "wbc"])
    app.add_inputs("a")
    app.annotate("a", id="an", data=DATA | {"metadata": {}})
    dice = random.Random(name)
    accepted = 0
    for _ in range(60):
        sent = mutate(body, dice)
        response = app.call(method, route, sent)
        assert response.status_code < 500, (sent, response.text)
        assert response.headers["content-type"] == "application/json", sent
        assert response.json()["status"]["code"] >= 10000, sent
        accepted += response.status_code == 200
    assert accepted < 60, "no mutation was refused"
    for listing in ("inputs", "annotations", "concepts"):
        app.ok("GET", listing)
