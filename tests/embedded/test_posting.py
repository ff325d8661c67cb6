"""What a call of many annotations costs, and that every one of them ends as it would alone."""

from __future__ import annotations

import pytest

from tests.support.embedded import EmbeddedApp
from tests.support.shed import in_the_shed

# An app with 200 inputs, and `post` for a call with so many annotations of it.
_GROUND = """
from django.core.management import call_command
from django.test import Client
from embedded_api.auth import hash_token
from embedded_api.models import Annotation, AnnotationConcept, App, Collaborator, Concept, Input, Key, User

call_command("migrate", verbosity=0)
owner, labeler = (User.objects.create(id=name) for name in ("owner", "l-1"))
app = App.objects.create(owner=owner, public_id="desk")
Collaborator.objects.create(app=app, user=labeler, scopes=["All"])
Key.objects.create(user=owner, public_id="k", token_hash=hash_token("secret"), scopes=["All"])
Concept.objects.create(app=app, public_id="rbc")
Input.objects.bulk_create(Input(app=app, public_id=f"in-{n}") for n in range(200))
client = Client(HTTP_HOST="127.0.0.1", HTTP_AUTHORIZATION="Key secret")
box = {"top_row": 0.1, "left_col": 0.1, "bottom_row": 0.5, "right_col": 0.5}
region = {"region_info": {"bounding_box": box}, "data": {"concepts": [{"id": "rbc"}]}}

def sent(name, place):
    data = {"regions": [region]}
    return {"id": f"{name}-{place}", "input_id": f"in-{place}", "user_id": "l-1", "task_id": "t", "data": data}

def post(name, number):
    body = {"annotations": [sent(name, place) for place in range(number)]}
    path = "/v2/users/owner/apps/desk/annotations"
    return client.post(path, data=json.dumps(body), content_type="application/json")
"""


def test_statements_grow_with_rows_of_an_insert_alone() -> None:
    found = in_the_shed(
        _GROUND
        + """
from django.db import connection
from embedded_api.annotations.writing import writer

made, answer = [], {}

def note(execute, sql, params, many, context):
    made.append(sql.split()[0])
    return execute(sql, params, many, context)

connection.execute_wrappers.append(note)
writer().submit(lambda: connection.execute_wrappers.append(note)).result()  # its thread has a connection of its own
for number in (1, 20, 64, 65, 128):
    made.clear()
    assert post(f"an{number}", number).status_code == 200
    answer[number] = [made.count(word) for word in ("SELECT", "INSERT")] + [len(made)]
"""
    )
    # Key, app, concepts, members, inputs, and the inputs again inside the transaction.
    assert found == {
        "1": [6, 2, 9],
        "20": [6, 2, 9],
        "64": [6, 2, 9],
        "65": [6, 4, 11],
        "128": [6, 4, 11],
    }


def test_an_input_that_goes_while_its_annotation_is_read() -> None:
    found = in_the_shed(
        _GROUND
        + """
from embedded_api.annotations import posting, writing

post("old", 3)
inputs, calls = writing.inputs_of, []

def looked_up(of, named):
    calls.append(named)
    if len(calls) == 2:  # inside the transaction that writes
        Annotation.objects.filter(input__public_id="in-2").delete()
        Input.objects.filter(public_id="in-2").delete()
    return inputs(of, named)

posting.inputs_of = writing.inputs_of = looked_up
body = [sent("old", 0), sent("new", 1), sent("new", 2), sent("new", 3)]
posted = client.post(
    "/v2/users/owner/apps/desk/annotations",
    data=json.dumps({"annotations": body}),
    content_type="application/json",
)
answer = {
    "codes": [one["status"]["code"] for one in posted.json()["annotations"]],
    "stored": sorted(Annotation.objects.values_list("public_id", flat=True)),
    "said": AnnotationConcept.objects.filter(concept_id="rbc", in_region=True).count(),
}
"""
    )
    assert found["codes"] == [40010, 24150, 30102, 24150]
    assert found["stored"] == ["new-1", "new-3", "old-0", "old-1"]
    assert found["said"] == 4


# `posted`: the answers of three calls that had to wait for one another; `begun`: transactions that they took.
_TOGETHER = """
import threading, time
from django.db import connections
from django.db.backends.utils import CursorWrapper
from embedded_api.annotations import writing

begun, execute = [], CursorWrapper.execute

def noted(self, sql, params=None):
    if sql.startswith("BEGIN"):
        begun.append(sql)
    return execute(self, sql, params)

def one(name):
    posted[name] = post(name, 100).json()
    connections.close_all()

posted = {}
callers = [threading.Thread(target=one, args=(name,)) for name in "abc"]
CursorWrapper.execute = noted
busy = threading.Event()
writing.writer().submit(busy.wait, 30)
for caller in callers:
    caller.start()
until = time.monotonic() + 30
while len(writing._waiting) < 3 and time.monotonic() < until:
    time.sleep(0.01)
busy.set()
for caller in callers:
    caller.join()
CursorWrapper.execute = execute
"""


