"""Inputs over real HTTP: posting, hosting, listing, streaming, patching, deleting."""

import base64
import io
from typing import Any

import pytest
from PIL import Image

from tests.support.embedded import EmbeddedApp, EmbeddedServer, picture


def test_post_and_get(embedded_app: EmbeddedApp) -> None:
    sent = {
        "id": "img-1",
        "data": {
            "image": {"base64": picture((640, 480))},
            "concepts": [{"id": "rbc"}, {"id": "wbc", "value": 0}],
            "metadata": {"siteName": "north", "n": [1, None]},
        },
    }
    made = embedded_app.ok("POST", "inputs", {"inputs": [sent]})["inputs"][0]
    assert made["status"]["code"] == 30000
    assert made["data"]["concepts"] == [{"id": "rbc", "value": 1}, {"id": "wbc", "value": 0}]
    assert made["data"]["metadata"] == {"siteName": "north", "n": [1, None]}
    assert made["data"]["image"]["image_info"] == {
        "width": 640,
        "height": 480,
        "format": "PNG",
        "color_mode": "RGB",
    }
    assert embedded_app.ok("GET", "inputs/img-1")["input"] == made
    assert "base64" not in made["data"]["image"]


def test_the_input_level_annotation(embedded_app: EmbeddedApp) -> None:
    data = {"image": {"base64": picture()}, "concepts": [{"id": "rbc"}]}
    embedded_app.ok("POST", "inputs", {"inputs": [{"id": "a", "data": data}]})
    found = embedded_app.ok("GET", "annotations", params={"input_ids": "a"})["annotations"]
    assert len(found) == 1
    assert found[0]["input_level"] is True
    assert found[0]["data"] == {"concepts": [{"id": "rbc", "value": 1}]}
    assert found[0]["user_id"] == embedded_app.user_id


def test_hosted_sizes(embedded_app: EmbeddedApp) -> None:
    sent = {"id": "big", "data": {"image": {"base64": picture((2000, 1000))}}}
    image = embedded_app.ok("POST", "inputs", {"inputs": [sent]})["inputs"][0]["data"]["image"]
    hosted = image["hosted"]
    assert hosted["sizes"] == ["orig", "large", "small"]
    sizes = {}
    for size in hosted["sizes"]:
        response = embedded_app.client.get(f"{hosted['prefix']}/{size}/{hosted['suffix']}")
        assert response.status_code == 200
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "immutable" in response.headers["cache-control"]
        assert response.headers["content-type"] == ("image/png" if size == "orig" else "image/jpeg")
        sizes[size] = Image.open(io.BytesIO(response.content)).size
    assert sizes == {"orig": (2000, 1000), "large": (1600, 800), "small": (320, 160)}
    assert image["url"] == f"{hosted['prefix']}/orig/{hosted['suffix']}"


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_formats(embedded_app: EmbeddedApp, form: str) -> None:
    sent = {"id": form, "data": {"image": {"base64": picture(form=form)}}}
    image = embedded_app.ok("POST", "inputs", {"inputs": [sent]})["inputs"][0]["data"]["image"]
    assert image["image_info"]["format"] == form
    assert embedded_app.client.get(image["url"]).content == base64.b64decode(picture(form=form))


@pytest.mark.parametrize("mode", ["RGBA", "L", "P", "1", "I;16", "LA"])
def test_pixel_modes(embedded_app: EmbeddedApp, mode: str) -> None:
    sent = {"data": {"image": {"base64": picture(mode=mode)}}}
    made = embedded_app.ok("POST", "inputs", {"inputs": [sent]})["inputs"][0]
    hosted = made["data"]["image"]["hosted"]
    small = embedded_app.client.get(f"{hosted['prefix']}/small/{hosted['suffix']}")
    assert Image.open(io.BytesIO(small.content)).size == (40, 30)


def test_copies_carry_no_exif(embedded_app: EmbeddedApp) -> None:
    image = Image.new("RGB", (60, 40), (10, 20, 30))
    exif = image.getexif()
    exif[0x010E] = "secret place"
    exif[0x0112] = 6  # turned by 90 degrees
    target = io.BytesIO()
    image.save(target, "JPEG", exif=exif)
    sent = {"data": {"image": {"base64": base64.b64encode(target.getvalue()).decode()}}}
    made = embedded_app.ok("POST", "inputs", {"inputs": [sent]})["inputs"][0]["data"]["image"]
    assert (made["image_info"]["width"], made["image_info"]["height"]) == (40, 60)
    hosted = made["hosted"]
    for size in ("large", "small"):
        content = embedded_app.client.get(f"{hosted['prefix']}/{size}/{hosted['suffix']}").content
        assert b"secret place" not in content
        assert Image.open(io.BytesIO(content)).size == (40, 60)


