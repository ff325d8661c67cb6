"""Rows of accounts -> plain objects. Source: Clarifai API, messages User, App, Key, Collaborator, Collaboration."""

import json
from typing import Any

from embedded_api.models import App, Collaborator, FormerCollaborator, Key, User

PRIVATE = {"gettable": 10}  # nothing here is open to people who were not let in


def print_user(user: User, *, private: bool = False) -> dict[str, Any]:
    """`private`: with the address for mail, for the user and for those who share an app with them."""
    printed = {
        "id": user.id,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "created_at": user.created_at,
    }
    if private and user.primary_email:
        printed["primary_email"] = user.primary_email
    return printed


def print_app(app: App) -> dict[str, Any]:
    printed = {
        "id": app.public_id,
        "name": app.name,
        "description": app.description,
        "notes": app.notes,
        "user_id": app.owner_id,
        "default_language": app.default_language,
        "sample_ms": app.sample_ms,
        "is_template": app.is_template,
        "visibility": PRIVATE,
        "metadata": json.loads(app.metadata),
        "created_at": app.created_at,
        "modified_at": app.modified_at,
    }
    if app.default_workflow_id:
        printed["default_workflow"] = {"id": app.default_workflow_id}
        printed["default_workflow_id"] = app.default_workflow_id
    return printed


def print_key(key: Key, token: str | None = None) -> dict[str, Any]:
    """A key; `id` is the token only in the one answer that makes it, later a harmless name."""
    apps = [{"id": key.app.public_id, "user_id": key.app.owner_id}] if key.app is not None else []
    printed = {
        "id": token or key.public_id,
        "type": key.type,
        "description": key.description,
        "scopes": key.scopes,
        "endpoints": key.endpoints,
        "apps": apps,
        "created_at": key.created_at,
    }
    if key.expires_at:
        printed["expires_at"] = key.expires_at
    return printed


def print_collaborator(row: Collaborator | FormerCollaborator) -> dict[str, Any]:
    printed = {
        "id": str(row.number if isinstance(row, FormerCollaborator) else row.pk),
        "app": {"id": row.app.public_id, "user_id": row.app.owner_id},
        "user": print_user(row.user, private=True),
        "scopes": row.scopes,
        "endpoints": row.endpoints,
        "created_at": row.created_at,
        "modified_at": row.modified_at,
    }
    if isinstance(row, FormerCollaborator):
        printed["deleted_at"] = row.deleted_at
    return printed


def print_collaboration(row: Collaborator) -> dict[str, Any]:
    return {
        "app": print_app(row.app),
        "app_owner": print_user(row.app.owner, private=True),
        "scopes": row.scopes,
        "endpoints": row.endpoints,
        "created_at": row.created_at,
    }
