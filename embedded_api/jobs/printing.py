"""Jobs and uploads -> JSON objects. Source: Clarifai API, messages InputsAddJob, InputsExtractionJob, Upload."""

import json

from django.db.models import QuerySet

from embedded_api.envelope import item_status
from embedded_api.fields import Json
from embedded_api.jobs.states import pending, state_of
from embedded_api.models import AddJob, ExtractionJob, Upload


def with_parts(jobs: QuerySet[AddJob]) -> QuerySet[AddJob]:
    """Add jobs with all that their printing needs: three reads, however many they are."""
    return jobs.prefetch_related("extraction_jobs", "uploads")


def _as_text(counts: dict[str, int]) -> dict[str, str]:
    """64-bit numbers travel as text."""
    return {name: str(number) for name, number in counts.items()}


def add_job(job: AddJob) -> Json:
    """An add job with its parts (read already)."""
    parts = list(job.extraction_jobs.all())
    progress = {
        "pending_count": sum(pending(one) for one in parts),
        "in_progress_count": sum(one.in_progress for one in parts),
        "success_count": job.succeeded + sum(one.succeeded for one in parts),
        "failed_count": job.failed + sum(one.failed for one in parts),
    }
    wrong = next((one.details for one in parts if one.details), "")
    return {
        "id": job.public_id,
        "progress": _as_text(progress),
        "created_at": job.created_at,
        "modified_at": max([job.modified_at, *(one.modified_at for one in parts)]),
        "extraction_jobs": [extraction_job(one) for one in parts],
        "uploads": [upload(one) for one in job.uploads.all()],
        "status": item_status(state_of(job), wrong),
    }


def extraction_job(job: ExtractionJob) -> Json:
    """An extraction job with its counts of inputs and archives."""
    waiting = job.archives - job.archives_open - job.archives_done - job.archives_failed
    progress = {
        "audio_inputs_count": job.audios,
        "image_inputs_count": job.images,
        "video_inputs_count": job.videos,
        "text_inputs_count": job.texts,
        "pending_archives_count": waiting,
        "in_progress_archives_count": job.archives_open,
        "completed_archives_count": job.archives_done,
        "failed_archives_count": job.archives_failed,
    }
    made: Json = {
        "id": job.public_id,
        "url": job.url,
        "status": item_status(job.status_code, job.details),
        "progress": _as_text(progress),
        "created_at": job.created_at,
        "modified_at": job.modified_at,
        "input_id_conflict_resolution": job.resolution,
    }
    if job.template != "{}":
        made["input_template"] = json.loads(job.template)
    return made


def upload(row: Upload) -> Json:
    """An upload; the address of its content is not given out."""
    return {
        "id": row.public_id,
        "created_at": row.created_at,
        "modified_at": row.modified_at,
        "expires_at": row.expires_at,
        "status": item_status(row.status_code),
        "content_name": row.content_name,
        "content_length": str(row.content_length),
    }
