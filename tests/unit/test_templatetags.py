"""Tags and filters of the window: words, numbers, ages, bars."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django import forms
from django.conf import settings
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from annotations_ui.states import DELIVERIES, MORE_STATES, WORK_STATES
from annotations_ui.templatetags import desk

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
STATIC = Path(settings.BASE_DIR) / "static"


def render(source: str, **context: object) -> str:
    return Template("{% load desk %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-30, "just now"),
        (0, "just now"),
        (4.9, "just now"),
        (20, "20 s ago"),
        (89, "89 s ago"),
        (90, "1 min ago"),
        (3600, "60 min ago"),
        (5400, "1 h ago"),
        (2 * 3600, "2 h ago"),
        (36 * 3600, "1 d ago"),
        (13 * 86400, "13 d ago"),
        (14 * 86400, "2026-02-18"),
    ],
)
def test_age_in_words(seconds: float, words: str) -> None:
    assert desk.age_words(NOW - timedelta(seconds=seconds), NOW) == words


def test_age_is_a_time_element_in_any_zone_and_never_for_nothing() -> None:
    assert render("{{ when|age }}", when=None) == '<span class="age">never</span>'
    when = datetime.fromisoformat("2020-01-02T03:04:05+05:00")
    html = render("{{ when|age }}", when=when)
    assert 'datetime="2020-01-02T03:04:05+05:00"' in html
    assert 'title="2020-01-01 22:04 UTC"' in html


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1 000"),
        (1234567, "1 234 567"),
        (-4200, "-4 200"),
        (None, ""),
        ("x", "x"),
    ],
)
def test_numbers_are_grouped(value: object, shown: str) -> None:
    assert desk.count(value).replace(desk.NARROW, " ") == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [("Labeler 1", "L1"), ("acme", "A"), ("", "?"), ("a-b_c", "AC"), ("  two  words ", "TW"), ("ß", "SS")],
)
def test_initials(name: str, shown: str) -> None:
    assert desk.initials(name) == shown


@pytest.mark.parametrize(
    ("index", "css"), [(0, "concept-0"), (11, "concept-11"), (12, "concept-0"), (None, "concept-0")]
)
def test_concept_colours_go_round(index: object, css: str) -> None:
    assert desk.concept_class(index) == css


@given(st.dictionaries(st.sampled_from(sorted(WORK_STATES)), st.integers(-5, 10**7)))
def test_bar_parts_fill_the_bar_in_order_without_gaps(counts: dict[str, int]) -> None:
    rows = [(look, max(0, counts.get(key, 0))) for key, look in WORK_STATES.items()]
    parts = desk.segments(rows, sum(n for _, n in rows))
    assert len(parts) == sum(1 for _, n in rows if n)
    at = 0.0
    for part in parts:
        assert float(part["x"]) == pytest.approx(at, abs=0.05)
        assert float(part["width"]) > 1
        at = float(part["x"]) + float(part["width"])
    assert not parts or at == pytest.approx(100, abs=0.05)


def test_bar_tells_its_numbers_to_those_who_cannot_see_it() -> None:
    html = render("{% bar counts 'Cells' %}", counts={"approved": 1200, "to_do": 3})
    assert "Cells: 1 203 in all" in html.replace(desk.NARROW, " ")
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", html)
    assert [cell.replace(desk.NARROW, " ") for cell in cells] == ["1 200", "0", "0", "0", "0", "3"]
    assert html.count('class="bar-part') == 2
    assert "style=" not in html


def test_bar_reads_objects_and_survives_nothing() -> None:
    class Counts:
        approved = 2
        rejected = None

    assert 'class="bar-part is-approved"' in render("{% bar counts %}", counts=Counts())
    assert "bar-part" not in render("{% bar counts %}", counts={})


@pytest.mark.parametrize("key", [*WORK_STATES, *MORE_STATES])
def test_a_state_has_colour_icon_and_word(key: str) -> None:
    look = {**WORK_STATES, **MORE_STATES}[key]
    html = render("{% state key %}", key=key)
    assert look.css in html
    assert f"#icon-{look.icon}" in html
    assert look.word in html
    assert look.word in render("{% state key True %}", key=key)


def test_unknown_states_are_words_and_not_errors() -> None:
    assert "Odd one" in render("{% state 'odd_one' %}{% delivery '' %}")
    assert "&lt;b&gt;" in render("{% state key %}", key="<b>")


def test_every_icon_that_is_named_exists_once() -> None:
    sprite = ElementTree.parse(STATIC / "icons.svg").getroot()  # our own file
    ids = [symbol.get("id") for symbol in sprite]
    assert len(ids) == len(set(ids))
    named = {
        f"icon-{look.icon}" for look in (*WORK_STATES.values(), *MORE_STATES.values(), *DELIVERIES.values())
    }
    for template in (Path(settings.BASE_DIR) / "templates").rglob("*.html"):
        named |= {f"icon-{name}" for name in re.findall(r'{% icon "([^"]+)"', template.read_text())}
    assert named <= set(ids), f"missing: {named - set(ids)}"


def test_every_state_has_its_colours() -> None:
    css = (STATIC / "css/base.css").read_text()
    for look in (*WORK_STATES.values(), *MORE_STATES.values(), *DELIVERIES.values()):
        assert re.search(rf"\.{look.css}\b[^{{]*{{[^}}]*--tone-ink", css), look.css


def test_a_field_is_wired_for_screen_readers() -> None:
    class Sample(forms.Form):
        name = forms.CharField(label="Name", max_length=3, help_text="Short.")
        more = forms.BooleanField(label="More", required=False)

    html = render("{% for bound in form %}{% field bound %}{% endfor %}", form=Sample({"name": "long one"}))
    assert '<label class="label" for="id_name">Name</label>' in html
    assert 'aria-invalid="true"' in html
    described = re.search(r'aria-describedby="([^"]+)"', html)
    assert described is not None
    for part in described[1].split():
        assert f'id="{part}"' in html
    assert "at most 3 characters" in html
    assert '<label class="check" for="id_more">' in html


def test_an_icon_alone_speaks_and_beside_a_word_it_is_silent() -> None:
    assert 'aria-hidden="true"' in render('{% icon "check" %}')
    assert 'role="img" aria-label="Done &amp; dusted"' in render(
        '{% icon "check" label %}', label="Done & dusted"
    )


def test_a_concept_that_the_mirror_has_not_met_is_shown_by_its_id() -> None:
    source = "{% load desk_pages %}{% with one=known|concept:key %}{{ one.0 }}/{{ one.1 }}{% endwith %}"
    known = {"rbc": ("Red cell", 4)}
    assert render(source, known=known, key="rbc") == "Red cell/4"
    assert render(source, known=known, key="shard") == "shard/0"
