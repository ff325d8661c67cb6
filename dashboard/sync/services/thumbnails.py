"""Small pictures made from large ones (pure), where the platform has none.

What comes is hostile until shown otherwise: formats are the few that browsers show, the number of pixels is
bounded before anything is decoded, one picture is decoded at a time, and what is passed on is encoded anew, so
neither its EXIF data (which may hold a place) nor anything hidden in its file is.
"""

from __future__ import annotations

import io
import threading
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
#: Of what is decoded: about 110 MB while it lasts. A JPEG is decoded smaller than it is, so larger ones pass.
MAX_PIXELS = 36_000_000
_MODES = {"1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr"}
_ORIENTATION = 0x0112
_one_at_a_time = threading.Lock()


class TooLarge(ValueError):
    """The picture has more pixels than are decoded here."""


def smaller(body: bytes, limit: int, told: tuple[int, int] = (0, 0)) -> bytes | None:
    """The picture with no side longer than ``limit`` pixels, as JPEG, or as WebP where it is transparent.

    None where that is not needed (it is small enough and upright) or not possible (not a picture we decode). ``told``
    is its width and height as the platform knows them, (0, 0) for not known. Raises TooLarge.
    """
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own bound is lower
        try:
            with Image.open(io.BytesIO(body), formats=FORMATS) as picture:
                return _smaller(picture, limit, told)
        except (Image.DecompressionBombError, MemoryError):
            raise TooLarge("The picture has too many pixels.") from None
        except TooLarge:
            raise
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError):
            return None


def _smaller(picture: Image.Image, limit: int, told: tuple[int, int]) -> bytes | None:
    size = picture.size
    if picture.format != "JPEG":
        _check(picture)  # before the next line, which reads a whole PNG to look for its EXIF data
    orientation = picture.getexif().get(_ORIENTATION, 1)
    turn = orientation != 1 and _is_turned(orientation, size, told)
    if (max(size) <= limit and not turn) or picture.mode not in _MODES:
        return None
    picture.draft("RGB", (limit, limit))
    _check(picture)
    made: Image.Image = picture
    if picture.mode not in ("L", "RGB"):
        made = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    made.thumbnail((limit, limit), Image.Resampling.LANCZOS, reducing_gap=2.0)
    if turn:
        made.getexif()[_ORIENTATION] = orientation
        made = ImageOps.exif_transpose(made)
    out = io.BytesIO()
    if made.mode == "RGBA":
        made.save(out, "WEBP", quality=85, method=2, exif=b"")
    else:
        made.save(out, "JPEG", quality=88, exif=b"")
    return out.getvalue()


def _check(picture: Image.Image) -> None:
    if picture.width * picture.height > MAX_PIXELS:
        raise TooLarge("The picture has too many pixels.")


def _is_turned(orientation: int, size: tuple[int, int], told: tuple[int, int]) -> bool:
    """Whether the picture is seen turned as its EXIF data say.

    Browsers turn it. But shapes lie where the platform sees them: where it tells the size of the unturned picture,
    that is how it is shown.
    """
    sides_change = orientation in (5, 6, 7, 8) and size[0] != size[1]
    return not (sides_change and told == size)
