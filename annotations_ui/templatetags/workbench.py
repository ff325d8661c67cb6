"""Template words of the workbenches. Load with ``{% load workbench %}``."""

from __future__ import annotations

from django import template

register = template.Library()


@register.inclusion_tag("workbench/_preload.html")
def preload(folder: str, names: str) -> dict[str, list[str]]:
    """Links to modules of ``static/js/<folder>``, so that they load before one asks for the next.

    ``names`` have blanks between them and no ending.
    """
    return {"paths": [f"js/{folder}/{name}.js" for name in names.split()]}
