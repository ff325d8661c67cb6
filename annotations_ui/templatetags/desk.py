"""Template tags and filters of the window: icons, states, bars, numbers, ages.

Load with ``{% load desk %}``. Nothing here reads the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import template
from django.forms import BoundField
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from annotations_ui.states import WORK_STATES, Look, delivery, work_state

register = template.Library()

NARROW = "\u202f"  # narrow no-break space: groups digits without breaking a line
CONCEPT_COLOURS = 12


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A symbol of static/icons.svg. With ``label`` it speaks, without it is decoration beside a word."""
    href = static("icons.svg")
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}#icon-{}"/></svg>', label, href, name
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#icon-{}"/></svg>', href, name)


@register.inclusion_tag("_state.html")
def state(key: str, short: bool = False) -> dict[str, Any]:
    """Chip of a work item's state; ``short`` keeps the word for screen readers and tooltip only."""
    return {"look": work_state(str(key)), "short": short}


@register.inclusion_tag("_delivery.html", name="delivery")
def delivery_chip(key: str, short: bool = False) -> dict[str, Any]:
    """Chip of a delivery state (held, pending, sent, confirmed, conflict, failed, withdrawn)."""
    return {"look": delivery(str(key)), "short": short}


@register.inclusion_tag("_bar.html")
def bar(counts: Any, label: str = "Progress", legend: bool = False) -> dict[str, Any]:
    """Stacked bar of work items by state.

    ``counts``: mapping or object with state keys (``to_do`` ... ``rejected``) to numbers >= 0; absent is 0.
    ``legend`` prints the numbers under the bar; otherwise they show on hover and to screen readers.
    """
    rows = [(look, _number(counts, look.key)) for look in WORK_STATES.values()]
    total = sum(n for _, n in rows)
    return {"rows": rows, "total": total, "segments": segments(rows, total), "label": label, "legend": legend}


def segments(rows: list[tuple[Look, int]], total: int) -> list[dict[str, Any]]:
    """Offsets and widths (0..100) of the non-empty parts; the smallest part stays visible at about 3."""
    shown = [(look, n) for look, n in rows if n > 0]
    if not shown or total <= 0:
        return []
    raw = [max(3.0, 100 * n / total) for _, n in shown]
    scale = 100 / sum(raw)
    parts: list[dict[str, Any]] = []
    offset = 0.0
    for (look, n), width in zip(shown, raw, strict=True):
        parts.append({"css": look.css, "x": f"{offset:.2f}", "width": f"{width * scale:.2f}", "n": n})
        offset += width * scale
    return parts


def _number(counts: Any, key: str) -> int:
    value = counts.get(key, 0) if isinstance(counts, Mapping) else getattr(counts, key, 0)
    return max(0, int(value or 0))


@register.filter
def count(value: Any) -> str:
    """A whole number in groups of three: 1234567 -> ``1 234 567`` (narrow spaces); other values unchanged."""
    try:
        return f"{int(value):,}".replace(",", NARROW)
    except (TypeError, ValueError):
        return "" if value is None else str(value)


def age_words(when: datetime, now: datetime) -> str:
    """``just now``, ``20 s ago``, ``5 min ago``, ``3 h ago``, ``2 d ago``, then the date; future is now."""
    seconds = int((now - when).total_seconds())
    if seconds < 5:
        return "just now"
    for limit, unit, word in ((90, 1, "s"), (5400, 60, "min"), (129600, 3600, "h"), (1209600, 86400, "d")):
        if seconds < limit:
            return f"{max(1, seconds // unit)} {word} ago"
    return when.strftime("%Y-%m-%d")


@register.filter
def age(when: datetime | None) -> SafeString:
    """How long ago, as a ``<time>`` that the page keeps fresh; ``never`` for None."""
    if when is None:
        return format_html('<span class="age">{}</span>', "never")
    utc = when.astimezone(timezone.get_fixed_timezone(0)) if timezone.is_aware(when) else when
    return format_html(
        '<time class="age" datetime="{}" title="{} UTC" data-age>{}</time>',
        when.isoformat(),
        utc.strftime("%Y-%m-%d %H:%M"),
        age_words(when, timezone.now()) if timezone.is_aware(when) else str(when),
    )


@register.filter
def concept_class(index: Any) -> str:
    """CSS class of a concept's colour: 0..11, larger numbers start again."""
    try:
        return f"concept-{int(index) % CONCEPT_COLOURS}"
    except (TypeError, ValueError):
        return "concept-0"


@register.filter
def initials(name: str) -> str:
    """One or two capitals for a person: ``Labeler 1`` -> ``L1``, ``acme`` -> ``A``, empty -> ``?``."""
    words = str(name or "").replace("-", " ").replace("_", " ").split()
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


@register.inclusion_tag("_field.html")
def field(bound: BoundField, help: str = "", icon: str = "") -> dict[str, Any]:
    """One form field with label, help and errors, wired for screen readers."""
    # The widget points to the help only where the field knows of it.
    bound.help_text = help or bound.help_text
    return {"field": bound, "help": bound.help_text, "icon": icon, "kind": bound.widget_type}
