"""What the fruit lies on: wood, painted boards, linen, slate, marble; and plates and boards upon them."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from dashboard.demo.paint import Color, blob, cloud, curve, mix, noise, ramp, shifted, vary

SHEET = (1120, 760)


def _grain(rng: Random, size: tuple[int, int], fine: int) -> Image.Image:
    """Long fibres from left to right: noise that is stretched along x, at two widths."""
    width, height = size
    coarse = noise(rng, 10, max(2, height // 9)).resize(size, Image.Resampling.BICUBIC)
    thin = noise(rng, max(2, width // fine), max(2, height // 2)).resize(size, Image.Resampling.BICUBIC)
    return Image.blend(coarse, thin, 0.42)


def planks(rng: Random, dark: Color, light: Color, count: int = 5, contrast: float = 0.6) -> Image.Image:
    """Boards from left to right with dark joints and a few knots."""
    width, height = SHEET
    sheet = Image.new("RGB", SHEET, dark)
    edge = 0
    for board in range(count):
        bottom = height if board == count - 1 else round((board + 1) * height / count + rng.uniform(-14, 14))
        size = (width, bottom - edge)
        grain = curve(_grain(rng, size, 28), lambda v: 0.5 + (v - 0.5) * contrast)
        shift = rng.uniform(-0.12, 0.12)
        plank = ramp(grain, mix(dark, (0, 0, 0), max(0.0, -shift)), mix(light, dark, max(0.0, shift) * 2))
        for _ in range(rng.choice((0, 0, 1, 1))):
            x, y = rng.uniform(0, width), rng.uniform(0.25, 0.75) * size[1]
            for ring in range(4, 0, -1):
                rx, ry = ring * rng.uniform(7, 9), ring * rng.uniform(2.6, 3.6)
                knot = blob(size, (x - rx, y - ry, x + rx, y + ry), 2.0)
                tone = mix(dark, (20, 10, 4), 0.5 if ring % 2 else 0.1)
                plank.paste(Image.new("RGB", size, tone), (0, 0), curve(knot, lambda v: v * 0.4))
        sheet.paste(plank, (0, edge))
        draw = ImageDraw.Draw(sheet)
        if board:
            draw.line((0, edge, width, edge), fill=mix(dark, (0, 0, 0), 0.72), width=3)
            draw.line((0, edge + 3, width, edge + 3), fill=mix(light, (255, 255, 255), 0.15), width=1)
        edge = bottom
    return sheet.filter(ImageFilter.GaussianBlur(0.6))


def linen(rng: Random, base: Color, stripe: Color | None = None) -> Image.Image:
    """Woven cloth, with a pair of stripes if a colour is given."""
    width, height = SHEET
    warp = noise(rng, width // 2, 24).resize(SHEET, Image.Resampling.BICUBIC)
    weft = noise(rng, 24, height // 2).resize(SHEET, Image.Resampling.BICUBIC)
    weave = Image.blend(warp, weft, 0.5)
    folds = cloud(rng, SHEET, (3, 2), 2)
    cloth = ramp(
        curve(weave, lambda v: 0.5 + (v - 0.5) * 0.9),
        mix(base, (0, 0, 0), 0.14),
        mix(base, (255, 255, 255), 0.22),
    )
    if stripe is not None:
        bands = Image.new("L", SHEET, 0)
        draw = ImageDraw.Draw(bands)
        at = rng.uniform(0.12, 0.3) * height
        for offset, thick in ((0, 26), (42, 8), (62, 8)):
            for y in (at + offset, height - at - offset):
                draw.rectangle((0, y, width, y + thick), fill=190)
        tone = ramp(weave, mix(stripe, (0, 0, 0), 0.25), mix(stripe, (255, 255, 255), 0.2))
        cloth.paste(tone, (0, 0), bands.filter(ImageFilter.GaussianBlur(0.8)))
    relief = ImageChops.subtract(ImageChops.offset(folds, 10, 12), folds, 1.0, 128)
    light = curve(relief, lambda v: 0.80 + (v - 0.5) * 0.9)
    return ImageChops.multiply(cloth, Image.merge("RGB", [light] * 3))


def stone(rng: Random, dark: Color, light: Color) -> Image.Image:
    """Slate: fine grains over broad clouds, split along faint layers."""
    broad = cloud(rng, SHEET, (5, 4), 4)
    layers = (
        noise(rng, 14, 40)
        .resize(SHEET, Image.Resampling.BICUBIC)
        .rotate(8, Image.Resampling.BILINEAR, fillcolor=128)
    )
    grain = noise(rng, SHEET[0], SHEET[1]).filter(ImageFilter.GaussianBlur(0.9))
    image = Image.blend(Image.blend(broad, layers, 0.3), grain, 0.22)
    relief = ImageChops.subtract(ImageChops.offset(image, 2, 2), image, 1.0, 128)
    return ramp(Image.blend(image, relief, 0.4), dark, light)


def marble(rng: Random) -> Image.Image:
    """White stone with grey veins that wander."""
    base = ramp(cloud(rng, SHEET, (4, 3), 4), (206, 207, 210), (246, 245, 242))
    veins = Image.new("L", SHEET, 0)
    draw = ImageDraw.Draw(veins)
    for _ in range(9):
        x, y = rng.uniform(-200, SHEET[0]), rng.uniform(-100, SHEET[1])
        heading = rng.uniform(0.3, 0.7)
        strength = rng.randint(60, 190)
        points = [(x, y)]
        for _ in range(60):
            heading += rng.uniform(-0.28, 0.28)
            heading = max(-0.4, min(1.4, heading))
            x, y = x + 22 * math.cos(heading), y + 22 * math.sin(heading)
            points.append((x, y))
        draw.line(points, fill=strength, width=rng.choice((2, 3, 5)), joint="curve")
    wide = veins.filter(ImageFilter.GaussianBlur(9))
    thin = veins.filter(ImageFilter.GaussianBlur(1.4))
    mask = ImageChops.add(curve(wide, lambda v: v * 0.9), curve(thin, lambda v: v * 0.45))
    base.paste(Image.new("RGB", SHEET, (138, 141, 148)), (0, 0), mask)
    return base


def table(rng: Random, kind: str) -> Image.Image:
    """One sheet of SHEET pixels; `kind` is a key of SURFACES."""
    return SURFACES[kind](rng)


SURFACES: dict[str, Callable[[Random], Image.Image]] = {
    "oak": lambda rng: planks(rng, (112, 72, 40), (192, 142, 92)),
    "walnut": lambda rng: planks(rng, (48, 30, 20), (118, 78, 50), 4),
    "painted": lambda rng: planks(rng, (112, 136, 142), (172, 192, 194), 6, 0.45),
    "linen": lambda rng: linen(rng, vary(rng, (212, 204, 188), 6)),
    "striped": lambda rng: linen(rng, (222, 218, 206), (72, 104, 140)),
    "slate": lambda rng: stone(rng, (34, 38, 42), (104, 110, 114)),
    "marble": marble,
}


def plate(size: int, base: Color) -> tuple[Image.Image, Image.Image]:
    """A round plate of `size` pixels: picture and mask, lit from the upper left."""
    big = size
    image = Image.new("RGB", (big, big), base)
    mask = blob((big * 2, big * 2), (6, 6, big * 2 - 6, big * 2 - 6), 0).resize(
        (big, big), Image.Resampling.LANCZOS
    )
    diagonal = (
        Image.linear_gradient("L").rotate(45, Image.Resampling.BICUBIC, fillcolor=128).resize((big, big))
    )

    def ring(inset: float, flip: bool, strength: float, blur: float) -> None:
        """A lit step in the ceramic: bright on one side, dark on the other."""
        d = inset * big
        band = Image.new("L", (big, big), 0)
        ImageDraw.Draw(band).ellipse((d, d, big - d, big - d), outline=255, width=max(2, big // 70))
        band = curve(band.filter(ImageFilter.GaussianBlur(blur)), lambda v: v * strength)
        tone = ImageChops.invert(diagonal) if flip else diagonal
        shade = ramp(
            curve(tone, lambda v: (v - 0.5) * 1.6 + 0.5), (255, 255, 255), mix(base, (40, 36, 40), 0.62)
        )
        image.paste(shade, (0, 0), band)

    ring(0.004, False, 0.95, 2.0)
    ring(0.13, True, 0.85, 4.0)
    ring(0.155, False, 0.55, 7.0)
    well = blob((big, big), (big * 0.18, big * 0.18, big * 0.82, big * 0.82), big * 0.05)
    image.paste(Image.new("RGB", (big, big), mix(base, (0, 0, 0), 0.06)), (0, 0), well)
    return image, mask


def board(rng: Random, width: int, height: int) -> tuple[Image.Image, Image.Image]:
    """A wooden serving board with round corners: picture and mask."""
    grain = curve(_grain(rng, (width, height), 40), lambda v: 0.5 + (v - 0.5) * 0.55)
    image = ramp(grain, (150, 100, 56), (216, 170, 116))
    mask = Image.new("L", (width * 2, height * 2), 0)
    ImageDraw.Draw(mask).rounded_rectangle((2, 2, width * 2 - 3, height * 2 - 3), radius=width // 6, fill=255)
    mask = mask.resize((width, height), Image.Resampling.LANCZOS)
    soft = mask.filter(ImageFilter.GaussianBlur(7))
    slope = ImageChops.subtract(shifted(soft, 5, 6), shifted(soft, -5, -6), 1.0, 128)
    image = ImageChops.multiply(
        image, Image.merge("RGB", [curve(slope, lambda v: min(1.0, 0.45 + 1.1 * (1 - v)))] * 3)
    )
    edge = curve(slope, lambda v: max(0.0, (0.5 - v) * 0.7))
    return ImageChops.screen(image, ramp(edge, (0, 0, 0), (255, 236, 200))), mask
