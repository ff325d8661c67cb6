"""Pictures: checked before they are decoded, kept as they came, and two smaller copies beside them."""

import hashlib
import io
import warnings
from dataclasses import dataclass
from typing import cast

from PIL import Image, ImageOps

from embedded_api.errors import ApiError
from embedded_api.inputs.files import new_name, path_of, write

MAX_BYTES = 24 * 1024 * 1024
MAX_PIXELS = 40_000_000
FORMATS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp", "GIF": "gif", "BMP": "bmp", "TIFF": "tif"}
SIZES = {"large": 1600, "small": 320}  # longest side in pixels; copies are JPEG

# The check of the header below comes first; this is the net under it.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS


@dataclass(frozen=True)
class Picture:
    """A checked picture: the original's bytes and its copies, by size name."""

    name: str
    width: int
    height: int
    format: str
    color_mode: str
    sha256: str
    files: dict[str, bytes]


def read(content: bytes) -> Picture:
    """Bytes -> Picture; raises ApiError 30101 (format), 30105 (too large) or 30300 (cannot be decoded)."""
    if len(content) > MAX_BYTES:
        raise ApiError(413, 30105, f"a picture has at most {MAX_BYTES} bytes")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=list(FORMATS)) as image:
                form, mode, (width, height) = image.format or "", image.mode, image.size
                if form not in FORMATS:
                    raise ApiError(415, 30101, "must be PNG, JPEG, WebP, GIF, BMP or TIFF")
                if width * height > MAX_PIXELS or width < 1 or height < 1:
                    raise ApiError(413, 30105, f"a picture has at most {MAX_PIXELS} pixels")
                image.load()  # the first frame only
                copies, shown = _copies(image)
    except ApiError:
        raise
    except Image.UnidentifiedImageError:
        raise ApiError(415, 30101, "is no PNG, JPEG, WebP, GIF, BMP or TIFF picture") from None
    except Image.DecompressionBombError:
        raise ApiError(413, 30105, f"a picture has at most {MAX_PIXELS} pixels") from None
    except Exception:  # a decoder may fail in many ways on broken bytes; none of them is a fault of ours
        raise ApiError(400, 30300, "the picture cannot be decoded") from None
    return Picture(
        name=new_name(FORMATS[form]),
        width=shown[0],
        height=shown[1],
        format=form,
        color_mode=mode,
        sha256=hashlib.sha256(content).hexdigest(),
        files={"orig": content} | copies,
    )


def _copies(image: Image.Image) -> tuple[dict[str, bytes], tuple[int, int]]:
    """Re-encoded copies without any metadata, and the size as shown (turned as EXIF says)."""
    upright = ImageOps.exif_transpose(image)
    shown = upright.size
    if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
        layer = upright.convert("RGBA")
        flat = Image.new("RGB", layer.size, (255, 255, 255))
        flat.paste(layer, mask=layer.getchannel("A"))
        upright = flat
    elif upright.mode in ("I;16", "I", "F"):
        upright = _eight_bits(upright)
    if upright.mode not in ("RGB", "L"):
        upright = upright.convert("RGB")
    copies: dict[str, bytes] = {}
    for name, side in SIZES.items():
        if max(upright.size) > side:
            upright = upright.copy()
            upright.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
        target = io.BytesIO()
        upright.save(target, "JPEG", quality=90 if name == "large" else 82, exif=b"")
        copies[name] = target.getvalue()
    return copies, shown


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey values of more than 8 bits, stretched to 0..255."""
    grey = image.convert("F")
    low, high = cast(tuple[float, float], grey.getextrema())
    scale = 255.0 / (high - low) if high > low else 0.0
    return grey.point(lambda value: value * scale - low * scale).convert("L")


def store(picture: Picture) -> None:
    """Write all files, each whole or not at all; the original is on the disk before its row is."""
    for size, content in picture.files.items():
        write(path_of(picture.name, size), io.BytesIO(content), durable=size == "orig")


def restore(name: str) -> None:
    """Draw the copies anew from the original, if there is one (copies may be lost when the power fails)."""
    original = path_of(name, "orig")
    if original.exists():
        for size, content in read(original.read_bytes()).files.items():
            if size != "orig":
                write(path_of(name, size), io.BytesIO(content), durable=False)


def remove(name: str) -> None:
    """Delete all files under a hosted name, of any kind; what is gone already is fine."""
    if name:
        for size in ("orig", *SIZES):
            path_of(name, size).unlink(missing_ok=True)
