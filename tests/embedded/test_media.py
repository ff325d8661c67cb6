"""Videos, sounds and texts: recognized by their bytes, described by their headers, hosted with ranges."""

import base64
import struct
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.support import media
from tests.support.embedded import EmbeddedApp, picture


def post(app: EmbeddedApp, **data: Any) -> dict[str, Any]:
    """Post one input with this data; answers it as printed, good or bad."""
    found: dict[str, Any] = app.call("POST", "inputs", {"inputs": [{"data": data}]}).json()["inputs"][0]
    return found


VIDEOS = {
    "MP4": (media.mp4(), "video/mp4"),
    "MOV": (media.mp4(brand=b"qt  "), "video/quicktime"),
    "WEBM": (media.webm(), "video/webm"),
    "OGG": (media.ogg(b"\x80theora"), "video/ogg"),
}
SOUNDS = {
    "WAV": (media.wav(), "audio/wav"),
    "FLAC": (media.flac(), "audio/flac"),
    "MP3": (media.mp3(), "audio/mpeg"),
    "OGG": (media.ogg(b"\x01vorbis"), "audio/ogg"),
}


@pytest.mark.parametrize(
    ("kind", "form"), [("video", name) for name in VIDEOS] + [("audio", name) for name in SOUNDS]
)
def test_every_format(embedded_app: EmbeddedApp, kind: str, form: str) -> None:
    content, content_type = (VIDEOS if kind == "video" else SOUNDS)[form]
    made = post(embedded_app, **{kind: {"base64": media.encoded(content)}, "metadata": {"n": 1}})
    assert made["status"]["code"] == 30000, made
    medium = made["data"][kind]
    assert medium[f"{kind}_info"][f"{kind}_format"] == form
    assert medium["hosted"]["sizes"] == ["orig"]
    assert medium["url"] == f"{medium['hosted']['prefix']}/orig/{medium['hosted']['suffix']}"
    assert "base64" not in medium
    assert "thumbnail_url" not in medium
    response = embedded_app.client.get(medium["url"])
    assert response.content == content
    assert response.headers["content-type"] == content_type
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in response.headers["content-security-policy"]
    assert response.headers["accept-ranges"] == "bytes"
    small = f"{medium['hosted']['prefix']}/small/{medium['hosted']['suffix']}"
    assert embedded_app.client.get(small).status_code == 404


def test_what_headers_say(embedded_app: EmbeddedApp) -> None:
    content = media.mp4(seconds=2.5, size=(640, 360), frames=75)
    info = post(embedded_app, video={"base64": media.encoded(content)})["data"]["video"]["video_info"]
    assert info == {
        "width": 640,
        "height": 360,
        "fps": 30.0,
        "video_format": "MP4",
        "bit_rate": round(len(content) * 8 / 2.5),
        "frame_count": 75,
        "duration_seconds": 2.5,
    }
    turned = post(embedded_app, video={"base64": media.encoded(media.mp4(size=(640, 360), turned=True))})
    assert turned["data"]["video"]["video_info"]["width"] == 360
    info = post(embedded_app, audio={"base64": media.encoded(media.wav(1.5, 8000))})["data"]["audio"][
        "audio_info"
    ]
    assert (info["sample_rate"], info["duration_seconds"]) == (8000, 1.5)
    info = post(embedded_app, audio={"base64": media.encoded(media.flac(3, 44100))})["data"]["audio"][
        "audio_info"
    ]
    assert (info["sample_rate"], info["duration_seconds"]) == (44100, 3.0)
    info = post(embedded_app, video={"base64": media.encoded(media.webm())})["data"]["video"]["video_info"]
    assert (info["width"], info["duration_seconds"], info["frame_count"]) == (0, 0.0, 0)


def broken_videos() -> dict[str, bytes]:
    """Files with honest first bytes and lies behind them."""
    good = media.mp4()
    endless = media.box(b"ftyp", b"isom", bytes(8)) + media.box(b"free") * 50_000
    return {
        "cut": good[: len(good) - 100],
        "first bytes only": media.box(b"ftyp", b"isom", bytes(4)),
        "size 0": good.replace(b"moov", b"free") + struct.pack(">I4s", 0, b"moov"),
        "size too small": media.box(b"ftyp", b"isom", bytes(8)) + struct.pack(">I4s", 3, b"moov"),
        "size beyond the end": media.box(b"ftyp", b"isom", bytes(8))
        + struct.pack(">I4sQ", 1, b"moov", 2**63),
        "no time scale": good.replace(struct.pack(">II", 1000, 2500), struct.pack(">II", 0, 2500)),
        "length unknown": good.replace(struct.pack(">II", 1000, 2500), struct.pack(">II", 1000, 2**32 - 1)),
        "many boxes": endless + media.mp4(),
        "box in itself": media.box(b"ftyp", b"isom", bytes(8))
        + media.box(b"moov", media.box(b"moov", media.box(b"trak", media.box(b"trak")))),
    }


