"""Archives that mean harm, and archives that are broken: refused or counted as failed, and the server goes on."""

import base64
import gzip
import io
import random
import struct
import tarfile
import zipfile

import pytest

from tests.support import media, packing
from tests.support.embedded import EmbeddedApp, EmbeddedServer, picture

PNG = base64.b64decode(picture())
GOOD = {"good.png": PNG}


def outcome(app: EmbeddedApp, content: bytes) -> tuple[int, int, int, str]:
    """State of the job, inputs made, members failed, and what the job tells."""
    job = packing.upload(app, content)
    pending, running, succeeded, failed = packing.counts(job)
    assert (pending, running) == (0, 0), job
    found = app.ok("GET", "inputs", params={"per_page": 1000})["inputs"]
    assert len(found) == succeeded
    return job["status"]["code"], succeeded, failed, job["status"].get("details", "")


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, target
    return made


NAMES = ["../out.png", "/etc/out.png", "a/../../out.png", "..\\out.png", "a/./../../../out.png"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["zip", "tar"])
def test_names_that_lead_out(
    embedded_app: EmbeddedApp, embedded_server: EmbeddedServer, name: str, form: str
) -> None:
    pack = packing.zipped if form == "zip" else packing.tarred
    result = outcome(embedded_app, pack({name: PNG} | GOOD))
    assert result[:3] == (64002, 1, 1)
    assert "its name leads out of the archive" in result[3]
    assert not list(embedded_server.data_dir.parent.rglob("out.png*"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_in_a_tar(embedded_app: EmbeddedApp, kind: bytes) -> None:
    result = outcome(embedded_app, packing.tarred(GOOD, link("a.txt", "/etc/passwd", kind)))
    assert result[:3] == (64002, 1, 1)
    assert "a.txt: is a link or no plain file" in result[3]


def test_a_link_in_a_zip(embedded_app: EmbeddedApp) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        info = zipfile.ZipInfo("a.txt")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
        archive.writestr("good.png", PNG)
    result = outcome(embedded_app, target.getvalue())
    assert result[:3] == (64002, 1, 1)
    assert "is a link" in result[3]


def test_a_bomb_in_a_zip(embedded_app: EmbeddedApp, embedded_server: EmbeddedServer) -> None:
    # Videos of 40 MB each in an archive of 120 KB: none is too large by itself.
    video = media.mp4() + media.box(b"free", bytes(40 * 1024 * 1024))
    content = packing.zipped({f"{n}.mp4": video for n in range(3)})
    assert len(content) < 200_000
    state, made, failed, details = outcome(embedded_app, content)
    assert (state, made, failed) == (64003, 0, 3)
    assert "far more than its size" in details
    # What was read before is not left behind.
    assert not list((embedded_server.data_dir / "embedded_media").rglob("*.mp4.orig"))


def test_a_bomb_in_a_tar_gz(embedded_app: EmbeddedApp, embedded_server: EmbeddedServer) -> None:
    content = gzip.compress(packing.tarred(GOOD) + bytes(100 * 1024 * 1024), 9)
    state, made, _, details = outcome(embedded_app, content)
    assert (state, made) == (64003, 0)
    assert "far more than its size" in details
    largest = max(path.stat().st_size for path in embedded_server.data_dir.rglob("*") if path.is_file())
    assert largest < 50 * 1024 * 1024


def test_a_picture_that_is_a_bomb(embedded_app: EmbeddedApp) -> None:
    large = base64.b64decode(picture((8000, 6000), mode="1", shade=0))
    state, made, failed, details = outcome(embedded_app, packing.zipped({"large.png": large} | GOOD))
    assert (state, made, failed) == (64002, 1, 1)
    assert "pixels" in details


def test_a_member_that_is_too_large(embedded_app: EmbeddedApp) -> None:
    text = b"a" * (4 * 1024 * 1024 + 1)
    state, made, failed, details = outcome(embedded_app, packing.zipped({"a.txt": text} | GOOD))
    assert (state, made, failed) == (64002, 1, 1)
    assert details == "a.txt: the file (text) has more than 4194304 bytes"


def test_headers_that_lie_about_sizes(embedded_app: EmbeddedApp) -> None:
    content = bytearray(packing.zipped({"good.png": PNG, "b.txt": b"hello"}, zipfile.ZIP_STORED))
    place = content.rindex(b"PK\x01\x02")
    struct.pack_into("<I", content, place + 24, 2**31)  # b.txt unpacks to 2 GB, says the table of contents
    job = packing.upload(embedded_app, bytes(content))
    assert packing.counts(job) == (0, 0, 2, 0)
    assert embedded_app.ok("GET", "inputs/b.txt")["input"]["data"]["text"]["raw"] == "hello"
    struct.pack_into("<I", content, place + 24, 3)
    job = packing.upload(embedded_app, bytes(content), input_id_conflict_resolution="SUFFIX")
    assert packing.counts(job) == (0, 0, 1, 1)
    assert job["status"]["details"] == "b.txt: cannot be read"


def test_a_table_of_contents_that_is_too_long(embedded_app: EmbeddedApp) -> None:
    many = packing.zipped({f"{n:06}": b"" for n in range(50_001)}, zipfile.ZIP_STORED)
    state, made, _, details = outcome(embedded_app, many)
    assert (state, made) == (64003, 0)
    assert "50000 members" in details
    entry = b"PK\x01\x02" + bytes(42)
    table = entry * (9 * 1024 * 1024 // 46)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(table), 4, 0)
    state, made, _, details = outcome(embedded_app, b"PK\x03\x04" + table + end)
    assert (state, made) == (64003, 0)
    assert "header of the archive is too long" in details


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.XGLTYPE])
def test_a_header_in_a_tar_that_is_too_long(embedded_app: EmbeddedApp, kind: bytes) -> None:
    header = tarfile.TarInfo("pax")
    header.type, header.size = kind, 20 * 1024 * 1024
    content = gzip.compress(header.tobuf(tarfile.GNU_FORMAT) + bytes(20 * 1024 * 1024) + packing.tarred(GOOD))
    state, made, _, details = outcome(embedded_app, content)
    assert (state, made) == (64003, 0)
    assert "header of the archive is too long" in details


def test_a_chain_of_headers_in_a_tar(embedded_app: EmbeddedApp) -> None:
    header = tarfile.TarInfo("pax")
    header.type, header.size = tarfile.XHDTYPE, 0
    content = gzip.compress(header.tobuf(tarfile.GNU_FORMAT) * 20_000 + packing.tarred(GOOD))
    state, _, _, _ = outcome(embedded_app, content)
    assert state in (64002, 64003)


def test_a_sparse_member(embedded_app: EmbeddedApp) -> None:
    header = tarfile.TarInfo("holes.txt")
    header.pax_headers = {"GNU.sparse.map": "0,1", "GNU.sparse.size": str(2**40), "GNU.sparse.numblocks": "1"}
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as archive:
        header.size = 1
        archive.addfile(header, io.BytesIO(b"x"))
    state, made, failed, _ = outcome(embedded_app, target.getvalue())
    assert (state, made, failed) == (64003, 0, 1)


def test_unusual_packing(embedded_app: EmbeddedApp) -> None:
    result = outcome(embedded_app, packing.zipped(GOOD, zipfile.ZIP_LZMA))
    assert result == (64003, 0, 1, "good.png: is packed in an unusual way")


def test_encrypted_members(embedded_app: EmbeddedApp) -> None:
    content = bytearray(packing.zipped(GOOD, zipfile.ZIP_STORED))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + at] |= 1
    assert outcome(embedded_app, bytes(content))[3] == "good.png: is encrypted"


