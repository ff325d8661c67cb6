"""Bad inputs: always the envelope, never a 5xx, and nothing that breaks a later list."""

import base64
import io
import json
import zlib

import httpx
import pytest
from PIL import Image

from tests.support.embedded import EmbeddedApp, EmbeddedServer, picture

ANNOTATION = '{"annotations":[{"input_id":"a","data":%s}]}'
BOX = '{"regions":[{"region_info":{"bounding_box":%s}}]}'


def box(text: str) -> bytes:
    return (ANNOTATION % (BOX % text)).encode()


def data(text: str) -> bytes:
    return (ANNOTATION % text).encode()


def nested(levels: int) -> bytes:
    return data('{"metadata":' + '{"a":' * levels + "1" + "}" * levels + "}")


PARSE, FIELD = 11100, 24155

# name, body of POST annotations, HTTP status, code of the answer or of its only item, words of the details
BODIES: list[tuple[str, bytes, int, int, str]] = [
    ("NaN", box('{"bottom_row":NaN,"right_col":1}'), 400, PARSE, "NaN"),
    ("Infinity", box('{"bottom_row":Infinity,"right_col":1}'), 400, PARSE, "Infinity"),
    ("-Infinity", box('{"top_row":-Infinity,"bottom_row":1,"right_col":1}'), 400, PARSE, "Infinity"),
    ("1e400", box('{"bottom_row":1e400,"right_col":1}'), 400, PARSE, "range"),
    ("number as text", box('{"bottom_row":"nan","right_col":1}'), 400, FIELD, "bottom_row"),
    ("boolean as number", box('{"bottom_row":true,"right_col":1}'), 400, FIELD, "bottom_row"),
    ("edge below 0", box('{"left_col":-0.01,"bottom_row":1,"right_col":1}'), 400, FIELD, "left_col"),
    ("edge above 1", box('{"bottom_row":1,"right_col":1.01}'), 400, FIELD, "right_col"),
    ("left of right", box('{"left_col":0.9,"bottom_row":1,"right_col":0.1}'), 400, FIELD, "right_col"),
    ("top under bottom", box('{"top_row":0.9,"bottom_row":0.1,"right_col":1}'), 400, FIELD, "bottom_row"),
    ("zero area", box('{"left_col":0.5,"bottom_row":1,"right_col":0.5}'), 400, FIELD, "right_col"),
    ("empty box", box("{}"), 400, FIELD, "bottom_row"),
    ("null edge", box('{"bottom_row":null,"right_col":1}'), 400, FIELD, "bottom_row"),
    ("box as list", box("[0,0,1,1]"), 400, FIELD, "bounding_box"),
    (
        "polygon of two",
        data('{"regions":[{"region_info":{"polygon":{"points":[{"row":0},{"row":1}]}}}]}'),
        *(400, FIELD, "points"),
    ),
    (
        "polygon on a line",
        data('{"regions":[{"region_info":{"polygon":{"points":[{"row":0},{"row":0.5},{"row":1}]}}}]}'),
        *(400, FIELD, "line"),
    ),
    (
        "polygon of equal points",
        data('{"regions":[{"region_info":{"polygon":{"points":[{"row":1},{"row":1},{"row":1}]}}}]}'),
        *(400, FIELD, "line"),
    ),
    (
        "polygon too long",
        data(
            '{"regions":[{"region_info":{"polygon":{"points":[' + ",".join(['{"row":1}'] * 10_001) + "]}}}]}"
        ),
        *(400, FIELD, "10000"),
    ),
    (
        "two shapes",
        data(
            '{"regions":[{"region_info":{"point":{"row":1},"bounding_box":{"bottom_row":1,"right_col":1}}}]}'
        ),
        *(400, FIELD, "one shape"),
    ),
    ("mask", data('{"regions":[{"region_info":{"mask":{"image":{}}}}]}'), 400, FIELD, "mask"),
    ("two regions", data('{"regions":[{"id":"x"},{"id":"y"}]}'), 400, FIELD, "one region"),
    ("region without shape", data('{"regions":[{"data":{}}]}'), 400, FIELD, "region_info"),
    ("two frames", data('{"frames":[{},{}]}'), 400, FIELD, "data.frames"),
    ("frame and region", data('{"frames":[{}],"regions":[{"id":"x"}]}'), 400, FIELD, "only one of"),
    ("frame time", data('{"frames":[{"frame_info":{"time":"soon"}}]}'), 400, FIELD, "frame_info.time"),
    ("segment", data('{"time_segments":[{"time_info":{"begin_time":2}}]}'), 400, FIELD, "time_info.end_time"),
    (
        "mask url",
        data('{"regions":[{"region_info":{"mask":{"image":{"url":"http://x/y.png"}}}}]}'),
        400,
        FIELD,
        "base64",
    ),
    ("unknown concept", data('{"concepts":[{"id":"who"}]}'), 400, FIELD, "data.concepts[0].id"),
    ("concept without id", data('{"concepts":[{"value":1}]}'), 400, FIELD, "concepts[0].id"),
    ("concept twice", data('{"concepts":[{"id":"rbc"},{"id":"rbc"}]}'), 400, FIELD, "twice"),
    ("value above 1", data('{"concepts":[{"id":"rbc","value":2}]}'), 400, FIELD, "value"),
    ("value below 0", data('{"concepts":[{"id":"rbc","value":-1}]}'), 400, FIELD, "value"),
    ("value as text", data('{"concepts":[{"id":"rbc","value":"1"}]}'), 400, FIELD, "value"),
    ("concepts as object", data('{"concepts":{"id":"rbc"}}'), 400, FIELD, "concepts"),
    ("concept as text", data('{"concepts":["rbc"]}'), 400, FIELD, "concepts[0]"),
    ("data as list", data("[1]"), 400, FIELD, "data"),
    ("data as text", data('"x"'), 400, FIELD, "data"),
    ("empty text", data('{"text":{"raw":"  "}}'), 400, FIELD, "raw"),
    ("metadata as text", data('{"metadata":"x"}'), 400, FIELD, "metadata"),
    ("metadata too large", data('{"metadata":{"a":"' + "x" * 70_000 + '"}}'), 400, FIELD, "metadata"),
    ("place out of range", data('{"geo":{"geo_point":{"longitude":181}}}'), 400, FIELD, "geo"),
    ("null in a list", data('{"concepts":[null]}'), 400, PARSE, "null"),
    ("depth 33", nested(33), 400, PARSE, "32"),
    ("depth 1,000", nested(1000), 400, PARSE, "32"),
    ("depth 100,000", nested(100_000), 400, PARSE, "32"),
    ("lists 100,000 deep", b"[" * 100_000, 400, PARSE, "32"),
    ("lone surrogate", data('{"metadata":{"a":"\\ud800"}}'), 400, PARSE, "surrogate"),
    ("lone surrogate in a key", data('{"metadata":{"\\udfff":1}}'), 400, PARSE, "surrogate"),
    ("NUL", data('{"metadata":{"a":"\\u0000"}}'), 400, PARSE, "NUL"),
    ("raw control character", data('{"metadata":{"a":"\x01"}}'), 400, PARSE, "JSON"),
    ("same key twice", b'{"annotations":[],"annotations":[]}', 400, PARSE, "twice"),
    ("both spellings", b'{"annotations":[{"input_id":"a","inputId":"a"}]}', 400, PARSE, "two spellings"),
    ("5,000 digits", data('{"metadata":{"a":' + "9" * 5000 + "}}"), 400, PARSE, "integer"),
    ("2**64", data('{"metadata":{"a":18446744073709551616}}'), 400, PARSE, "integer"),
    ("bad UTF-8", data('{"metadata":{"a":"') + b'\xff"}}', 400, PARSE, "UTF-8"),
    ("UTF-16", '{"annotations":[]}'.encode("utf-16"), 400, PARSE, "UTF-8"),
    ("byte order mark", b"\xef\xbb\xbf{}", 400, PARSE, "JSON"),
    ("empty body", b"", 400, FIELD, "annotations"),
    ("not JSON", b"{", 400, PARSE, "JSON"),
    ("trailing text", b"{} x", 400, PARSE, "JSON"),
    ("null", b"null", 400, PARSE, "object"),
    ("list", b"[]", 400, PARSE, "object"),
    ("number", b"1", 400, PARSE, "object"),
    ("text", b'"x"', 400, PARSE, "object"),
    ("no annotations", b'{"annotations":[]}', 400, FIELD, "1 to 128"),
    ("annotations as object", b'{"annotations":{}}', 400, FIELD, "list"),
    ("annotation as text", b'{"annotations":["x"]}', 400, FIELD, "annotations[0]"),
    (
        "129 annotations",
        b'{"annotations":[' + b",".join([b'{"input_id":"a"}'] * 129) + b"]}",
        400,
        FIELD,
        "128",
    ),
    ("no input id", b'{"annotations":[{}]}', 400, FIELD, "input_id"),
    ("input id as number", b'{"annotations":[{"input_id":1}]}', 400, FIELD, "input_id"),
    ("unknown input", b'{"annotations":[{"input_id":"zz"}]}', 400, 30102, "input_id"),
    ("id with quotes", b'{"annotations":[{"input_id":"a","id":"x\\"y"}]}', 400, FIELD, "id"),
    ("id too long", b'{"annotations":[{"input_id":"a","id":"' + b"x" * 129 + b'"}]}', 400, FIELD, "id"),
    ("id with a slash", b'{"annotations":[{"input_id":"a","id":"../x"}]}', 400, FIELD, "id"),
    ("unknown status", b'{"annotations":[{"input_id":"a","status":{"code":1}}]}', 400, FIELD, "status.code"),
    ("status of a task", b'{"annotations":[{"input_id":"a","status":{"code":54001}}]}', 400, FIELD, "status"),
    ("status as text", b'{"annotations":[{"input_id":"a","status":"done"}]}', 400, FIELD, "status"),
    ("foreign author", b'{"annotations":[{"input_id":"a","user_id":"nobody"}]}', 400, FIELD, "user_id"),
    (
        "info as list",
        b'{"annotations":[{"input_id":"a","annotation_info":[]}]}',
        400,
        FIELD,
        "annotation_info",
    ),
    ("task id as list", b'{"annotations":[{"input_id":"a","task_id":["t"]}]}', 400, FIELD, "task_id"),
]


