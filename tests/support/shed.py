"""Asking the embedded platform's own code: it has settings of its own, so it runs in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parents[2]
_AROUND = "import django, json\ndjango.setup()\n{code}\nprint(json.dumps(answer))"


def in_the_shed(code: str) -> Any:
    """Run `code` with the embedded platform's settings; answers what it leaves in `answer` (JSON values)."""
    env = {
        name: value for name, value in os.environ.items() if not name.startswith(("EMBEDDED_", "PROOFDESK_"))
    }
    with tempfile.TemporaryDirectory() as folder:
        env |= {"DJANGO_SETTINGS_MODULE": "embedded_api.settings", "EMBEDDED_DATA_DIR": folder}
        done = subprocess.run(
            [sys.executable, "-c", _AROUND.format(code=code)],
            cwd=REPO,
            env=env,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=120,
        )
    return json.loads(done.stdout)