def test_what_is_no_input(embedded_app: EmbeddedApp) -> None:
    files = {
        "a.svg": b"<svg onload='x()'/>",
        "b.html": b"<html>",
        "inner.zip": packing.zipped(GOOD),
        "c.txt": b"\xff\xfe\xff",
        "d.txt": b"  \n",
        "e.png": PNG[:60],
        "empty": b"",
        ".hidden.png": PNG,
        "__MACOSX/x.png": PNG,
        "dir/.DS_Store": b"x",
    }
    state, made, failed, details = outcome(embedded_app, packing.zipped(files | GOOD))
    assert (state, made, failed) == (64002, 1, 7)
    assert details.startswith("a.svg: is no picture, video, sound or text")


@pytest.mark.parametrize(
    "content",
    [
        b"x",
        PNG,
        b"PK\x03\x04" + bytes(100),
        b"PK\x05\x06" + bytes(18),
        b"\x1f\x8b" + bytes(100),
        gzip.compress(b"no tar", mtime=0),
        gzip.compress(packing.tarred(GOOD), mtime=0)[:-40],
        packing.zipped(GOOD)[:-30],
        bytes(257) + b"ustar" + bytes(300),
    ],
    ids=[
        "a letter",
        "a picture",
        "zip head",
        "empty zip",
        "gzip head",
        "gzip",
        "cut gzip",
        "cut zip",
        "tar head",
    ],
)
def test_broken_archives(embedded_app: EmbeddedApp, content: bytes) -> None:
    state, made, _, details = outcome(embedded_app, content)
    assert made == 0
    assert state == 64003 or content.startswith(b"PK\x05\x06")  # an archive of nothing is none that failed
    assert details or state == 64002


