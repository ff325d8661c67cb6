"""``{% static %}`` for the stub: plain names, whatever was collected."""

from django import template

register = template.Library()


@register.simple_tag
def static(path: str) -> str:
    return f"/static/{path}"
