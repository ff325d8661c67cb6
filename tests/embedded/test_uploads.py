"""Archives that are uploaded in parts: put together, unpacked, counted."""

import base64
import itertools
import secrets
import sqlite3
import threading
from typing import Any

import pytest

from tests.support import media, packing
from tests.support.embedded import EmbeddedApp, EmbeddedServer, picture

PNG = base64.b64decode(picture())
FILES = {
    "cats/no 1.png": PNG,
    "cats/two.jpg": base64.b64decode(picture(form="JPEG")),
    "clip.mp4": media.mp4(),
    "sound.wav": media.wav(),
    "notes.txt": b"zwei Rotkehlchen",
}
MADE = ["cats_no_1.png", "cats_two.jpg", "clip.mp4", "sound.wav", "notes.txt"]


def ids(app: EmbeddedApp) -> list[str]:
    return [one["id"] for one in app.ok("GET", "inputs", params={"per_page": 1000})["inputs"]]


def put(app: EmbeddedApp, upload_id: str, *parts: dict[str, Any]) -> tuple[int, int, str]:
    """HTTP status, status code (of the upload when it went well), details."""
    response = app.call("PUT", f"uploads/{upload_id}/content_parts", {"content_parts": list(parts)})
    body = response.json()
    status = body["upload"]["status"] if response.status_code == 200 else body["status"]
    return response.status_code, status["code"], status.get("details", "")


@pytest.mark.parametrize("form", ["zip", "zip, stored", "tar", "tar.gz"])
def test_every_archive(embedded_app: EmbeddedApp, form: str) -> None:
    content = {
        "zip": lambda: packing.zipped(FILES),
        "zip, stored": lambda: packing.zipped(FILES, 0),
        "tar": lambda: packing.tarred(FILES),
        "tar.gz": lambda: packing.tarred(FILES, packed=True),
    }[form]()
    job = packing.upload(embedded_app, content)
    assert job["status"]["code"] == 64002, job
    assert packing.counts(job) == (0, 0, 5, 0)
    extraction = job["extraction_jobs"][0]
    assert extraction["status"]["code"] == 64002
    assert extraction["progress"] == {
        "audio_inputs_count": "1",
        "image_inputs_count": "2",
        "video_inputs_count": "1",
        "text_inputs_count": "1",
        "pending_archives_count": "0",
        "in_progress_archives_count": "0",
        "completed_archives_count": "1",
        "failed_archives_count": "0",
    }
    assert job["uploads"][0]["status"]["code"] == 68001
    assert ids(embedded_app) == MADE
    found = embedded_app.ok("GET", "inputs/cats_no_1.png")["input"]
    assert found["data"]["metadata"] == {"filename": "cats/no 1.png"}
    assert embedded_app.client.get(found["data"]["image"]["url"]).content == PNG
    assert embedded_app.ok("GET", "inputs/notes.txt")["input"]["data"]["text"]["raw"] == "zwei Rotkehlchen"
    level = embedded_app.ok("GET", "annotations", params={"input_ids": "clip.mp4"})["annotations"]
    assert [one["input_level"] for one in level] == [True]