def test_mixed_outcome(embedded_app: EmbeddedApp) -> None:
    embedded_app.add_inputs("a")
    inputs = [
        {"id": "a", "data": {"image": {"base64": picture()}}},
        {"id": "b", "data": {"image": {"base64": picture()}}},
        {"id": "c", "data": {"image": {"base64": base64.b64encode(b"<svg/>").decode()}}},
        {"id": "d", "data": {"image": {"base64": "%%%"}}},
        {"id": "b", "data": {"text": {"raw": "twice in one call"}}},
    ]
    response = embedded_app.call("POST", "inputs", {"inputs": inputs})
    assert response.status_code == 200
    body = response.json()
    assert body["status"]["code"] == 10010
    assert [one["status"]["code"] for one in body["inputs"]] == [30100, 30000, 30101, 30104, 30100]
    assert [one["id"] for one in body["inputs"]] == ["a", "b", "c", "d", "b"]
    again = embedded_app.call("POST", "inputs", {"inputs": inputs})
    assert again.status_code == 400
    assert again.json()["status"]["code"] == 10020


def test_text_inputs(embedded_app: EmbeddedApp) -> None:
    made = embedded_app.ok(
        "POST", "inputs", {"inputs": [{"id": "t", "data": {"text": {"raw": "zwei\nRoben"}}}]}
    )
    assert made["inputs"][0]["data"]["text"]["raw"] == "zwei\nRoben"


def test_pages_and_filters(embedded_app: EmbeddedApp) -> None:
    names = embedded_app.add_inputs(*(f"i{n}" for n in range(7)))
    seen = []
    for page in (1, 2, 3, 4):
        found = embedded_app.ok("GET", "inputs", params={"page": page, "per_page": 3})["inputs"]
        seen += [one["id"] for one in found]
    assert seen == names
    picked = embedded_app.ok("GET", "inputs", params={"ids": ["i3", "i5", "none"]})["inputs"]
    assert [one["id"] for one in picked] == ["i3", "i5"]
    assert (
        len(embedded_app.ok("GET", "inputs", params={"status.code": "INPUT_DOWNLOAD_SUCCESS"})["inputs"]) == 7
    )
    assert embedded_app.ok("GET", "inputs", params={"status.code": "30001"})["inputs"] == []
    counts = embedded_app.ok("GET", "inputs/status")["counts"]
    assert counts["processed"] == 7
    assert counts["errors"] == 0


@pytest.mark.parametrize("by_id", ["True", "false"])
@pytest.mark.parametrize("descending", ["1", "f"])
def test_stream(embedded_app: EmbeddedApp, by_id: str, descending: str) -> None:
    names = embedded_app.add_inputs("c", "a", "e", "b", "d")
    expected = sorted(names) if by_id == "True" else names
    expected = expected[::-1] if descending == "1" else expected
    seen: list[str] = []
    while True:
        params = {"per_page": 2, "order_by_id": by_id, "descending": descending}
        found = embedded_app.ok(
            "GET", "inputs/stream", params=params | ({"lastId": seen[-1]} if seen else {})
        )
        if not found["inputs"]:
            break
        seen += [one["id"] for one in found["inputs"]]
    assert seen == expected
    missing = embedded_app.call("GET", "inputs/stream", params={"last_id": "unknown"})
    assert (missing.status_code, missing.json()["status"]["code"]) == (404, 30102)


def test_patch(embedded_app: EmbeddedApp) -> None:
    embedded_app.add_inputs("a")
    before = embedded_app.ok("GET", "inputs/a")["input"]

    def patch(action: str, data: dict) -> dict:
        body = {"action": action, "inputs": [{"id": "a", "data": data}]}
        return embedded_app.ok("PATCH", "inputs", body)["inputs"][0]["data"]

    data = patch("merge", {"concepts": [{"id": "rbc", "value": 1}], "metadata": {"k": 1}})
    assert data["concepts"] == [{"id": "rbc", "value": 1}]
    data = patch("merge", {"concepts": [{"id": "rbc", "value": 0}, {"id": "wbc"}], "metadata": {"m": 2}})
    assert data["concepts"] == [{"id": "rbc", "value": 0}, {"id": "wbc", "value": 1}]
    assert data["metadata"] == {"k": 1, "m": 2}
    data = patch("remove", {"concepts": [{"id": "wbc"}]})
    assert data["concepts"] == [{"id": "rbc", "value": 0}]
    data = patch("overwrite", {"metadata": {"z": 1}})
    assert "concepts" not in data
    assert data["image"] == before["data"]["image"]
    level = embedded_app.ok("GET", "annotations", params={"input_ids": "a"})["annotations"][0]
    assert level["data"] == {"metadata": {"z": 1}}
    after = embedded_app.ok("GET", "inputs/a")["input"]
    assert after["modified_at"] > before["modified_at"]
    assert after["created_at"] == before["created_at"]


