"""Users, apps, keys, collaborators, scopes."""
