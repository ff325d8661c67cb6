"""The vendor's own JSON client uploads an archive in parts, watches its job, and cancels another."""

import base64
import time

import pytest

from tests.embedded.test_official_client import Client
from tests.support import media, packing
from tests.support.embedded import EmbeddedApp, picture

pytest.importorskip("clarifai_grpc")

from clarifai_grpc.grpc.api import resources_pb2 as r
from clarifai_grpc.grpc.api import service_pb2 as s


@pytest.fixture
def client(embedded_app: EmbeddedApp) -> Client:
    return Client(embedded_app)


def ended(client: Client, job_id: str) -> r.InputsAddJob:
    """The job when it has ended."""
    request = s.GetInputsAddJobRequest(user_app_id=client.where, id=job_id)
    deadline = time.monotonic() + 60
    while True:
        job = client.ok("GetInputsAddJob", request).inputs_add_job
        if job.status.code in packing.ENDED:
            return job
        assert time.monotonic() < deadline, job
        time.sleep(0.02)  # pause between two questions, bounded by the deadline


def test_an_archive_in_parts(client: Client) -> None:
    content = packing.zipped({f"{n}.png": base64.b64decode(picture(shade=n)) for n in range(5)})
    upload = r.InputsUpload(
        upload=r.Upload(content_name="five.zip", content_length=len(content)),
        input_template=r.Input(data=r.Data(concepts=[r.Concept(id="rbc", value=0)])),
        input_id_conflict_resolution=r.SKIP,
    )
    request = s.PostInputsUploadsRequest(user_app_id=client.where, inputs_uploads=[upload])
    job = client.ok("PostInputsUploads", request).inputs_add_jobs[0]
    assert job.uploads[0].content_length == len(content)
    assert job.extraction_jobs[0].input_template.data.concepts[0].value == 0
    half = len(content) // 2
    for number, (start, data) in enumerate(((half, content[half:]), (0, content[:half])), 1):
        part = r.UploadContentPart(range_start=start, part_number=number, data=data)
        request = s.PutUploadContentPartsRequest(
            user_app_id=client.where, upload_id=job.uploads[0].id, content_parts=[part]
        )
        answered = client.ok("PutUploadContentParts", request).upload
    assert answered.status.code == 68001
    job = ended(client, job.id)
    assert (job.status.code, job.progress.success_count, job.progress.failed_count) == (64002, 5, 0)
    extraction = client.ok(
        "GetInputsExtractionJob",
        s.GetInputsExtractionJobRequest(
            user_app_id=client.where, inputs_extraction_job_id=job.extraction_jobs[0].id
        ),
    ).inputs_extraction_job
    assert extraction.progress.image_inputs_count == 5
    listed = client.ok("ListInputsAddJobs", s.ListInputsAddJobsRequest(user_app_id=client.where, per_page=5))
    assert [one.id for one in listed.inputs_add_jobs] == [job.id]
    inputs = client.ok("ListInputs", s.ListInputsRequest(user_app_id=client.where, per_page=10)).inputs
    assert [one.data.concepts[0].value for one in inputs] == [0] * 5


def test_cancelling_and_uploads_alone(client: Client) -> None:
    upload = r.InputsUpload(upload=r.Upload(content_length=10), inputs_add_job_id="j")
    request = s.PostInputsUploadsRequest(user_app_id=client.where, inputs_uploads=[upload])
    client.ok("PostInputsUploads", request)
    cancel = s.CancelInputsAddJobRequest(user_app_id=client.where, id="j")
    job = client.ok("CancelInputsAddJob", cancel).inputs_add_job
    assert job.status.code == 64004
    cancel = s.CancelInputsExtractionJobsRequest(user_app_id=client.where, ids=[job.extraction_jobs[0].id])
    client.ok("CancelInputsExtractionJobs", cancel)
    listing = s.ListInputsExtractionJobsRequest(user_app_id=client.where, page=1, per_page=5)
    assert len(client.ok("ListInputsExtractionJobs", listing).inputs_extraction_jobs) == 1
    request = s.PostUploadsRequest(user_app_id=client.where, uploads=[r.Upload(id="u", content_length=5)])
    client.ok("PostUploads", request)
    found = client.ok("GetUpload", s.GetUploadRequest(user_app_id=client.where, upload_id="u")).upload
    assert (found.status.code, found.content_length) == (68000, 5)
    assert found.expires_at.seconds - found.created_at.seconds == 24 * 3600
    assert len(client.ok("ListUploads", s.ListUploadsRequest(user_app_id=client.where)).uploads) == 2
    client.ok("DeleteUploads", s.DeleteUploadsRequest(user_app_id=client.where, ids=["u"]))
    source = r.InputsDataSource(url=r.DataSourceURL(url="s3://bucket/x"))
    request = s.PostInputsDataSourcesRequest(user_app_id=client.where, data_sources=[source])
    assert client.call("PostInputsDataSources", request).status.code == 10040
    source = r.InputsDataSource(url=r.DataSourceURL(url="birds"))
    request = s.PostInputsDataSourcesRequest(user_app_id=client.where, data_sources=[source])
    assert client.call("PostInputsDataSources", request).inputs_add_jobs[0].status.code == 30104


def test_video_manifest(client: Client) -> None:
    video = r.Input(id="v", data=r.Data(video=r.Video(base64=media.mp4())))
    made = client.ok("PostInputs", s.PostInputsRequest(user_app_id=client.where, inputs=[video])).inputs[0]
    assert made.data.video.video_info.frame_count == 50
    request = s.GetVideoManifestRequest(user_app_id=client.where, input_id="v")
    assert client.ok("GetInputVideoManifest", request).manifest_url.startswith("data:application/dash+xml")