def assert_envelope(response: httpx.Response) -> dict:
    assert response.headers["content-type"] == "application/json"
    body: dict = response.json()
    assert isinstance(body["status"]["code"], int)
    assert body["status"]["description"]
    assert body["status"]["req_id"]
    assert response.status_code < 500
    return body


@pytest.fixture(scope="module")
def app(embedded_server: EmbeddedServer) -> EmbeddedApp:
    app = embedded_server.new_app(workers=["l-1"], concepts=["rbc", "wbc"])
    app.add_inputs("a")
    return app


def raw(app: EmbeddedApp, content: bytes, method: str = "POST", route: str = "annotations") -> httpx.Response:
    headers = {"Content-Type": "application/json"}
    return app.call(method, route, headers=headers, content=content)


@pytest.mark.parametrize(("name", "content", "http", "code", "words"), BODIES, ids=[row[0] for row in BODIES])
def test_bad_bodies(app: EmbeddedApp, name: str, content: bytes, http: int, code: int, words: str) -> None:
    before = app.ok("GET", "annotations")["annotations"]
    response = raw(app, content)
    body = assert_envelope(response)
    assert response.status_code == http, body
    status = body["status"]
    if status["code"] == 10020:
        status = body["annotations"][0]["status"]
    assert status["code"] == code, body
    assert words in status["details"]
    assert app.ok("GET", "annotations")["annotations"] == before