def test_parts_in_any_order(embedded_app: EmbeddedApp, embedded_server: EmbeddedServer) -> None:
    content = packing.zipped(FILES)
    job_id, upload_id = packing.begin_upload(embedded_app, len(content))
    waiting = packing.job_of(embedded_app, job_id)
    assert (waiting["status"]["code"], packing.counts(waiting)) == (64000, (0, 0, 0, 0))
    cuts = [0, 100, 700, len(content) // 2, len(content)]
    parts = [
        packing.part(number, start, content[start:stop])
        for number, (start, stop) in enumerate(itertools.pairwise(cuts), 1)
    ]
    assert put(embedded_app, upload_id, parts[3], parts[0])[:2] == (200, 68000)
    assert put(embedded_app, upload_id, parts[2])[:2] == (200, 68000)
    assert put(embedded_app, upload_id, parts[2])[:2] == (200, 68000)  # sent again: an answer was lost
    assert packing.job_of(embedded_app, job_id)["status"]["code"] == 64000
    assert put(embedded_app, upload_id, parts[1])[:2] == (200, 68001)
    assert put(embedded_app, upload_id, parts[1])[:2] == (200, 68001)
    assert packing.counts(packing.ended(embedded_app, job_id)) == (0, 0, 5, 0)
    assert sorted(ids(embedded_app)) == sorted(MADE)
    # The bytes of the upload are not kept when they are inputs.
    left = [path for path in (embedded_server.data_dir / "embedded_uploads").rglob("*") if path.is_file()]
    assert all(content[:100] not in path.read_bytes() for path in left)


def test_parts_at_the_same_time(embedded_app: EmbeddedApp) -> None:
    content = packing.zipped({f"{n}.txt": secrets.token_hex(500).encode() for n in range(20)}, 0)
    job_id, upload_id = packing.begin_upload(embedded_app, len(content))
    size = len(content) // 16 + 1
    parts = [packing.part(n + 1, n * size, content[n * size : (n + 1) * size]) for n in range(16)]
    codes: list[int] = []

    def send(one: dict[str, Any]) -> None:
        for _ in range(2):
            codes.append(put(embedded_app, upload_id, one)[0])

    threads = [threading.Thread(target=send, args=(one,)) for one in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [200] * 32
    assert packing.counts(packing.ended(embedded_app, job_id)) == (0, 0, 20, 0)


def test_refused_parts(embedded_app: EmbeddedApp) -> None:
    _, upload_id = packing.begin_upload(embedded_app, 1000)
    good = packing.part(1, 100, bytes(100))
    assert put(embedded_app, upload_id, good)[0] == 200
    conflicts = [
        packing.part(2, 150, bytes(10)),
        packing.part(2, 0, bytes(101)),
        packing.part(2, 199, bytes(1)),
        packing.part(2, 50, bytes(500)),
        packing.part(1, 300, bytes(100)),
        packing.part(1, 100, bytes(99)),
    ]
    for one in conflicts:
        assert put(embedded_app, upload_id, one)[:2] == (409, 68006), one
    # Two of one call that overlap each other: none of them is taken.
    assert (
        put(embedded_app, upload_id, packing.part(2, 300, bytes(9)), packing.part(3, 305, bytes(9)))[0] == 409
    )
    assert put(embedded_app, upload_id, packing.part(4, 300, bytes(9)))[0] == 200
    bad = {
        "part_number": [packing.part(n, 0, b"x") for n in (0, -1, 10_001, 2**62)],
        "range_start": [packing.part(2, n, b"xx") for n in (-1, 999, 1000, 2**62)],
        "data": [{"part_number": 2}, packing.part(2, 0, b""), packing.part(2, 0, b"x") | {"data": "%"}],
    }
    for name, parts in bad.items():
        for one in parts:
            status, _, details = put(embedded_app, upload_id, one)
            assert status == 400, one
            assert f"content_parts[0].{name}" in details, details
    assert put(embedded_app, "unknown", good)[:2] == (404, 11101)
    assert embedded_app.call("PUT", f"uploads/{upload_id}/content_parts", {}).status_code == 400
    after = embedded_app.ok("GET", f"uploads/{upload_id}")["upload"]
    assert after["status"]["code"] == 68000


def test_uploads_alone(embedded_app: EmbeddedApp) -> None:
    sent = [
        {"id": "u-1", "content_name": "a.zip", "content_length": "10"},
        {"content_length": 5},
        {"id": "u-1", "content_length": 5},
        {"id": "u-2"},
        {"id": "u-3", "content_length": 2**40},
        {"id": "u-4", "content_length": "-5"},
    ]
    mixed = embedded_app.call("POST", "uploads", {"uploads": sent}).json()
    assert [one["status"]["code"] for one in mixed["uploads"]] == [68000, 68000, 40010, 11102, 11102, 11102]
    first = embedded_app.ok("GET", "uploads/u-1")["upload"]
    assert (first["content_name"], first["content_length"]) == ("a.zip", "10")
    assert first["expires_at"] > first["created_at"]
    assert len(embedded_app.ok("GET", "uploads")["uploads"]) == 2
    assert len(embedded_app.ok("GET", "uploads", params={"page": 2, "per_page": 1})["uploads"]) == 1
    assert put(embedded_app, "u-1", packing.part(1, 0, bytes(10)))[:2] == (200, 68001)
    assert ids(embedded_app) == []
    assert embedded_app.ok("GET", "inputs/jobs/add")["inputs_add_jobs"] == []
    assert embedded_app.call("DELETE", "uploads", {"ids": ["u-1", "who"]}).status_code == 404
    assert embedded_app.call("DELETE", "uploads", {}).status_code == 400
    embedded_app.ok("DELETE", "uploads", {"ids": ["u-1"]})
    gone = embedded_app.call("GET", "uploads/u-1")
    assert (gone.status_code, gone.json()["status"]["code"]) == (404, 11101)


def test_only_the_owner_uploads(embedded_app: EmbeddedApp) -> None:
    _, upload_id = packing.begin_upload(embedded_app, 10)
    for verb, route, body in (
        ("POST", "uploads", {"uploads": [{"content_length": 5}]}),
        ("DELETE", "uploads", {"ids": [upload_id]}),
        ("PUT", f"uploads/{upload_id}/content_parts", {"content_parts": [packing.part(1, 0, b"x")]}),
        ("POST", "inputs/uploads", {"inputs_uploads": [{"upload": {"content_length": 5}}]}),
        ("POST", "inputs/data_sources", {"data_sources": [{"url": {"url": "a"}}]}),
        ("PATCH", "inputs/jobs/extraction", {"ids": ["x"]}),
        ("PATCH", "inputs/jobs/add/x", {}),
    ):
        response = embedded_app.call(verb, route, body, user="l-1")
        assert response.status_code == 403, (verb, route)
    jobs = embedded_app.ok("GET", "inputs/jobs/add", user="l-1")["inputs_add_jobs"]
    assert [one["uploads"][0]["id"] for one in jobs] == [upload_id]


def test_the_template(embedded_app: EmbeddedApp) -> None:
    template = {
        "data": {
            "concepts": [{"id": "rbc"}],
            "metadata": {"site": "north"},
            "geo": {"geo_point": {"longitude": 1, "latitude": 2}},
        }
    }
    job = packing.upload(embedded_app, packing.zipped({"a.png": PNG}), input_template=template)
    assert packing.counts(job) == (0, 0, 1, 0)
    printed = job["extraction_jobs"][0]["input_template"]["data"]
    assert printed["metadata"] == {"site": "north"}
    data = embedded_app.ok("GET", "inputs/a.png")["input"]["data"]
    assert data["concepts"] == [{"id": "rbc", "value": 1}]
    assert data["metadata"] == {"site": "north", "filename": "a.png"}
    assert data["geo"]["geo_point"] == {"longitude": 1, "latitude": 2}
    for bad, words in (
        ({"id": "x"}, "input_template.id"),
        ({"data": {"concepts": [{"id": "who"}]}}, "no concept who"),
        ({"data": {"image": {"url": "http://x/"}}}, "input_template.data.image"),
        ({"dataset_ids": ["who"]}, "no dataset who"),
        ([], "input_template"),
    ):
        sent = {"upload": {"content_length": 5}, "input_template": bad, "inputs_add_job_id": "bad"}
        refused = embedded_app.call("POST", "inputs/uploads", {"inputs_uploads": [sent]}).json()
        assert refused["status"]["code"] == 10020
        assert words in refused["inputs_add_jobs"][0]["status"]["details"], refused
        assert refused["inputs_add_jobs"][0]["id"] == "bad"
    assert embedded_app.call("GET", "inputs/jobs/add/bad").status_code == 404


@pytest.mark.parametrize(
    ("resolution", "expected", "made"),
    [(None, (0, 0, 1, 1), 2), ("SKIP", (0, 0, 2, 0), 2), ("SUFFIX", (0, 0, 2, 0), 3)],
)
def test_known_ids(
    embedded_app: EmbeddedApp, resolution: str | None, expected: tuple[int, ...], made: int
) -> None:
    embedded_app.add_inputs("a.png")
    before = embedded_app.ok("GET", "inputs/a.png")["input"]
    more = {"input_id_conflict_resolution": resolution} if resolution else {}
    job = packing.upload(embedded_app, packing.zipped({"a.png": PNG, "b.png": PNG}), **more)
    assert job["status"]["code"] == 64002
    assert packing.counts(job) == expected
    assert len(ids(embedded_app)) == made
    assert embedded_app.ok("GET", "inputs/a.png")["input"] == before


def test_job_ids(embedded_app: EmbeddedApp) -> None:
    job_id, _ = packing.begin_upload(embedded_app, 10, inputs_add_job_id="mine")
    assert job_id == "mine"
    sent = {"inputs_uploads": [{"inputs_add_job_id": "mine", "upload": {"content_length": 5}}]}
    again = embedded_app.call("POST", "inputs/uploads", sent).json()
    assert again["inputs_add_jobs"][0]["status"]["code"] == 64007
    for body in ({}, {"inputs_uploads": [{}]}, {"inputs_uploads": [{"upload": []}]}):
        assert embedded_app.call("POST", "inputs/uploads", body).status_code == 400
    called = {"call_back_url": "http://127.0.0.1/", "data_sources": [{"url": {"url": "a"}}]}
    refused = embedded_app.call("POST", "inputs/data_sources", called).json()
    assert "call_back_url" in refused["status"]["details"]


def test_posted_inputs_are_counted(embedded_app: EmbeddedApp) -> None:
    text = {"data": {"text": {"raw": "a"}}}
    assert "inputs_add_job" not in embedded_app.ok("POST", "inputs", {"inputs": [text]})
    first = embedded_app.ok("POST", "inputs", {"inputs": [text, text], "inputs_add_job_id": "j"})
    assert packing.counts(first["inputs_add_job"]) == (0, 0, 2, 0)
    assert (first["inputs_add_job"]["id"], first["inputs_add_job"]["status"]["code"]) == ("j", 64002)
    body = {"inputs": [text, {"data": {}}], "inputs_add_job_id": "j"}
    second = embedded_app.call("POST", "inputs", body).json()
    assert packing.counts(second["inputs_add_job"]) == (0, 0, 3, 1)
    assert packing.job_of(embedded_app, "j") == second["inputs_add_job"]
    assert [one["id"] for one in embedded_app.ok("GET", "inputs/jobs/add")["inputs_add_jobs"]] == ["j"]


def test_cancelling(embedded_app: EmbeddedApp) -> None:
    job_id, upload_id = packing.begin_upload(embedded_app, 10)
    conflict = embedded_app.call("DELETE", "uploads", {"ids": [upload_id]})
    assert (conflict.status_code, conflict.json()["status"]["code"]) == (409, 68006)
    job = embedded_app.ok("PATCH", f"inputs/jobs/add/{job_id}", {})["inputs_add_job"]
    assert job["status"]["code"] == 64004
    assert job["extraction_jobs"][0]["status"]["code"] == 64004
    assert job["uploads"][0]["status"]["code"] == 68005
    assert put(embedded_app, upload_id, packing.part(1, 0, bytes(10)))[:2] == (409, 68006)
    embedded_app.ok("DELETE", "uploads", {"ids": [upload_id]})
    assert packing.job_of(embedded_app, job_id)["uploads"] == []
    done = packing.upload(embedded_app, packing.zipped({"a.png": PNG}))
    after = embedded_app.ok("PATCH", f"inputs/jobs/add/{done['id']}", {})["inputs_add_job"]
    assert after["status"]["code"] == 64002  # it was finished
    one = done["extraction_jobs"][0]["id"]
    listed = embedded_app.ok("PATCH", "inputs/jobs/extraction", {"ids": [one]})["inputs_extraction_jobs"]
    assert [(row["id"], row["status"]["code"]) for row in listed] == [(one, 64002)]
    assert embedded_app.ok("GET", f"inputs/jobs/extraction/{one}")["inputs_extraction_job"]["id"] == one
    assert len(embedded_app.ok("GET", "inputs/jobs/extraction")["inputs_extraction_jobs"]) == 2
    for route in ("inputs/jobs/add/who", "inputs/jobs/extraction/who"):
        assert embedded_app.call("GET", route).status_code == 404
    assert embedded_app.call("PATCH", "inputs/jobs/extraction", {"ids": ["who"]}).status_code == 404
    assert embedded_app.call("PATCH", "inputs/jobs/extraction", {}).status_code == 400
    assert embedded_app.call("PATCH", "inputs/jobs/add/who", {}).status_code == 404


def test_an_upload_expires(embedded_app: EmbeddedApp, embedded_server: EmbeddedServer) -> None:
    job_id, upload_id = packing.begin_upload(embedded_app, 10)
    assert put(embedded_app, upload_id, packing.part(1, 0, b"12345"))[0] == 200
    with sqlite3.connect(embedded_server.data_dir / "embedded.sqlite3") as database:
        statement = "UPDATE embedded_api_upload SET expires_at = ? WHERE public_id = ?"
        database.execute(statement, ("2020-01-01T00:00:00.000000Z", upload_id))
    database.close()
    assert put(embedded_app, upload_id, packing.part(2, 5, b"67890"))[:2] == (409, 68004)
    job = packing.job_of(embedded_app, job_id)
    assert job["status"]["code"] == 64003
    assert "expired" in job["status"]["details"]
    assert job["uploads"][0]["status"]["code"] == 68004


def test_too_many_open_uploads(embedded_app: EmbeddedApp) -> None:
    sent = {"uploads": [{"content_length": 5} for _ in range(101)]}
    mixed = embedded_app.call("POST", "uploads", sent).json()
    codes = [one["status"]["code"] for one in mixed["uploads"]]
    assert codes == [68000] * 100 + [30105]
