"""Folders and addresses as sources of inputs: read inside the allowed folder only, never through a link."""

import base64
import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import media, packing
from tests.support.embedded import EmbeddedApp, EmbeddedServer, free_port, picture, start_embedded

PNG = base64.b64decode(picture())
ARCHIVE = packing.tarred({"in/a.png": PNG, "in/b.png": PNG}, packed=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The allowed folder, beside a secret."""
    base = tmp_path_factory.mktemp("sources")
    (base / "secret.txt").write_text("nobody may read this")
    root = base / "open"
    (root / "birds" / "deep" / "er").mkdir(parents=True)
    (root / "birds" / "one.png").write_bytes(PNG)
    (root / "birds" / "deep" / "er" / "two.png").write_bytes(PNG)
    (root / "birds" / "deep" / "clip.mp4").write_bytes(media.mp4())
    (root / "birds" / "more.tgz").write_bytes(ARCHIVE)
    (root / "birds" / ".hidden.png").write_bytes(PNG)
    (root / "birds" / "readme.md").write_text("# nothing")
    (root / "pack.tar.gz").write_bytes(ARCHIVE)
    (root / "single.png").write_bytes(PNG)
    (root / "links").mkdir()
    (root / "links" / "good.png").write_bytes(PNG)
    (root / "links" / "file.txt").symlink_to(base / "secret.txt")
    (root / "links" / "folder").symlink_to(base)
    (root / "links" / "inside.png").symlink_to(root / "single.png")
    os.mkfifo(root / "links" / "pipe.txt")
    (root / "sneaky").symlink_to(base)
    (root / "empty").mkdir()
    return root


class _Pack(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = {"/pack.tgz": ARCHIVE, "/a.png": PNG}.get(self.path)
        self.send_response(200 if body else 404)
        self.end_headers()
        self.wfile.write(body or b"nothing")

    def log_message(self, *args: object) -> None:
        return


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """A web site on loopback with an archive."""
    port = free_port()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), _Pack)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, folder: Path, site: str) -> Iterator[EmbeddedServer]:
    made = start_embedded(
        tmp_path_factory.mktemp("jobs"),
        EMBEDDED_SOURCE_DIR=str(folder),
        EMBEDDED_FETCH_ALLOWED=site.removeprefix("http://"),
    )
    yield made
    made.stop()


@pytest.fixture
def app(server: EmbeddedServer) -> EmbeddedApp:
    return server.new_app()


def post(app: EmbeddedApp, url: str, **more: Any) -> dict[str, Any]:
    """Post one data source; answers the job as printed, or the whole answer of a refusal."""
    body = app.call("POST", "inputs/data_sources", {"data_sources": [{"url": {"url": url}} | more]}).json()
    found: dict[str, Any] = body["inputs_add_jobs"][0] if "inputs_add_jobs" in body else body
    return found


def run(app: EmbeddedApp, url: str, **more: Any) -> tuple[dict[str, Any], list[str]]:
    """The ended job of a data source, and the ids of all inputs."""
    job = post(app, url, **more)
    assert job["status"]["code"] in (64000, 64001, 64002), job
    ended = packing.ended(app, job["id"])
    return ended, [one["id"] for one in app.ok("GET", "inputs", params={"per_page": 1000})["inputs"]]


@pytest.mark.parametrize(
    "form", ["birds", "birds/", "./birds", "file://{root}/birds", "file://localhost{root}/birds"]
)
def test_a_folder(app: EmbeddedApp, folder: Path, form: str) -> None:
    job, made = run(app, form.format(root=folder))
    assert made == ["one.png", "deep_clip.mp4", "deep_er_two.png", "in_a.png", "in_b.png"]
    assert packing.counts(job) == (0, 0, 5, 1)
    assert job["status"]["code"] == 64002
    assert job["status"]["details"].startswith("readme.md: is no picture")
    progress = job["extraction_jobs"][0]["progress"]
    assert (progress["completed_archives_count"], progress["image_inputs_count"]) == ("1", "4")
    assert job["extraction_jobs"][0]["url"] == form.format(root=folder)
    found = app.ok("GET", "inputs/deep_er_two.png")["input"]
    assert found["data"]["metadata"] == {"filename": "deep/er/two.png"}
    assert app.client.get(found["data"]["image"]["url"]).content == PNG


@pytest.mark.parametrize(
    ("url", "made"),
    [
        ("pack.tar.gz", ["in_a.png", "in_b.png"]),
        ("single.png", ["single.png"]),
        ("birds/deep/er", ["two.png"]),
        ("empty", []),
    ],
)
def test_files_and_empty_folders(app: EmbeddedApp, url: str, made: list[str]) -> None:
    job, found = run(app, url)
    assert found == made
    assert job["status"]["code"] == 64002
    assert packing.counts(job) == (0, 0, len(made), 0)


def test_the_whole_folder(app: EmbeddedApp) -> None:
    job, made = run(app, ".")
    assert "single.png" in made
    assert "secret" not in str(job) + str(made)


def test_links_are_not_followed(app: EmbeddedApp) -> None:
    job, made = run(app, "links")
    assert made == ["good.png"]
    assert packing.counts(job) == (
        0,
        0,
        1,
        3,
    )  # file.txt, inside.png, pipe.txt; a linked folder is not entered
    assert "is a link, or cannot be read" in job["status"]["details"]


OUTSIDE = [
    "..",
    "../secret.txt",
    "birds/../../secret.txt",
    "/etc/passwd",
    "file:///etc/passwd",
    "file://{root}/../secret.txt",
    "file://{root}/%2e%2e/secret.txt",
    "file://{root}2",
    "file://elsewhere{root}/birds",
    "file://{root}/birds?x=1",
    "sneaky",
    "sneaky/secret.txt",
    "links/file.txt",
    "links/folder/secret.txt",
    "links/pipe.txt",
    "none",
    "single.png/x",
    "ftp://example.org/a.zip",
]


@pytest.mark.parametrize("url", OUTSIDE)
def test_nothing_outside(app: EmbeddedApp, folder: Path, url: str) -> None:
    refused = post(app, url.format(root=folder))
    assert refused["status"]["code"] == 30104, refused
    assert "data_sources[0].url.url" in refused["status"]["details"]
    assert str(folder.parent) not in str(refused)
    assert app.ok("GET", "inputs/jobs/add")["inputs_add_jobs"] == []
    assert app.ok("GET", "inputs/jobs/extraction")["inputs_extraction_jobs"] == []


def test_a_folder_that_goes_away(app: EmbeddedApp, folder: Path) -> None:
    """A link that takes the place of a checked folder leads nowhere either."""
    place = folder / "swapped"
    for _ in range(5):
        place.mkdir()
        (place / "ok.png").write_bytes(PNG)
        job = post(app, "swapped", input_id_conflict_resolution="SKIP")
        place.rename(folder / "was")
        place.symlink_to(folder.parent)
        ended = packing.ended(app, job["id"])
        assert ended["status"]["code"] in (64002, 64003)
        place.unlink()
        (folder / "was" / "ok.png").unlink()
        (folder / "was").rmdir()
    made = {one["id"] for one in app.ok("GET", "inputs")["inputs"]}
    assert made <= {"ok.png"}


@pytest.mark.parametrize("url", ["s3://bucket/birds", "gs://b/x", "azure://c/x", "S3:/bucket/a.zip"])
def test_cloud_stores(app: EmbeddedApp, url: str) -> None:
    sources = [{"url": {"url": "birds"}}, {"url": {"url": url}}]
    assert app.call("POST", "inputs/data_sources", {"data_sources": sources}).status_code == 501
    response = app.call("POST", "inputs/data_sources", {"data_sources": sources[1:]})
    assert (response.status_code, response.json()["status"]["code"]) == (501, 10040)
    assert f"cloud stores ({url.partition(':')[0].lower()})" in response.json()["status"]["details"]
    assert app.ok("GET", "inputs/jobs/add")["inputs_add_jobs"] == []


def test_other_refusals(app: EmbeddedApp) -> None:
    credentials = {"s3_creds": {"id": "a", "secret": "b", "region": "c"}}
    bodies = {
        "data_sources[0].url.credentials": {"url": {"url": "birds", "credentials": credentials}},
        "data_sources[0].url.url: is required": {},
        "data_sources[0].url": {"url": "birds"},
        "input_id_conflict_resolution": {"url": {"url": "birds"}, "input_id_conflict_resolution": "MAYBE"},
        "data_sources[0].inputs_add_job_id": {"url": {"url": "birds"}, "inputs_add_job_id": "a b"},
    }
    for words, sent in bodies.items():
        refused = app.call("POST", "inputs/data_sources", {"data_sources": [sent]})
        assert refused.status_code == 400
        assert words in refused.text


def test_an_archive_by_address(app: EmbeddedApp, site: str) -> None:
    job, made = run(app, f"{site}/pack.tgz")
    assert made == ["in_a.png", "in_b.png"]
    assert packing.counts(job) == (0, 0, 2, 0)
    for path, words in (("/none", "answered 404"), ("/a.png", "is no zip, tar or tar.gz")):
        failed = packing.ended(app, post(app, site + path)["id"])
        assert failed["status"]["code"] == 64003
        assert words in failed["status"]["details"]
        assert failed["extraction_jobs"][0]["progress"]["failed_archives_count"] == "1"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/a.zip", "http://user:word@8.8.8.8/a.zip", "http://8.8.8.8:22/a.zip"]
)
def test_addresses_of_a_bad_form(app: EmbeddedApp, url: str) -> None:
    assert post(app, url)["status"]["code"] == 30106


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/a.zip", "http://[::1]/a.zip", "http://169.254.169.254/x.zip"]
)
def test_addresses_of_our_own_network(app: EmbeddedApp, url: str) -> None:
    failed = packing.ended(app, post(app, url)["id"])
    assert failed["status"]["code"] == 64003
    assert "this address is refused" in failed["status"]["details"]


def test_no_folder_is_open_by_itself(embedded_app: EmbeddedApp) -> None:
    refused = post(embedded_app, "birds")
    assert refused["status"]["code"] == 30104
    assert "EMBEDDED_SOURCE_DIR is not set" in refused["status"]["details"]
