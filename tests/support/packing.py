"""Archives made for tests, honest ones and others."""

from __future__ import annotations

import gzip
import io
import tarfile
import time
import zipfile
from collections.abc import Mapping
from typing import Any

from tests.support import media
from tests.support.embedded import EmbeddedApp

ENDED = (64002, 64003, 64004, 64006)


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def tarred(files: Mapping[str, bytes], *others: tarfile.TarInfo, packed: bool = False) -> bytes:
    """A tar or tar.gz archive; `others` are members without content."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for info in others:
            archive.addfile(info)
    return gzip.compress(target.getvalue(), mtime=0) if packed else target.getvalue()


def begin_upload(app: EmbeddedApp, length: int, **more: Any) -> tuple[str, str]:
    """Post an archive to be uploaded; answers the ids of the add job and of the upload."""
    sent = {"upload": {"content_name": "a.zip", "content_length": str(length)}} | more
    job = app.ok("POST", "inputs/uploads", {"inputs_uploads": [sent]})["inputs_add_jobs"][0]
    return job["id"], job["uploads"][0]["id"]


def part(number: int, start: int, content: bytes) -> dict[str, Any]:
    """One part of an upload as it is sent."""
    return {"part_number": str(number), "range_start": str(start), "data": media.encoded(content)}


def upload(app: EmbeddedApp, content: bytes, **more: Any) -> dict[str, Any]:
    """Upload an archive in one part and wait for the end of its job; answers the job."""
    job_id, upload_id = begin_upload(app, len(content), **more)
    body = {"content_parts": [part(1, 0, content)]}
    app.ok("PUT", f"uploads/{upload_id}/content_parts", body)
    return ended(app, job_id)


def job_of(app: EmbeddedApp, job_id: str) -> dict[str, Any]:
    """An add job as printed."""
    found: dict[str, Any] = app.ok("GET", f"inputs/jobs/add/{job_id}")["inputs_add_job"]
    return found


def ended(app: EmbeddedApp, job_id: str, seconds: float = 60) -> dict[str, Any]:
    """The job when it has ended."""
    deadline = time.monotonic() + seconds
    while True:
        job = job_of(app, job_id)
        if job["status"]["code"] in ENDED:
            return job
        assert time.monotonic() < deadline, job
        time.sleep(0.02)  # pause between two questions, bounded by the deadline


def counts(job: dict[str, Any]) -> tuple[int, int, int, int]:
    """Pending, in progress, succeeded, failed."""
    progress = job["progress"]
    names = ("pending_count", "in_progress_count", "success_count", "failed_count")
    assert all(isinstance(progress[name], str) for name in names)
    pending, running, succeeded, failed = (int(progress[name]) for name in names)
    return pending, running, succeeded, failed