@pytest.mark.parametrize("name", list(broken_videos()))
def test_broken_headers_leave_zeros(embedded_app: EmbeddedApp, name: str) -> None:
    made = post(embedded_app, video={"base64": media.encoded(broken_videos()[name])})
    assert made["status"]["code"] == 30000, made
    assert made["data"]["video"]["video_info"]["duration_seconds"] == 0.0
    assert made["data"]["video"]["video_info"]["fps"] == 0.0


def test_a_lying_wav(embedded_app: EmbeddedApp) -> None:
    good = media.wav(1.0, 8000)
    claims = good.replace(b"data" + struct.pack("<I", 16000), b"data" + struct.pack("<I", 2**32 - 1))
    assert claims != good
    info = post(embedded_app, audio={"base64": media.encoded(claims)})["data"]["audio"]["audio_info"]
    assert info["duration_seconds"] == 1.0
    silent = good.replace(struct.pack("<II", 8000, 16000), bytes(8))
    info = post(embedded_app, audio={"base64": media.encoded(silent)})["data"]["audio"]["audio_info"]
    assert (info["sample_rate"], info["duration_seconds"]) == (0, 0.0)


WRONG = [
    ("video", media.wav()),
    ("video", base64.b64decode(picture())),
    ("video", b"<html>"),
    ("video", b""),
    ("video", media.mp4(brand=b"heic")),
    ("video", media.mp4(brand=b"M4A ")),
    ("video", media.webm().replace(b"webm", b"mkv0")),
    ("video", media.ogg(b"\x01vorbis")),
    ("audio", media.mp4()),
    ("audio", media.ogg(b"\x80theora")),
    ("audio", media.ogg(b"nothing")),
    ("audio", b"\xff\xfb\xf0\x00" + bytes(400)),
    ("audio", b"\xff\xff\xff\xff" + bytes(400)),
    ("audio", b"RIFF\0\0\0\0AVI LIST"),
    ("image", media.mp4()),
]


@pytest.mark.parametrize(("kind", "content"), WRONG)
def test_what_is_something_else(embedded_app: EmbeddedApp, kind: str, content: bytes) -> None:
    made = post(
        embedded_app, **{kind: {"base64": media.encoded(content) or "====", "allow_duplicate_url": True}}
    )
    assert made["status"]["code"] in ((30101,) if content else (30101, 30104)), made
    assert f"inputs[0].data.{kind}" in made["status"]["details"]
    assert embedded_app.ok("GET", "inputs")["inputs"] == []


def test_one_medium_only(embedded_app: EmbeddedApp) -> None:
    both = post(embedded_app, text={"raw": "a"}, audio={"base64": media.encoded(media.wav())})
    assert both["status"]["code"] == 30104
    assert "exactly one of image, text, video and audio" in both["status"]["details"]
    assert post(embedded_app)["status"]["code"] == 30104


def test_the_medium_stays_when_an_input_is_patched(embedded_app: EmbeddedApp) -> None:
    made = post(embedded_app, video={"base64": media.encoded(media.mp4())})
    data = made["data"] | {"metadata": {"k": 1}}
    for action in ("merge", "overwrite"):
        body = {"action": action, "inputs": [{"id": made["id"], "data": data}]}
        after = embedded_app.ok("PATCH", "inputs", body)["inputs"][0]
        assert after["data"] == data
    unknown = {"action": "merge", "inputs": [{"id": made["id"], "data": {}}, {"id": "who", "data": {}}]}
    mixed = embedded_app.call("PATCH", "inputs", unknown).json()
    assert [one["status"]["code"] for one in mixed["inputs"]] == [30000, 30102]


def test_ranges(embedded_app: EmbeddedApp) -> None:
    content = media.mp4(padding=600_000)
    url = post(embedded_app, video={"base64": media.encoded(content)})["data"]["video"]["url"]
    size = len(content)

    def get(header: str, **more: str) -> tuple[int, bytes, str]:
        found = embedded_app.client.get(url, headers={"Range": header} | more)
        return found.status_code, found.content, found.headers.get("content-range", "")

    assert get("bytes=0-9") == (206, content[:10], f"bytes 0-9/{size}")
    assert get("bytes=100-") == (206, content[100:], f"bytes 100-{size - 1}/{size}")
    assert get("bytes=-7") == (206, content[-7:], f"bytes {size - 7}-{size - 1}/{size}")
    assert get(f"bytes=5-{size + 100}") == (206, content[5:], f"bytes 5-{size - 1}/{size}")
    assert get(f"bytes=-{size + 100}") == (206, content, f"bytes 0-{size - 1}/{size}")
    assert get(f"bytes=300000-{300000 + 270000}")[1] == content[300000:570001]
    for wrong in (f"bytes={size}-", "bytes=-0"):
        status, body, place = get(wrong)
        assert (status, body, place) == (416, b"", f"bytes */{size}")
    for ignored in (
        "bytes=9-5",
        "bytes=0-1,5-6",
        "bytes=-",
        "bytes=a-b",
        "lines=0-1",
        "bytes=" + "9" * 40 + "-",
    ):
        assert get(ignored)[:2] == (200, content)
    tag = embedded_app.client.get(url).headers["etag"]
    assert get("bytes=0-9", **{"If-Range": tag})[0] == 206
    assert get("bytes=0-9", **{"If-Range": '"another"'})[0] == 200
    head = embedded_app.client.head(url, headers={"Range": "bytes=0-9"})
    assert (head.status_code, head.headers["content-length"], head.content) == (206, "10", b"")