@pytest.mark.parametrize(
    ("method", "route"),
    [
        ("POST", "inputs"),
        ("PATCH", "inputs"),
        ("DELETE", "inputs"),
        ("POST", "concepts"),
        ("PATCH", "concepts"),
        ("PATCH", "annotations"),
        ("DELETE", "annotations"),
        ("POST", "annotations/searches"),
        ("POST", "collaborators"),
        ("DELETE", "collaborators"),
    ],
)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"null",
        b"[]",
        b"{",
        b"\xff",
        b'{"action":"merge","inputs":[{}],"concepts":[{}],"annotations":[{}],"searches":[1],"ids":[{}]}',
        b'{"action":"merge","inputs":"x","concepts":1,"annotations":{},"searches":{},"ids":7,"collaborators":[[]]}',
        b'{"action":"overwrite","inputs":[{"id":{}}],"concepts":[{"id":"rbc","name":[]}],"annotations":[{"id":[],'
        b'"input_id":"a"}],"ids":[1],"input_ids":["a"],"searches":[{"query":[]}],"collaborator_ids":["x"]}',
        b'{"searches":[{"query":{"filters":[{"annotation":{"data":{"concepts":[{}]}}}]}}],"ids":["\\u0130"],'
        b'"input_ids":["x"],"collaborators":[{"user":"x"}],"inputs":[{"data":{"image":"x"}}]}',
        b'{"searches":[{"query":{"filters":[{"last_updated_time_range":{"start_time":"9999-99"}}]}}],'
        b'"pagination":{"per_page":-1},"inputs":[{"data":{"image":{"base64":{}}}}],"collaborator_ids":[5]}',
    ],
)
def test_bad_bodies_everywhere(app: EmbeddedApp, method: str, route: str, content: bytes) -> None:
    response = raw(app, content, method, route)
    assert_envelope(response)
    assert 400 <= response.status_code < 500


