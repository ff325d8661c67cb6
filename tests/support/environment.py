"""Settings of a test run; loaded as a plugin before Django reads its settings.

A value set from outside wins, so that the same suite runs on PostgreSQL by DATABASE_URL.
"""

from __future__ import annotations

import os

from tests.support.once import run_folder

os.environ.setdefault("PROOFDESK_SECRET_KEY", "only-for-tests-" + "0" * 32)
os.environ.setdefault("PROOFDESK_DATA_DIR", str(run_folder()))
os.environ.setdefault("PROOFDESK_UNDO_SECONDS", "0")
os.environ.pop("REDIS_URL", None)
