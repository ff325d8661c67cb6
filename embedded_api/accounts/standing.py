"""What a collaborator may do in an app unless the owner says otherwise. Pure: no Django."""

from embedded_api import rpcs

_READS = frozenset(scope for scope in rpcs.SCOPES if scope.endswith("_Get")) - {"Keys_Get", "Uploads_Get"}
_WRITES = {"Annotations_Add", "Annotations_Patch", "Annotations_Delete", "Search", "Predict"}

# Work on inputs and annotations; the set-up of the app is its owner's.
COLLABORATOR_SCOPES = tuple(scope for scope in rpcs.SCOPES if scope in _READS | _WRITES)
