"""Tables of the embedded platform, one module per question."""

from embedded_api.models.accounts import App, Collaborator, Concept, Key, User
from embedded_api.models.annotations import Annotation
from embedded_api.models.inputs import Input

__all__ = ["Annotation", "App", "Collaborator", "Concept", "Input", "Key", "User"]
