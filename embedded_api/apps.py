"""Django application entry of the embedded platform."""

from django.apps import AppConfig


class EmbeddedApiConfig(AppConfig):
    name = "embedded_api"
    default_auto_field = "django.db.models.BigAutoField"
