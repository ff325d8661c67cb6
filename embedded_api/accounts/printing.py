"""Rows of accounts -> plain objects. Source: Clarifai API, messages User, App, Key, Collaborator."""

import json
from typing import Any

from embedded_api.models import App, Collaborator, Key, User

# What a key may hold; a personal token of this server always holds all of them.
SCOPES = (
    "All",
    "Apps_Get",
    "Apps_Add",
    "Apps_Patch",
    "Inputs_Get",
    "Inputs_Add",
    "Inputs_Patch",
    "Inputs_Delete",
    "Concepts_Get",
    "Concepts_Add",
    "Concepts_Patch",
    "Annotations_Get",
    "Annotations_Add",
    "Annotations_Patch",
    "Annotations_Delete",
    "Tasks_Get",
    "Tasks_Add",
    "Tasks_Patch",
    "Tasks_Delete",
    "Collaborators_Get",
    "Collaborators_Add",
    "Collaborators_Delete",
    "Keys_Get",
    "Keys_Add",
    "Keys_Delete",
    "Searches_Get",
)
# A collaborator works with inputs and annotations; the set-up of the app is its owner's.
COLLABORATOR_SCOPES = (
    "Apps_Get",
    "Inputs_Get",
    "Concepts_Get",
    "Annotations_Get",
    "Annotations_Add",
    "Annotations_Patch",
    "Annotations_Delete",
    "Tasks_Get",
    "Collaborators_Get",
    "Searches_Get",
)


def print_user(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "created_at": user.created_at,
    }


def print_app(app: App) -> dict[str, Any]:
    return {
        "id": app.public_id,
        "name": app.name,
        "description": app.description,
        "user_id": app.owner_id,
        "default_language": "en",
        "metadata": json.loads(app.metadata),
        "created_at": app.created_at,
        "modified_at": app.modified_at,
    }


def print_key(key: Key, token: str | None = None) -> dict[str, Any]:
    """A key; `id` is the token only in the one answer that makes it, later a harmless name."""
    apps = [{"id": key.app.public_id, "user_id": key.app.owner_id}] if key.app is not None else []
    return {
        "id": token or key.public_id,
        "type": key.type,
        "description": key.description,
        "scopes": key.scopes,
        "apps": apps,
        "created_at": key.created_at,
    }


def print_collaborator(row: Collaborator) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "app": {"id": row.app.public_id, "user_id": row.app.owner_id},
        "user": print_user(row.user),
        "scopes": row.scopes,
        "created_at": row.created_at,
        "modified_at": row.modified_at,
    }