@pytest.mark.parametrize(
    "params",
    [
        {"page": "-1"},
        {"page": "x"},
        {"page": "1.5"},
        {"page": "٣"},
        {"page": "99999999999999999999"},
        {"per_page": "1001"},
        {"per_page": "-5"},
        {"per_page": "1 OR 1=1"},
        {"ids": "a/b"},
        {"ids": ["x", "y"], "input_ids": "a"},
        {"input_ids": "a\x00"},
        {"user_ids": "'; DROP TABLE x"},
        {"statuses": "code"},
        {"statuses.code": "nothing"},
        {"statuses.code": "30000"},
        {"list_all_annotations": "yes"},
        {"task_id": "x" * 1001},
    ],
)
def test_bad_queries(app: EmbeddedApp, params: dict) -> None:
    response = app.call("GET", "annotations", params=params)
    body = assert_envelope(response)
    assert response.status_code == 400
    assert any(name.split(".")[0] in body["status"]["details"] for name in params)


def test_far_pages_are_empty(app: EmbeddedApp) -> None:
    assert app.ok("GET", "annotations", params={"page": 10**9, "per_page": 1000})["annotations"] == []
    assert app.ok("GET", "inputs", params={"page": 10**9, "per_page": 1000})["inputs"] == []


def test_zero_means_not_set(app: EmbeddedApp) -> None:
    assert len(app.ok("GET", "inputs", params={"page": "0", "per_page": "0"})["inputs"]) == 1


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data"],
)
def test_wrong_media_type(app: EmbeddedApp, content_type: str) -> None:
    response = app.call("POST", "annotations", headers={"Content-Type": content_type}, content=b"{}")
    assert_envelope(response)
    assert response.status_code == 415


@pytest.mark.parametrize("charset", ["bogus", "utf-7", "rot13", "utf-16"])
def test_wrong_charset(app: EmbeddedApp, charset: str) -> None:
    headers = {"Content-Type": f"application/json; charset={charset}"}
    response = app.call("POST", "annotations", headers=headers, content=b"{}")
    assert_envelope(response)
    assert response.status_code == 415


def test_oversize(app: EmbeddedApp) -> None:
    response = raw(app, b'{"x":"' + b"x" * (8 * 1024 * 1024) + b'"}')
    body = assert_envelope(response)
    assert (response.status_code, body["status"]["code"]) == (413, 40033)
    assert raw(app, b'{"x":"' + b"x" * (9 * 1024 * 1024) + b'"}', route="inputs").status_code == 400


def test_chunked_bodies_are_refused_clearly(app: EmbeddedApp) -> None:
    response = app.call(
        "POST", "annotations", headers={"Content-Type": "application/json"}, content=iter([b"{", b"}"])
    )
    assert_envelope(response)
    assert response.status_code == 411


@pytest.mark.parametrize("method", ["PUT", "OPTIONS", "TRACE", "PROPFIND", "BREW"])
def test_wrong_verb(app: EmbeddedApp, method: str) -> None:
    response = app.call(method, "annotations")
    body = assert_envelope(response)
    assert (response.status_code, body["status"]["code"]) == (405, 11103)


