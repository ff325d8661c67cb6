"""Brushes of the demo pictures: noise, soft shapes, volume from a silhouette. Pure and deterministic.

Everything is drawn with Pillow from a seeded `random.Random`; nothing is loaded from a file.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

Color = tuple[int, int, int]
Point = tuple[float, float]


def noise(rng: Random, width: int, height: int) -> Image.Image:
    """Uniform grey noise, one random byte a pixel."""
    return Image.frombytes("L", (width, height), rng.randbytes(width * height))


def cloud(rng: Random, size: tuple[int, int], cells: tuple[int, int], octaves: int = 3) -> Image.Image:
    """Soft noise around mid-grey: `cells` blobs across and down in the coarsest of `octaves` layers."""
    width, height = size
    across, down = cells
    result = Image.new("L", size, 128)
    for octave in range(octaves):
        scale = 2**octave
        layer = noise(rng, max(2, min(across * scale, width)), max(2, min(down * scale, height)))
        layer = layer.resize(size, Image.Resampling.BICUBIC)
        result = Image.blend(result, layer, 0.6 / (octave + 1))
    return result


def mix(a: Color, b: Color, amount: float) -> Color:
    """The colour `amount` (0..1) of the way from a to b."""
    return (
        round(a[0] + (b[0] - a[0]) * amount),
        round(a[1] + (b[1] - a[1]) * amount),
        round(a[2] + (b[2] - a[2]) * amount),
    )


def vary(rng: Random, color: Color, spread: int) -> Color:
    """The colour with each channel moved by at most `spread`."""
    red, green, blue = (max(0, min(255, c + rng.randint(-spread, spread))) for c in color)
    return red, green, blue


def ramp(image: Image.Image, dark: Color, light: Color) -> Image.Image:
    """A grey image as colours: 0 becomes dark, 255 light."""
    return Image.merge("RGB", [image.point(table) for table in _ramp_tables(dark, light)])


@functools.cache
def _ramp_tables(dark: Color, light: Color) -> list[list[int]]:
    return [[round(d + (t - d) * v / 255) for v in range(256)] for d, t in zip(dark, light, strict=True)]


def graph(function: Callable[[float], float]) -> list[int]:
    """A function on 0..1 as a table of 256 grey values."""
    return [max(0, min(255, round(255 * function(v / 255)))) for v in range(256)]


def curve(image: Image.Image, function: Callable[[float], float] | list[int]) -> Image.Image:
    """Map the grey values by a function on 0..1, or by its table from `graph`."""
    return image.point(function if isinstance(function, list) else graph(function))


def soften(image: Image.Image, radius: float) -> Image.Image:
    """A Gaussian blur; wide ones are made at half the size, which nobody sees and takes a third of the
    time."""
    if radius < 4:
        return image.filter(ImageFilter.GaussianBlur(radius))
    small = image.reduce(2).filter(ImageFilter.GaussianBlur(radius / 2))
    return small.resize(image.size, Image.Resampling.BILINEAR)


def tint(image: Image.Image, color: Color) -> Image.Image:
    """A grey image as light of one colour (multiply)."""
    return ramp(image, (0, 0, 0), color)


def blob(size: tuple[int, int], box: tuple[float, float, float, float], blur: float) -> Image.Image:
    """A soft white ellipse on black; box in pixels."""
    image = Image.new("L", size, 0)
    ImageDraw.Draw(image).ellipse(box, fill=255)
    return soften(image, blur) if blur else image


def outline(size: int, points: Sequence[Point], oversample: int = 3) -> Image.Image:
    """A smooth filled polygon as a mask of size x size; points are fractions of the size."""
    big = size * oversample
    image = Image.new("L", (big, big), 0)
    ImageDraw.Draw(image).polygon([(x * big, y * big) for x, y in points], fill=255)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def around(function: Callable[[float], Point], steps: int = 120) -> list[Point]:
    """Sample a closed curve: the function takes an angle in radians and answers a point."""
    return [function(2 * math.pi * step / steps) for step in range(steps)]


def shifted(image: Image.Image, dx: float, dy: float) -> Image.Image:
    """The image moved by whole pixels, with black coming in at the edges."""
    result = Image.new(image.mode, image.size, 0)
    result.paste(image, (round(dx), round(dy)))
    return result


_DARK = graph(lambda v: min(1.0, 0.30 + 1.32 * v) if v < 0.54 else 1.0)
_RIM = graph(lambda v: min(1.0, 0.52 + 0.95 * v))
_BRIGHT = graph(lambda v: max(0.0, (v - 0.52) * 0.62))
_BOUNCE = graph(lambda v: max(0.0, 0.34 - v))
_EDGE = graph(lambda v: 1 - v)


def lit(
    albedo: Image.Image,
    mask: Image.Image,
    *,
    light: tuple[float, float],
    warm: Color,
    shade: Color,
    gloss: float,
    bump: Image.Image | None = None,
) -> Image.Image:
    """Give a flat silhouette volume.

    The blurred mask serves as a height map whose slope against the light (unit vector pointing to the
    light in picture coordinates) brightens or darkens the albedo. `bump` is added to the heights for skin
    texture, `gloss` (0..1) is the strength of the highlight.
    """
    side = min(albedo.size)
    body = mask.getbbox() or (0, 0, *mask.size)
    girth = min(body[2] - body[0], body[3] - body[1])
    height = soften(mask, girth * 0.19)
    reach = girth * 0.13
    lx, ly = light
    slope = ImageChops.subtract(
        shifted(height, -lx * reach, -ly * reach), shifted(height, lx * reach, ly * reach), 1.0, 128
    )
    if bump is not None:
        step = max(1.0, side / 180)
        fine = ImageChops.subtract(
            shifted(bump, -lx * step, -ly * step), shifted(bump, lx * step, ly * step), 4.0, 128
        )
        slope = ImageChops.add(slope, fine, 1.0, -128)
    # A height map falls towards the light side's edge, so its slope there is positive: that side is bright.
    slope = ImageChops.invert(slope)
    dark = curve(slope, _DARK)
    rim = curve(height, _RIM)
    body_light = curve(slope, _BRIGHT)
    result = ImageChops.multiply(albedo, ramp(dark, shade, (255, 255, 255)))
    result = ImageChops.multiply(result, ramp(rim, mix(shade, (20, 10, 10), 0.3), (255, 255, 255)))
    result = ImageChops.screen(result, tint(body_light, warm))
    # Light thrown back by the table, on the side away from the light.
    bounce = ImageChops.multiply(curve(slope, _BOUNCE), curve(height, _EDGE))
    result = ImageChops.screen(result, tint(bounce, mix(warm, (255, 190, 140), 0.5)))
    if gloss:
        cx = (body[0] + body[2]) / 2 + lx * girth * 0.2
        cy = (body[1] + body[3]) / 2 + ly * girth * 0.2
        r = girth * 0.11
        soft = blob(albedo.size, (cx - 2.0 * r, cy - 1.7 * r, cx + 2.0 * r, cy + 1.7 * r), girth * 0.09)
        core = blob(albedo.size, (cx - r, cy - 0.7 * r, cx + r, cy + 0.7 * r), girth * 0.03)
        shine = ImageChops.add(
            curve(soft, lambda v: v * 0.36 * gloss), curve(core, lambda v: v * 0.62 * gloss)
        )
        result = ImageChops.screen(result, tint(shine, mix(warm, (255, 255, 255), 0.6)))
    return result
