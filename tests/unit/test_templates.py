"""Every template compiles, and none holds what the Content-Security-Policy forbids."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template.loader import get_template

from devtools.environment import ROOT

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SOURCES = sorted(path for path in (ROOT / "static").rglob("*") if path.suffix in {".js", ".css", ".svg"})

INLINE_STYLE = re.compile(r"""<[a-z][^<>]*\sstyle\s*=|<style\b""", re.IGNORECASE)
INLINE_HANDLER = re.compile(r"""<[a-z][^<>]*\son[a-z]+\s*=\s*["']""", re.IGNORECASE)
SCRIPT = re.compile(r"<script\b([^>]*)>", re.IGNORECASE)
ADDRESS = re.compile(r"""(?:https?:)?//[\w-]+\.[\w.-]+""")
NAMESPACES = ("http://www.w3.org", "https://www.w3.org")
EVALUATION = re.compile(r"\beval\s*\(|new\s+Function\s*\(|\.innerHTML\s*=|document\.write\s*\(")
COMMENT = re.compile(r"{#.*?#}|{% comment %}.*?{% endcomment %}", re.DOTALL)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_compiles(path: Path) -> None:
    get_template(str(path.relative_to(ROOT / "templates")))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_fits_the_strict_policy(path: Path) -> None:
    text = COMMENT.sub("", path.read_text())
    assert INLINE_STYLE.findall(text) == []
    assert INLINE_HANDLER.findall(text) == []
    inline = [attributes for attributes in SCRIPT.findall(text) if "src=" not in attributes]
    assert [attributes for attributes in inline if "application/json" not in attributes] == []


@pytest.mark.parametrize("path", [*TEMPLATES, *SOURCES], ids=name)
def test_nothing_is_fetched_from_elsewhere(path: Path) -> None:
    text = COMMENT.sub("", path.read_text())
    assert [found for found in ADDRESS.findall(text) if not found.startswith(NAMESPACES)] == []


@pytest.mark.parametrize("path", [path for path in SOURCES if path.suffix == ".js"], ids=name)
def test_a_script_builds_no_code_and_no_markup_from_text(path: Path) -> None:
    assert EVALUATION.findall(path.read_text()) == []


def test_the_checks_find_what_they_are_for() -> None:
    assert INLINE_STYLE.search('<p class="a" style="color: red">')
    assert INLINE_HANDLER.search('<button onclick="go()">')
    assert ADDRESS.search('src="//cdn.example.test/x.js"')
    assert not ADDRESS.search("// a comment in a script, and a / b // c")
    assert EVALUATION.search("node.innerHTML = text")
    assert TEMPLATES
    assert SOURCES