def test_method_override_is_ignored(app: EmbeddedApp) -> None:
    headers = {"X-HTTP-Method-Override": "DELETE", "Content-Type": "application/json"}
    response = app.call("POST", "annotations", headers=headers, content=b'{"input_ids":["a"]}')
    assert response.status_code == 400
    assert len(app.ok("GET", "annotations")["annotations"]) == 1


def test_foreign_host_header(app: EmbeddedApp) -> None:
    response = app.call("GET", "annotations", headers={"Host": "evil.example"})
    assert_envelope(response)
    assert response.status_code == 400


def png_claiming(width: int, height: int) -> bytes:
    """A tiny PNG whose header claims a huge size."""
    target = io.BytesIO()
    Image.new("L", (1, 1)).save(target, "PNG")
    raw_png = bytearray(target.getvalue())
    raw_png[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    raw_png[29:33] = zlib.crc32(bytes(raw_png[12:29])).to_bytes(4, "big")
    return bytes(raw_png)


PICTURES = [
    ("svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", 30101),
    ("html", b"<html><script>alert(1)</script>", 30101),
    ("pdf", b"%PDF-1.4", 30101),
    ("empty zip", b"PK\x05\x06" + b"\x00" * 18, 30101),
    ("cut png", base64.b64decode(picture())[:-30], 30300),
    ("claims 50,000 x 50,000", png_claiming(50_000, 50_000), 30105),
    ("claims 2**31 - 1", png_claiming(2**31 - 1, 2**31 - 1), 30105),
    ("gif header only", b"GIF89a", 30101),
]


@pytest.mark.parametrize(("name", "content", "code"), PICTURES, ids=[row[0] for row in PICTURES])
def test_bad_pictures(app: EmbeddedApp, name: str, content: bytes, code: int) -> None:
    sent = {"inputs": [{"id": "p", "data": {"image": {"base64": base64.b64encode(content).decode()}}}]}
    body = assert_envelope(app.call("POST", "inputs", sent))
    assert body["inputs"][0]["status"]["code"] == code, body
    assert [one["id"] for one in app.ok("GET", "inputs")["inputs"]] == ["a"]


def test_a_picture_that_is_also_html(app: EmbeddedApp) -> None:
    content = base64.b64decode(picture(form="GIF")) + b"<script>alert(1)</script>"
    sent = {"id": "poly", "data": {"image": {"base64": base64.b64encode(content).decode()}}}
    image = app.ok("POST", "inputs", {"inputs": [sent]})["inputs"][0]["data"]["image"]
    response = app.client.get(image["url"], headers={"Accept": "text/html"})
    assert response.headers["content-type"] == "image/gif"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in response.headers["content-security-policy"]
    small = app.client.get(image["hosted"]["prefix"] + "/small/" + image["hosted"]["suffix"])
    assert b"script" not in small.content
    app.ok("DELETE", "inputs/poly")


@pytest.mark.parametrize(
    "path",
    [
        "/media/orig/..%2f..%2fembedded.sqlite3",
        "/media/orig/%2e%2e/%2e%2e/embedded.sqlite3",
        "/media/huge/" + "0" * 40 + ".png",
        "/media/orig/" + "0" * 40 + ".exe",
        "/media/orig/" + "0" * 40 + ".png",
        "/media/orig/" + "A" * 40 + ".png",
        "/media/orig/" + "0" * 40 + ".png%00",
    ],
)
def test_media_paths(app: EmbeddedApp, path: str) -> None:
    response = app.client.get(path)
    assert_envelope(response)
    assert response.status_code == 404


def test_words_of_the_browser_are_plain_data(app: EmbeddedApp) -> None:
    odd = {"__proto__": {"x": 1}, "constructor": "<script>alert(1)</script>", "\u2028": "👩‍👩‍👧"}
    made = app.annotate("a", data={"metadata": odd})
    assert made["data"]["metadata"] == odd
    assert json.loads(app.call("GET", "annotations").content)["annotations"][-1]["data"]["metadata"] == odd
    app.ok("DELETE", f"inputs/a/annotations/{made['id']}")
