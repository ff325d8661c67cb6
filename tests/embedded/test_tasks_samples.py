"""Input samples of a task, and its metrics by reviewer."""

from __future__ import annotations

from typing import Any

from tests.support.embedded import EmbeddedApp

from .work import add_inputs, annotate, done, error, make_task


def _hits(app: EmbeddedApp, task_id: str, **params: Any) -> list[tuple[str, str, str]]:
    """(labeler, input, annotation) of each hit."""
    found = app.ok("GET", f"tasks/{task_id}/inputs/samples", params=params)["hits"]
    assert all(hit["score"] == 1 for hit in found)
    assert all(hit["input"]["id"] == hit["annotation"]["input_id"] for hit in found)
    return [(hit["annotation"]["user_id"], hit["input"]["id"], hit["annotation"]["id"]) for hit in found]


def test_samples_are_the_last_inputs_of_each_labeler(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    names = add_inputs(app, 12)
    task = make_task(app, workers=["l-1", "l-2"])["id"]
    make_task(app, id="other", workers=["l-1"])
    annotate(app, task, "l-1", names[0])
    again = annotate(app, task, "l-1", names[0])
    later = [annotate(app, task, "l-1", name) for name in names[1:]]
    theirs = annotate(app, task, "l-2", names[5])
    annotate(app, "other", "l-1", names[0])
    annotate(app, task, "r-1", names[3])
    hits = _hits(app, task)
    assert [hit[2] for hit in hits if hit[0] == "l-1"] == later[:0:-1]
    assert [hit[2] for hit in hits if hit[0] == "l-2"] == [theirs]
    assert {hit[0] for hit in hits} == {"l-1", "l-2"}
    assert _hits(app, task, user_ids="l-2") == [("l-2", names[5], theirs)]
    assert [hit[1] for hit in _hits(app, task, user_ids="r-1")] == [names[3]]
    assert _hits(app, "other", user_ids="l-2") == []
    assert again not in [hit[2] for hit in hits]
    assert error(app.call("GET", "tasks/nope/inputs/samples"))[:2] == (404, 54102)


def test_an_input_that_was_annotated_twice_shows_the_newer(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    names = add_inputs(app, 1)
    task = make_task(app, workers=["l-1"])["id"]
    annotate(app, task, "l-1", names[0])
    newer = annotate(app, task, "l-1", names[0])
    assert _hits(app, task) == [("l-1", names[0], newer)]


def _of_reviewers(app: EmbeddedApp, task_id: str) -> tuple[list[str], list[str], list[int]]:
    query = {"additional_fields": "all"}
    found = app.ok("GET", f"tasks/{task_id}", params=query)["task"]["metrics"]["review"]
    return (
        found["inputs_count_estimated_per_reviewer"],
        found["inputs_reviewable_count_estimated_per_reviewer"],
        found["inputs_percent_estimated_per_reviewer"],
    )


def test_reviewers_share_the_inputs_where_one_review_is_enough(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    add_inputs(app, 5)
    task = make_task(app, workers=["l-1"], reviewers=["r-1", "r-2"])["id"]
    assert _of_reviewers(app, task) == (["0", "0"], ["3", "2"], [0, 0])
    rows = [row["id"] for row in done(app, task, "l-1", "LABEL_START")]
    done(app, task, "l-1", "LABEL_SUBMIT", ids=rows)
    done(app, task, "r-2", "REVIEW_APPROVE", ids=rows[:2])
    done(app, task, "r-2", "REVIEW_REJECT", ids=rows[2:3])
    done(app, task, "r-1", "REVIEW_REQUEST_CHANGES", ids=rows[3:4])
    assert _of_reviewers(app, task) == (["0", "3"], ["1", "4"], [0, 75])


def test_reviewers_who_must_all_agree_see_everything_but_what_is_rejected(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    add_inputs(app, 4)
    rule = {"approval_threshold_reviewers": -1}
    task = make_task(app, workers=["l-1"], reviewers=["r-1", "r-2"], review="CONSENSUS", rule=rule)["id"]
    rows = [row["id"] for row in done(app, task, "l-1", "LABEL_START")]
    done(app, task, "l-1", "LABEL_SUBMIT", ids=rows)
    done(app, task, "r-1", "REVIEW_APPROVE", ids=rows[:2])
    done(app, task, "r-2", "REVIEW_APPROVE", ids=rows[:1])
    done(app, task, "r-2", "REVIEW_REJECT", ids=rows[3:])
    assert _of_reviewers(app, task) == (["2", "2"], ["3", "4"], [66, 50])


def test_without_review_there_is_nothing_to_review(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    add_inputs(app, 2)
    task = make_task(app, workers=["l-1"], reviewers=["r-1"], review="NONE")["id"]
    assert _of_reviewers(app, task) == (["0"], ["0"], [0])
