"""The pure modules of the workbench, run inside real Chromium."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

BOX = {"top": 0.2, "left": 0.3, "bottom": 0.6, "right": 0.5}


@pytest.fixture
def run(page: Page, stub: Any) -> Any:
    """``run(module, expression, argument)``: evaluates an expression over ``m`` (the module) and ``a``."""
    page.goto(f"{stub.url}/blank/")

    def evaluate(module: str, expression: str, argument: Any = None) -> Any:
        load = f"const m = await import('/static/js/workbench/{module}.js');"
        return page.evaluate(f"async (a) => {{ {load} return ({expression}); }}", argument)

    return evaluate


def near(box: dict[str, float], **edges: float) -> bool:
    return all(abs(box[name] - value) < 1e-9 for name, value in edges.items())


class TestGeometry:
    def test_a_box_from_two_points_in_any_order_stays_inside_the_image(self, run: Any) -> None:
        box = run("geometry", "m.boxFromPoints([0.9, 1.4], [-0.2, 0.3])")
        assert box == {"top": 0, "left": 0.3, "bottom": 0.9, "right": 1}

    def test_a_moved_box_stops_at_the_edge_and_keeps_its_size(self, run: Any) -> None:
        box = run("geometry", "m.moveBox(a, 0.9, -0.9)", BOX)
        assert near(box, top=0.6, bottom=1.0, left=0.0, right=0.2)

    @pytest.mark.parametrize(
        ("handle", "expected"),
        [
            ("se", {"top": 0.2, "left": 0.3, "bottom": 0.7, "right": 0.6}),
            ("nw", {"top": 0.3, "left": 0.4, "bottom": 0.6, "right": 0.5}),
            ("n", {"top": 0.3, "left": 0.3, "bottom": 0.6, "right": 0.5}),
            ("e", {"top": 0.2, "left": 0.3, "bottom": 0.6, "right": 0.6}),
        ],
    )
    def test_each_handle_moves_its_edges(self, run: Any, handle: str, expected: dict[str, float]) -> None:
        assert near(run("geometry", "m.resizeBox(a[0], a[1], 0.1, 0.1)", [BOX, handle]), **expected)

    def test_a_handle_dragged_over_the_other_edge_turns_the_box_over(self, run: Any) -> None:
        box = run("geometry", "m.resizeBox(a, 'n', 0.6, 0)", BOX)
        assert near(box, top=0.6, bottom=0.8)

    def test_tiny_is_measured_on_the_screen(self, run: Any) -> None:
        thin = {"top": 0.1, "left": 0.1, "bottom": 0.5, "right": 0.102}
        assert run("geometry", "m.isTiny(a, 1000, 1000, 1)", thin) is True
        assert run("geometry", "m.isTiny(a, 1000, 1000, 4)", thin) is False

    def test_the_smallest_shape_under_the_pointer_comes_first(self, run: Any) -> None:
        shapes = [
            {"id": "big", "box": {"top": 0, "left": 0, "bottom": 1, "right": 1}},
            {"id": "small", "box": BOX},
            {"id": "triangle", "points": [[0.1, 0.1], [0.1, 0.9], [0.9, 0.1]]},
        ]
        assert run("geometry", "m.shapesAt(a, [0.4, 0.4])", shapes) == ["small", "triangle", "big"]
        assert run("geometry", "m.shapesAt(a, [0.9, 0.9])", shapes) == ["big"]

    def test_a_polygon_moves_as_a_whole_and_stays_inside(self, run: Any) -> None:
        points = run("geometry", "m.movePolygon([[0.1, 0.1], [0.3, 0.1], [0.2, 0.4]], -0.5, 0.1)")
        assert [[round(r, 9), round(c, 9)] for r, c in points] == [[0, 0.2], [0.2, 0.2], [0.1, 0.5]]

    def test_zoom_holds_the_point_under_the_pointer(self, run: Any) -> None:
        view = run("geometry", "m.zoomView({scale: 2, x: 10, y: 20}, 1.5, 110, 220)")
        assert view["scale"] == 3
        assert (110 - view["x"]) / 3 == pytest.approx((110 - 10) / 2)
        assert (220 - view["y"]) / 3 == pytest.approx((220 - 20) / 2)

    def test_fit_shows_all_of_the_image_in_the_middle(self, run: Any) -> None:
        view = run("geometry", "m.fitView(640, 480, 1000, 500, 10)")
        assert view["scale"] == 1
        assert (view["x"], view["y"]) == (180, 10)


SHAPES = [
    {"id": "an-1", "kind": "box", "concept": "rbc", "value": 1, "box": BOX, "base": "b1"},
    {"id": "an-2", "kind": "box", "concept": "rbc", "value": 1, "box": BOX, "base": "b2"},
    {"id": "an-3", "kind": "tag", "concept": "smear", "value": 1, "base": "b3"},
    {"id": "an-4", "kind": "box", "concept": "wbc", "value": 1, "box": BOX, "base": "b4", "locked": True},
]


class TestShapes:
    def test_each_field_that_differs_is_one_change(self, run: Any) -> None:
        list_ = run(
            "shapes",
            """(() => {
              const opened = m.readShapes(a);
              let now = m.change(opened, "an-1", {concept: "wbc"});
              now = m.change(now, "an-1", {box: {...now[0].box, top: 0.1}});
              now = m.remove(now, "an-2");
              now = m.setTag(now, "smear", 0, opened);
              now = m.add(now, {id: "new", kind: "box", concept: "rbc", box: now[0].box})[0];
              return m.changes(opened, now);
            })()""",
            SHAPES,
        )
        moved = {**BOX, "top": 0.1}
        assert list_ == [
            {"op": "concept", "id": "an-1", "concept": "wbc"},
            {"op": "shape", "id": "an-1", "box": moved},
            {"op": "delete", "id": "an-2"},
            {"op": "value", "id": "an-3", "value": 0},
            {"op": "create", "id": "new", "kind": "box", "concept": "rbc", "value": 1, "box": moved},
        ]

    def test_an_edit_that_is_taken_back_by_hand_is_no_change(self, run: Any) -> None:
        assert (
            run(
                "shapes",
                """(() => {
              const opened = m.readShapes(a);
              const there = m.change(opened, "an-1", {concept: "wbc"});
              return m.changes(opened, m.change(there, "an-1", {concept: "rbc", box: {...opened[0].box}}));
            })()""",
                SHAPES,
            )
            == []
        )

    def test_a_locked_shape_cannot_be_changed_or_removed(self, run: Any) -> None:
        assert (
            run(
                "shapes",
                """(() => {
              const opened = m.readShapes(a);
              return m.changes(opened, m.remove(m.change(opened, "an-4", {concept: "rbc"}), "an-4"));
            })()""",
                SHAPES,
            )
            == []
        )

    def test_a_tag_goes_round_none_yes_no_and_comes_back_under_its_id(self, run: Any) -> None:
        seen = run(
            "shapes",
            """(() => {
              const opened = m.readShapes(a);
              const seen = [];
              let now = opened;
              for (let i = 0; i < 3; i += 1) {
                now = m.cycleTag(now, "smear", opened);
                const tag = m.tagOf(now, "smear");
                seen.push(tag && [tag.id, tag.value]);
              }
              return seen;
            })()""",
            SHAPES,
        )
        assert seen == [["an-3", 0], None, ["an-3", 1]]

    def test_changes_laid_over_a_fresh_body_skip_what_is_gone(self, run: Any) -> None:
        now = run(
            "shapes",
            """(() => {
              const fresh = m.readShapes(a).slice(1);
              return m.applyChanges(fresh, [
                {op: "concept", id: "an-1", concept: "wbc"}, {op: "concept", id: "an-2", concept: "wbc"},
                {op: "create", id: "n", kind: "box", concept: "rbc", value: 1, box: a[0].box},
                {op: "delete", id: "an-3"},
              ]).map((shape) => [shape.id, shape.concept]);
            })()""",
            SHAPES,
        )
        assert now == [["an-2", "wbc"], ["an-4", "wbc"], ["n", "rbc"]]

    def test_what_changed_since_the_last_return_comes_first(self, run: Any) -> None:
        order = run(
            "shapes",
            """(() => {
              const before = m.readBefore({"an-2": {...a[1], concept: "wbc"}, "an-1": a[0], gone: a[0]});
              const now = m.readShapes(a.slice(0, 2).concat([{...a[0], id: "fresh"}]));
              const since = m.marks(before, now);
              return [m.changedFirst(now, since).map((shape) => shape.id), Object.fromEntries(since)];
            })()""",
            SHAPES,
        )
        assert order == [["an-2", "fresh", "an-1"], {"an-2": "changed", "fresh": "added", "gone": "deleted"}]

    def test_a_draft_leaves_alone_what_the_canvas_cannot_change(self, run: Any) -> None:
        kept = run(
            "shapes",
            """(() => {
              const mask = {id: "mask", kind: "other", concept: "rbc", locked: true, base: "b9"};
              const opened = m.readShapes([...a, mask]);
              const draft = m.plain(m.change(m.remove(opened, "an-2"), "an-1", {concept: "wbc"}));
              const back = m.withDraft(opened, draft);
              return [draft.map((shape) => shape.id), m.changes(opened, back), m.find(back, "an-1").base];
            })()""",
            SHAPES,
        )
        assert kept == [
            ["an-1", "an-3", "an-4"],
            [{"op": "concept", "id": "an-1", "concept": "wbc"}, {"op": "delete", "id": "an-2"}],
            "b1",
        ]

    def test_versions_are_named_by_annotation_and_not_by_line(self, run: Any) -> None:
        lines = [{"id": f"an-7#{tag}", "kind": "tag", "concept": tag, "base": "b7"} for tag in ("rbc", "wbc")]
        assert run("shapes", "m.bases(m.readShapes(a))", lines) == {"an-7": "b7"}

    def test_edits_speak_for_reasons(self, run: Any) -> None:
        assert run("shapes", "m.reasonsOf([{op: 'create'}, {op: 'shape'}, {op: 'create'}])") == [
            "missing",
            "loose",
        ]

    def test_ids_are_version_4_uuids_without_a_secure_context(self, run: Any) -> None:
        made = run(
            "shapes",
            """(() => {
              Object.defineProperty(crypto, "randomUUID", {value: undefined});
              return [m.newId(), m.newId()];
            })()""",
        )
        assert made[0] != made[1]
        assert all(uuid.UUID(one).version == 4 for one in made)


class TestHistory:
    def test_undo_and_redo_walk_the_same_way(self, run: Any) -> None:
        walked = run(
            "history",
            """(() => {
              const h = m.createHistory(0);
              h.push(1, "one"); h.push(2, "two");
              const seen = [h.undo(), h.value, h.undo(), h.value, h.undo(), h.redo(), h.value];
              h.push(9, "nine");
              return [...seen, h.canRedo, h.redo(), h.value];
            })()""",
        )
        assert walked == ["two", 1, "one", 0, None, "one", 1, False, None, 9]

    def test_steps_with_one_key_are_one_step_until_sealed(self, run: Any) -> None:
        depths = run(
            "history",
            """(() => {
              const h = m.createHistory(0);
              h.push(1, "move", "k"); h.push(2, "move", "k"); h.push(3, "move", "k");
              const joined = h.depth;
              h.seal(); h.push(4, "move", "k");
              const apart = h.depth;
              h.undo();
              return [joined, apart, h.value];
            })()""",
        )
        assert depths == [1, 2, 3]

    def test_the_oldest_steps_are_forgotten_beyond_the_limit(self, run: Any) -> None:
        assert (
            run(
                "history",
                """(() => {
                  const h = m.createHistory(0, 3);
                  for (let i = 1; i < 9; i += 1) h.push(i);
                  while (h.undo() !== null);
                  return h.value;
                })()""",
            )
            == 5
        )


class TestKeys:
    @pytest.mark.parametrize(
        ("event", "text"),
        [
            ({"key": "A", "shiftKey": True}, "Shift+a"),
            ({"key": "{", "shiftKey": True}, "{"),
            ({"key": "?", "shiftKey": True}, "?"),
            ({"key": "ArrowLeft", "altKey": True}, "Alt+ArrowLeft"),
            ({"key": "z", "ctrlKey": True}, "Ctrl+z"),
        ],
    )
    def test_an_event_has_one_name(self, run: Any, event: dict[str, Any], text: str) -> None:
        assert run("keys", "m.keyOf(new KeyboardEvent('keydown', a))", event) == text

    def test_a_key_that_is_given_anew_is_taken_from_its_old_action(self, run: Any) -> None:
        chosen = run(
            "keys",
            "[...m.bindings(a, {approve: 'x', gone: 'q'})]",
            [{"id": "approve", "keys": ["a"]}, {"id": "reject", "keys": ["x", "Delete"]}],
        )
        assert chosen == [["approve", ["x"]], ["reject", ["Delete"]]]


class TestSending:
    def test_waits_grow_and_stop_at_half_a_minute(self, run: Any) -> None:
        assert run("api", "[1, 2, 3, 10].map((n) => m.backOff(n, 1))") == [1000, 2000, 4000, 30000]
        assert run("api", "m.backOff(10, 0)") == 15000

    def test_query_parameters_are_added_to_those_that_are_there(self, run: Any) -> None:
        assert (
            run("api", "m.withQuery('/q/?mode=label', {after: null, bodies: 1})") == "/q/?mode=label&bodies=1"
        )
