"""Small pictures: bounded, upright, without what the file said beside its pixels."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from dashboard.sync.services.thumbnails import TooLarge, smaller

RED, BLUE = (220, 20, 20), (20, 20, 220)


def picture(width=1000, height=500, mode="RGB", form="PNG", orientation=1, comment=b""):
    """Its left half is red, its right half blue."""
    made = Image.new("RGB", (width, height), RED)
    made.paste(BLUE, (width // 2, 0, width, height))
    made = made.convert(mode)
    out = io.BytesIO()
    more = {}
    if orientation != 1 or comment:
        exif = Image.Exif()
        exif[0x0112] = orientation
        exif[0x010E] = comment.decode()
        more["exif"] = exif
    made.save(out, form, **more)
    return out.getvalue()


def opened(body):
    assert body is not None
    return Image.open(io.BytesIO(body))


def near(pixel, colour):
    return all(abs(one - other) < 30 for one, other in zip(pixel[:3], colour, strict=True))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
@pytest.mark.parametrize("limit", [320, 160])
def test_no_side_is_longer_than_asked_and_the_proportion_stays(form, limit):
    made = opened(smaller(picture(form=form), limit))
    assert made.size == (limit, limit // 2)
    assert made.format == "JPEG"
    assert near(made.convert("RGB").getpixel((2, 2)), RED)
    assert near(made.convert("RGB").getpixel((limit - 3, 2)), BLUE)


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK"])
def test_other_kinds_of_pixels_come_through(mode):
    form = "JPEG" if mode == "CMYK" else "PNG"
    assert opened(smaller(picture(mode=mode, form=form), 320)).size == (320, 160)


def test_transparency_is_kept():
    made = Image.new("RGBA", (800, 800), (0, 0, 0, 0))
    out = io.BytesIO()
    made.save(out, "PNG")
    small = opened(smaller(out.getvalue(), 320))
    assert (small.format, small.mode) == ("WEBP", "RGBA")
    assert small.getpixel((10, 10))[3] == 0


def test_what_is_small_and_upright_is_left_alone():
    assert smaller(picture(320, 200), 320) is None
    assert smaller(picture(321, 200), 320) is not None


def test_what_is_not_a_picture_of_ours_is_left_alone():
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
    cut = picture()[:200]
    deep = io.BytesIO()
    Image.new("I;16", (900, 900)).save(deep, "PNG")
    tiff = io.BytesIO()
    Image.new("RGB", (900, 900)).save(tiff, "TIFF")
    for body in (b"", b"\x89PNG\r\n\x1a\nhttps://x", svg, cut, deep.getvalue(), tiff.getvalue()):
        assert smaller(body, 320) is None


@pytest.mark.parametrize(
    ("orientation", "size", "first"),
    [(1, (320, 160), RED), (3, (320, 160), BLUE), (6, (160, 320), RED), (8, (160, 320), BLUE)],
)
def test_a_turned_picture_is_shown_upright_and_its_file_says_nothing(orientation, size, first):
    body = picture(form="JPEG", orientation=orientation, comment=b"home address")
    small = smaller(body, 320)
    assert b"home address" in body
    assert b"home address" not in small
    made = opened(small)
    assert made.size == size
    assert not made.getexif()
    assert near(made.getpixel((2, 2)), first)


def test_a_small_turned_picture_is_turned():
    assert opened(smaller(picture(200, 100, form="JPEG", orientation=6), 320)).size == (100, 200)


def test_shapes_lie_where_the_platform_sees_them():
    """It says that the picture is wide, so it did not turn it, and its shapes are not turned either."""
    body = picture(form="JPEG", orientation=6)
    assert opened(smaller(body, 320, (1000, 500))).size == (320, 160)
    assert opened(smaller(body, 320, (500, 1000))).size == (160, 320)


def bomb(width, height):
    """A PNG of a few bytes that says it is huge."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0"))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [7_000, 20_000, 60_000])
def test_a_bomb_is_not_decoded(side):
    with pytest.raises(TooLarge):
        smaller(bomb(side, side), 320)


def test_a_large_photograph_is_decoded_small():
    """More pixels than the bound, but a JPEG is decoded at an eighth of its sides."""
    body = picture(9_000, 6_000, form="JPEG")
    assert opened(smaller(body, 320)).size == (320, 213)