def test_a_cut_member(embedded_app: EmbeddedApp) -> None:
    content = bytearray(packing.zipped({"a.wav": media.wav(), "good.png": PNG}))
    content[60:80] = bytes(20)
    state, made, failed, details = outcome(embedded_app, bytes(content))
    assert (state, made, failed) == (64002, 1, 1)
    assert details == "a.wav: cannot be read"
    whole = packing.tarred({"good.png": PNG, "z.wav": media.wav(4)})
    half = whole[: len(whole) // 2]
    job = packing.upload(embedded_app, half, input_id_conflict_resolution="SKIP")
    assert (job["status"]["code"], packing.counts(job)) == (64003, (0, 0, 0, 0))
    assert "broken" in job["status"]["details"]


def test_random_bytes_in_archives(embedded_app: EmbeddedApp) -> None:
    chance = random.Random(7)
    whole = {
        "zip": packing.zipped({f"{n}.png": PNG for n in range(3)}),
        "tar": packing.tarred({"a.png": PNG}),
    }
    for content in whole.values():
        for _ in range(12):
            changed = bytearray(content)
            for _ in range(6):
                changed[chance.randrange(4, len(changed))] = chance.randrange(256)
            job = packing.upload(embedded_app, bytes(changed), input_id_conflict_resolution="SUFFIX")
            assert job["status"]["code"] in (64002, 64003)
            assert packing.counts(job)[:2] == (0, 0)


def test_names_become_ids(embedded_app: EmbeddedApp) -> None:
    names = {
        "a b/ü.png": "a_b__.png",
        "-x.png": "_-x.png",
        "stream": "",
        "n" * 200 + ".png": "",
        "a\u202eb.png": "a_b.png",
    }
    state, made, failed, _ = outcome(embedded_app, packing.zipped(dict.fromkeys(names, PNG)))
    assert (state, made, failed) == (64002, 5, 0)
    found = {
        one["data"]["metadata"]["filename"]: one["id"] for one in embedded_app.ok("GET", "inputs")["inputs"]
    }
    assert [found["a b/ü.png"], found["-x.png"]] == ["a_b__.png", "_-x.png"]
    assert found["stream"] not in ("stream", "")
    assert all(len(one) <= 128 for one in found.values())
    assert "a_b.png" in found
