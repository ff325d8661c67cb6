"""The short cut for plain boxes takes nothing that the long way refuses, and makes the same rows of the rest."""

from __future__ import annotations

from tests.support.shed import in_the_shed

# Bodies made of parts that are right, nearly right and wrong; what the short cut takes is compared with the long way.
_COMPARED = """
import random
from types import SimpleNamespace
from embedded_api import ids, parsing
from embedded_api.annotations import plain, posting
from embedded_api.errors import ApiError, FieldError

random.seed(20261122)
drawn = []
ids.new = lambda: drawn.append(1) or f"drawn-{len(drawn)}"  # the same ones for both
concepts, members = frozenset({"rbc", "wbc", "a:b"}), frozenset({"owner", "l-1"})
inputs = {"in-1": 1, "in-2": 2}
ABSENT = object()

def chance(good, *odd):
    return random.choice(odd) if random.random() < 0.06 else random.choice(good)

def some(**members):
    return {name: value for name, value in members.items() if value is not ABSENT}

def edge(low, high):
    value = random.uniform(low, high)
    return chance([value, value, low, high], -0.0, 1, 0, -1e-7, 1 + 1e-7, -0.1, 2, 1e400, "0.5", True, [], ABSENT)

def concept():
    value = chance([0.5, 1, 0, 1.0, 0.0, ABSENT], -0.0, 1.5, -1, "1", True, {}, 10**30)
    return some(id=chance(["rbc", "wbc", "a:b"], "none", "", 7, ABSENT), value=value, **odd("name"))

def odd(*names):
    return {random.choice([*names, "more", "metadata"]): random.choice(["", "x", {}, [], {"a": 1}, 5])} \
        if random.random() < 0.02 else {}

def region():
    box = some(top_row=edge(0, 0.4), left_col=edge(0, 0.4), bottom_row=edge(0.4, 1), right_col=edge(0.4, 1), **odd("z"))
    info = chance([{"bounding_box": box}], {}, {"point": {"row": 0.5, "col": 0.5}}, {"bounding_box": {}}, 3)
    said = chance([[concept()], [concept(), concept()]], [], "rbc", [concept()] * 2, [3], [{}])
    data = chance([some(concepts=said, **odd("text"))], {}, ABSENT, [])
    name = chance(["r-1", ABSENT], "", "a b", "x" * 129, 5, "r\\n")
    return some(id=name, region_info=info, data=data, **odd("value", "track_id"))

def annotation():
    regions = chance([[region()]], [], [region(), region()], {}, [None], ABSENT)
    status = chance([{"code": "ANNOTATION_AWAITING_REVIEW"}, {"code": 24151}, ABSENT],
                    {}, {"code": 30000}, {"code": "24150"}, {"code": True}, {"code": 1.0}, {"code": "x"}, [], "X")
    return some(
        id=chance(["an-1", ABSENT], "", "-a", "a/b", "x" * 128, "x" * 129, 5, "a\\n"),
        input_id=chance(["in-1", "in-2"], "in-3", "", 4, ABSENT),
        user_id=chance(["l-1", "owner"], "me", "l-2", "", 5, ABSENT),
        task_id=chance(["t-1", ABSENT], "", "a b", [], 5),
        status=status,
        data=chance([some(regions=regions, **odd("concepts", "geo"))], {}, ABSENT, 5),
        **odd("worker", "annotation_info", "consensus_info", "trusted", "embed_model_version_id"),
    )

taken = refused = 0
for number in range(30_000):
    one = annotation()
    try:
        sent = parsing.loads(json.dumps(one).encode())
    except ApiError:
        continue
    caller = random.choice(["owner", "l-1"])
    room = posting.Room(SimpleNamespace(pk=9), caller, caller == "owner", concepts, members)
    drawn.clear()
    short = plain.read(sent, room, inputs)
    if short is None:
        refused += 1
        continue
    taken += 1
    drawn.clear()
    long = posting.read(sent, "annotations[0]", room, inputs)  # raises where it would refuse
    assert short == long, (sent, short, long)
    assert [type(value) for value in short.values()] == [type(long[name]) for name in short], sent
answer = {"taken": taken, "refused": refused}
"""


def test_both_ways_make_the_same_rows() -> None:
    found = in_the_shed(_COMPARED)
    # Enough of both, or nothing was compared.
    assert found["taken"] > 3_000
    assert found["refused"] > 3_000