def test_manifest(embedded_app: EmbeddedApp) -> None:
    made = post(embedded_app, video={"base64": media.encoded(media.mp4(seconds=2.5))})
    address = embedded_app.ok("GET", f"inputs/{made['id']}/video_manifest")["manifest_url"]
    start, _, encoded = address.partition(",")
    assert start == "data:application/dash+xml;base64"
    manifest = ElementTree.fromstring(base64.b64decode(encoded))
    space = {"d": "urn:mpeg:dash:schema:mpd:2011"}
    assert manifest.attrib["mediaPresentationDuration"] == "PT2.500S"
    parts = manifest.findall("d:Period/d:AdaptationSet/d:Representation", space)
    assert [part.attrib["width"] for part in parts] == ["64"]
    assert parts[0].findtext("d:BaseURL", None, space) == made["data"]["video"]["url"]
    unknown = post(embedded_app, video={"base64": media.encoded(media.webm())})
    embedded_app.ok("GET", f"inputs/{unknown['id']}/video_manifest")
    embedded_app.add_inputs("a")
    refused = embedded_app.call("GET", "inputs/a/video_manifest")
    assert (refused.status_code, refused.json()["status"]["code"]) == (415, 30101)
    missing = embedded_app.call("GET", "inputs/none/video_manifest")
    assert (missing.status_code, missing.json()["status"]["code"]) == (404, 30102)


def test_text_and_its_count(embedded_app: EmbeddedApp) -> None:
    made = post(embedded_app, text={"raw": "zwei Rotkehlchen \N{BIRD}"})
    assert made["data"]["text"] == {
        "raw": "zwei Rotkehlchen \N{BIRD}",
        "text_info": {"char_count": 18, "encoding": "UTF-8"},
    }
    for raw in ("", " \n", "x" * 1_000_001):
        assert post(embedded_app, text={"raw": raw})["status"]["code"] in (30104, 30105)


def test_places(embedded_app: EmbeddedApp) -> None:
    geo = {"geo_point": {"longitude": 8.5, "latitude": -47.25}}
    made = post(embedded_app, text={"raw": "a"}, geo=geo)
    assert made["data"]["geo"] == geo
    for point in ({"longitude": 181}, {"latitude": 91}, {"latitude": "x"}):
        assert post(embedded_app, text={"raw": "a"}, geo={"geo_point": point})["status"]["code"] == 30104
    boxed = {"geo_box": [{"geo_point": {"longitude": 1, "latitude": 1}}, {"geo_point": {"longitude": 2}}]}
    refused = post(embedded_app, text={"raw": "a"}, geo=boxed)
    assert refused["status"]["code"] == 30104
    assert "data.geo.geo_box: is not supported here" in refused["status"]["details"]


def test_datasets(embedded_app: EmbeddedApp) -> None:
    embedded_app.ok("POST", "datasets", {"datasets": [{"id": "train"}, {"id": "test"}]})
    text = {"data": {"text": {"raw": "a"}}}
    inputs = [
        {"id": "a", "dataset_ids": ["train"], **text},
        {"id": "b", "dataset_ids": ["test", "train", "train"], **text},
        {"id": "c", "dataset_ids": ["who"], **text},
    ]
    mixed = embedded_app.call("POST", "inputs", {"inputs": inputs}).json()
    assert [one["status"]["code"] for one in mixed["inputs"]] == [30000, 30000, 30104]
    assert "inputs[2].dataset_ids[0]: no dataset who" in mixed["status"]["details"]
    members = embedded_app.ok("GET", "datasets/train/inputs")["dataset_inputs"]
    assert sorted(one["input"]["id"] for one in members) == ["a", "b"]
    assert len(embedded_app.ok("GET", "datasets/test/inputs")["dataset_inputs"]) == 1
    assert "dataset_ids" not in embedded_app.ok("GET", "inputs/b")["input"]