def test_delete(embedded_app: EmbeddedApp) -> None:
    embedded_app.add_inputs("a", "b", "c")
    embedded_app.annotate("a")
    address = embedded_app.ok("GET", "inputs/a")["input"]["data"]["image"]["url"]
    assert embedded_app.client.get(address).status_code == 200
    embedded_app.ok("DELETE", "inputs/a")
    assert embedded_app.client.get(address).status_code == 404
    gone = embedded_app.call("GET", "inputs/a")
    assert (gone.status_code, gone.json()["status"]["code"]) == (404, 30102)
    assert embedded_app.ok("GET", "annotations", params={"input_ids": "a"})["annotations"] == []
    half = embedded_app.call("DELETE", "inputs", {"ids": ["b", "unknown"]})
    assert half.status_code == 404
    assert len(embedded_app.ok("GET", "inputs")["inputs"]) == 2
    embedded_app.ok("DELETE", "inputs", {"ids": ["b", "c"]})
    assert embedded_app.ok("GET", "inputs")["inputs"] == []
    assert embedded_app.call("DELETE", "inputs", {"ids": []}).status_code == 400


def test_collaborators_change_inputs_only_when_their_scopes_say_so(embedded_app: EmbeddedApp) -> None:
    embedded_app.add_inputs("a", "b")
    assert len(embedded_app.ok("GET", "inputs", user="l-1")["inputs"]) == 2
    calls: list[tuple[str, str, Any]] = [
        ("POST", "inputs", {"inputs": [{"data": {"text": {"raw": "x"}}}]}),
        ("PATCH", "inputs", {"action": "merge", "inputs": [{"id": "a", "data": {"metadata": {"k": 1}}}]}),
        ("DELETE", "inputs", {"ids": ["a"]}),
        ("DELETE", "inputs/b", None),
    ]
    for method, route, body in calls:
        response = embedded_app.call(method, route, body, user="l-1")
        assert (response.status_code, response.json()["status"]["code"]) == (403, 11007)
    wider = {"user": {"id": "l-1"}, "scopes": ["All"]}
    embedded_app.ok("PATCH", "collaborators", {"action": "overwrite", "collaborators": [wider]})
    for method, route, body in calls:
        embedded_app.ok(method, route, body, user="l-1")


def test_lost_copies_are_drawn_anew(embedded_server: EmbeddedServer, embedded_app: EmbeddedApp) -> None:
    embedded_app.add_inputs("a")
    hosted = embedded_app.ok("GET", "inputs/a")["input"]["data"]["image"]["hosted"]
    address = f"{hosted['prefix']}/small/{hosted['suffix']}"
    before = embedded_app.client.get(address).content
    folder = embedded_server.data_dir / "embedded_media" / hosted["suffix"][:2]
    (folder / f"{hosted['suffix']}.small").write_bytes(b"")
    assert embedded_app.client.get(address).content == before
    (folder / f"{hosted['suffix']}.small").unlink()
    assert embedded_app.client.get(address).content == before


def test_conflict_resolution(embedded_app: EmbeddedApp) -> None:
    embedded_app.add_inputs("a")
    first = embedded_app.ok("GET", "inputs/a")["input"]
    inputs = [{"id": "a", "data": {"image": {"base64": picture((8, 8))}}}]
    skipped = embedded_app.ok("POST", "inputs", {"inputs": inputs, "input_id_conflict_resolution": "SKIP"})
    assert skipped["inputs"] == [first]
    longer = embedded_app.ok("POST", "inputs", {"inputs": inputs, "inputIdConflictResolution": 2})["inputs"][
        0
    ]
    assert longer["id"].startswith("a-")
    assert longer["data"]["image"]["image_info"]["width"] == 8
    bad = embedded_app.call("POST", "inputs", {"inputs": inputs, "input_id_conflict_resolution": "MAYBE"})
    assert bad.status_code == 400
