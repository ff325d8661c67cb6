"""Template words of the list pages: counts, small lines, pictures with shapes drawn on them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from annotations_ui import task_words
from annotations_ui.forms.tasks import words
from annotations_ui.templatetags.desk import count
from dashboard.platforms.types import AutoRule, LabelOrderState
from dashboard.sync.models import SyncRun, UserCount, WorkItem

register = template.Library()

_TYPES = {"boxes": "Boxes", "polygons": "Polygons", "classes": "Classes"}
_TASK_STATES = {
    "in_progress": "Running",
    "done": "Done",
    "abandoned": "Given up",
    "failed": "Failed",
    "idle": "Waiting",
}


@register.filter
def task_type(key: str) -> str:
    return _TYPES.get(key, "Other")


@register.filter
def task_state(key: str) -> str:
    return _TASK_STATES.get(key, "Unknown")


@register.filter
def order_state(state: LabelOrderState) -> str:
    return words.ORDER_STATES.get(state.value, "Not known here")


@register.filter
def moment(when: datetime | None) -> SafeString:
    """A time that was set by somebody, in UTC to the minute; a dash for none."""
    if when is None:
        return mark_safe('<span class="quiet">–</span>')
    shown = when.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    return format_html('<time datetime="{}">{} UTC</time>', when.isoformat(), shown)


@register.filter
def rule_values(rule: AutoRule) -> str:
    return task_words.values(rule)


@register.filter
def rule_makes(rule: AutoRule) -> str:
    return task_words.becomes(rule)


@register.filter
def as_json(value: Any) -> str:
    """Readable JSON; the template escapes it."""
    return json.dumps(value, indent=2, ensure_ascii=False)


_WRITES = {
    "create": "Add a shape",
    "merge": "Change a label",
    "overwrite": "Change a shape",
    "remove": "Take something off a shape",
    "delete": "Delete a shape",
    "submit": "Submit",
    "approve": "Approve",
    "request_changes": "Ask for changes",
    "reject": "Reject",
}


@register.filter
def write_words(kind: str) -> str:
    """What an outbox entry does, in the words of the workbench."""
    return _WRITES.get(kind, "Other write")


@register.filter
def finished(counts: dict[str, int]) -> str:
    """Items with a final verdict."""
    return count(counts.get("approved", 0) + counts.get("rejected", 0))


@register.filter
def all_items(counts: dict[str, int]) -> str:
    return count(sum(counts.get(state, 0) for state in WorkItem.State.values))


@register.filter
def lookup(mapping: dict[Any, Any], key: Any) -> Any:
    """``mapping[key]``, or the key itself where there is no entry."""
    return mapping.get(key, key)


@register.filter
def concept(concepts: dict[str, tuple[str, int]], key: str) -> tuple[str, int]:
    """(name, colour) of a concept; its id where the mirror has not met it yet."""
    return concepts.get(key, (key, 0))


@register.filter
def number_in(counts: dict[str, int], state: str) -> str:
    """Items in this state; 0 where nothing was counted yet."""
    return count(counts.get(state, 0))


@register.filter
def counted(row: UserCount) -> str:
    """All of a person's annotations in a task, whatever their status."""
    return count(
        row.pending + row.awaiting_review + row.success + row.review_denied + row.awaiting_consensus_review
    )


@register.filter
def took(run: SyncRun) -> str:
    """How long a run took: "0.4 s", "2 min 5 s"; empty while it runs."""
    if run.started_at is None or run.ended_at is None:
        return ""
    seconds = (run.ended_at - run.started_at).total_seconds()
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


@register.simple_tag
def sparkline(days: dict[int, list[tuple[Any, dict[str, int]]]], pk: int) -> SafeString:
    """Approved items at the end of each day; with fewer than two days there is nothing to draw yet."""
    values = [counts.get("approved", 0) for _, counts in days.get(pk, [])]
    if len(values) < 2:
        return mark_safe('<span class="quiet" title="Drawn from the second day on">–</span>')
    top, step = max(max(values), 1), 64 / (len(values) - 1)
    points = " ".join(f"{index * step:.1f},{18 - 16 * value / top:.1f}" for index, value in enumerate(values))
    return format_html(
        '<svg class="sparkline" viewBox="0 0 64 20" role="img" '
        'aria-label="Approved: {} on the first day shown, {} now">'
        '<polyline points="{}"/></svg>',
        values[0],
        values[-1],
        points,
    )


@register.simple_tag
def shapes(item: WorkItem, colors: dict[str, tuple[str, int]]) -> SafeString:
    """An item's shapes as an SVG that lies over its thumbnail; sharp at any size."""
    return _overlay(item.input.width or 4, item.input.height or 3, item.shapes, colors)


@register.simple_tag
def line_shapes(
    item: WorkItem, lines: list[dict[str, Any]], colors: dict[str, tuple[str, int]]
) -> SafeString:
    """The same for lines of the workbench, as the outbox stores them."""
    rows: list[list[Any]] = []
    for line in lines:
        if line.get("box"):
            box = line["box"]
            rows.append(["box", line["concept"], box["top"], box["left"], box["bottom"], box["right"]])
        elif line.get("points"):
            rows.append(["polygon", line["concept"], line["points"]])
    return _overlay(item.input.width or 4, item.input.height or 3, rows, colors)


def _overlay(
    width: int, height: int, rows: list[list[Any]], colors: dict[str, tuple[str, int]]
) -> SafeString:
    parts = []
    for shape in rows:
        kind, concept, *rest = shape
        css = f"shape concept-{colors.get(concept, ('', 0))[1]}"
        if kind == "box" and len(rest) == 4:
            top, left, bottom, right = rest
            parts.append(
                format_html(
                    '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>',
                    css,
                    _n(left * width),
                    _n(top * height),
                    _n((right - left) * width),
                    _n((bottom - top) * height),
                )
            )
        elif kind == "polygon" and rest:
            points = " ".join(f"{_n(col * width)},{_n(row * height)}" for row, col in rest[0])
            parts.append(format_html('<polygon class="{}" points="{}"/>', css, points))
    return format_html(
        '<svg class="shapes" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">{}</svg>',
        width,
        height,
        format_html_join("", "{}", ((part,) for part in parts)),
    )


@register.simple_tag(takes_context=True)
def with_query(context: dict[str, Any], **changes: Any) -> str:
    """The page's address with these parameters changed, paging left out; an empty value removes one."""
    query = context["request"].GET.copy()
    for name in ("after", "back", "whole"):
        query.pop(name, None)
    for name, value in changes.items():
        if value in ("", None):
            query.pop(name, None)
        else:
            query[name] = str(value)
    encoded = query.urlencode()
    return f"?{encoded}" if encoded else context["request"].path


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