def test_calls_that_wait_are_written_together() -> None:
    found = in_the_shed(
        _GROUND
        + _TOGETHER
        + """
answer = {
    "begun": len(begun),
    "codes": {name: one["status"]["code"] for name, one in posted.items()},
    "ids": {name: [row["id"] for row in one["annotations"]] for name, one in posted.items()},
    "stored": Annotation.objects.count(),
    "said": AnnotationConcept.objects.count(),
}
"""
    )
    assert found["begun"] == 1
    assert found["codes"] == {"a": 10000, "b": 10000, "c": 10000}
    assert found["ids"] == {name: [f"{name}-{place}" for place in range(100)] for name in "abc"}
    assert found["stored"] == found["said"] == 300


def test_a_call_that_cannot_be_written_does_not_spoil_those_beside_it() -> None:
    found = in_the_shed(
        _GROUND
        + """
from embedded_api.models.annotations import AnnotationQuerySet
add_new = AnnotationQuerySet.add_new

def broken(self, rows):
    if rows[0]["public_id"].startswith("b-"):
        raise ValueError("a fault of ours")
    return add_new(self, rows)

AnnotationQuerySet.add_new = broken
"""
        + _TOGETHER
        + """
answer = {
    "codes": {name: one["status"]["code"] for name, one in posted.items()},
    "stored": sorted({name.split("-")[0] for name in Annotation.objects.values_list("public_id", flat=True)}),
    "rows": Annotation.objects.count(),
}
"""
    )
    assert found["codes"] == {"a": 10000, "b": 99009, "c": 10000}
    assert found["stored"] == ["a", "c"]
    assert found["rows"] == 200


def test_rows_of_other_rooms_are_all_written_or_none() -> None:
    found = in_the_shed(
        _GROUND
        + """
from django.db import IntegrityError

def rows(name, number):
    of = Input.objects.get(public_id="in-0")
    data = json.dumps({"concepts": [{"id": "rbc", "value": 0.5}]})
    moment = "2026-03-01T10:00:00.000000Z"
    return [
        Annotation(
            app=app, input=of, input_public_id="in-0", public_id=f"{name}-{n}", user_id="owner", data=data,
            created_at=moment, modified_at=moment,
        )
        for n in range(number)
    ]

made = Annotation.objects.bulk_create(rows("a", 150))
kept = {row.pk: row for row in Annotation.objects.all()}
same = all(kept[row.pk].public_id == row.public_id for row in made)
try:
    Annotation.objects.bulk_create(rows("b", 100) + rows("a", 1))
    refused = False
except IntegrityError:
    refused = True
counted = [Annotation.objects.count(), AnnotationConcept.objects.filter(value=0.5, in_region=False).count()]
answer = [same, refused, *counted]
"""
    )
    assert found == [True, True, 150, 150]


@pytest.mark.parametrize("number", [1, 63, 64, 128])
def test_what_is_answered_is_what_is_stored(embedded_app: EmbeddedApp, number: int) -> None:
    embedded_app.add_inputs(*(f"in-{n}" for n in range(5)))
    sent = [
        {
            "id": f"an-{n}",
            "input_id": f"in-{n % 5}",
            "user_id": "l-1",
            "data": {"concepts": [{"id": "rbc", "value": n / 200}], "text": {"raw": f"no {n}\u00e9"}},
            "annotation_info": {"place": n},
        }
        for n in range(number)
    ]
    made = embedded_app.ok("POST", "annotations", {"annotations": sent})["annotations"]
    assert [one["id"] for one in made] == [one["id"] for one in sent]
    listed = embedded_app.ok("GET", "annotations", params={"per_page": 1000, "user_ids": "l-1"})[
        "annotations"
    ]
    assert listed == made
    again = embedded_app.call("POST", "annotations", {"annotations": sent}).json()
    assert again["status"]["code"] == 10020
    assert {one["status"]["code"] for one in again["annotations"]} == {40010}
    assert embedded_app.ok("GET", "annotations", params={"per_page": 1000, "user_ids": "l-1"}) | {
        "status": 0
    } == {"annotations": made, "status": 0}
