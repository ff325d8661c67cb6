"""A data folder of an earlier release: its collaborators keep working once scopes are asked for."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

from embedded_api.accounts.standing import COLLABORATOR_SCOPES
from tests.support.embedded import REPO, start_embedded

NOW = "2026-03-01T10:00:00.000000Z"


def test_collaborators_of_an_earlier_release(tmp_path: Path) -> None:
    env = dict(os.environ) | {
        "DJANGO_SETTINGS_MODULE": "embedded_api.settings",
        "EMBEDDED_DATA_DIR": str(tmp_path),
    }
    migrate = [sys.executable, "manage.py", "migrate", "embedded_api", "0002", "--verbosity", "0"]
    subprocess.run(migrate, cwd=REPO, env=env, check=True, timeout=120)
    database = sqlite3.connect(tmp_path / "embedded.sqlite3")
    with database:
        for user in ("owner", "labeler"):
            database.execute(
                "INSERT INTO embedded_api_user (id, first_name, last_name, created_at) VALUES (?, '', '', ?)",
                (user, NOW),
            )
        database.execute(
            "INSERT INTO embedded_api_app"
            " (id, owner_id, public_id, name, description, metadata, created_at, modified_at)"
            " VALUES (1, 'owner', 'desk', 'desk', '', '{}', ?, ?)",
            (NOW, NOW),
        )
        database.execute(
            "INSERT INTO embedded_api_collaborator (app_id, user_id, scopes, created_at, modified_at)"
            " VALUES (1, 'labeler', '[\"Tasks_Get\"]', ?, ?)",
            (NOW, NOW),
        )
    database.close()
    server = start_embedded(tmp_path)
    try:
        headers = {"Authorization": f"Key {server.new_user('labeler')}"}
        path = "/v2/users/owner/apps/desk"
        scopes = server.client.get(f"{path}/myscopes", headers=headers).json()["scopes"]
        assert scopes == list(COLLABORATOR_SCOPES)
        for route in ("inputs", "annotations", "tasks", "concepts", "collaborators", "datasets", "searches"):
            answer = server.client.get(f"{path}/{route}", headers=headers)
            assert answer.status_code == 200, answer.text
    finally:
        server.stop()
