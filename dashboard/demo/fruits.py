"""The things on the table: flat skins (albedo), silhouettes and skin texture of each kind of fruit, and
leaves.

A sprite is a square of SIDE pixels seen from above, unlit and upright; `dashboard.demo.scenes` turns,
scales and lights it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from dashboard.demo.paint import Color, around, blob, cloud, curve, mix, noise, outline, ramp, vary

SIDE = 300


@dataclass(frozen=True, slots=True)
class Sprite:
    """One variant of a kind. `size` is its usual diameter relative to an orange."""

    kind: str
    albedo: Image.Image
    mask: Image.Image
    bump: Image.Image | None
    gloss: float
    size: float
    cut: bool = False


def _stem(image: Image.Image, start: tuple[float, float], end: tuple[float, float], width: float) -> None:
    big = Image.new("RGBA", (SIDE * 2, SIDE * 2), (0, 0, 0, 0))
    draw = ImageDraw.Draw(big)
    (x0, y0), (x1, y1) = start, end
    for step in range(41):
        t = step / 40
        x = (x0 + (x1 - x0) * t + 0.03 * math.sin(t * 2.6)) * SIDE * 2
        y = (y0 + (y1 - y0) * t) * SIDE * 2
        r = width * SIDE * (0.8 + 0.5 * t)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=(*mix((62, 42, 24), (118, 88, 52), t), 255))
        draw.ellipse((x - r * 0.7, y - r * 0.7, x, y), fill=(*mix((96, 70, 42), (158, 126, 84), t), 255))
    small = big.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    image.paste(small, (0, 0), small)


def _rays(
    rng: Random, base: Image.Image, center: tuple[float, float], colors: tuple[Color, ...], count: int
) -> Image.Image:
    """Fine streaks that run outwards from a point, as on an apple."""
    layer = base.copy()
    draw = ImageDraw.Draw(layer)
    cx, cy = center[0] * SIDE, center[1] * SIDE
    for _ in range(count):
        angle = rng.uniform(0, 2 * math.pi)
        start, length = rng.uniform(0.04, 0.35) * SIDE, rng.uniform(0.08, 0.34) * SIDE
        x, y = math.cos(angle), math.sin(angle)
        draw.line(
            (cx + x * start, cy + y * start, cx + x * (start + length), cy + y * (start + length)),
            fill=rng.choice(colors),
            width=rng.choice((1, 1, 2)),
        )
    return Image.blend(base, layer.filter(ImageFilter.GaussianBlur(1.6)), 0.42)


def apple(rng: Random) -> Sprite:
    green = rng.random() < 0.25
    base = vary(rng, (138, 176, 44) if green else (172, 24, 30), 12)
    glow = vary(rng, (206, 216, 96) if green else (224, 150, 56), 12)
    tilt = rng.uniform(0.02, 0.12)
    lobes = rng.uniform(0, math.pi)
    mask = outline(
        SIDE,
        around(
            lambda a: (
                0.5 + (0.445 + 0.0045 * math.cos(5 * a + lobes) + 0.010 * math.cos(2 * a)) * math.cos(a),
                0.5 + (0.430 + 0.0045 * math.cos(5 * a + lobes)) * math.sin(a),
            )
        ),
    )
    center = (0.5, 0.5 - tilt)
    skin = ramp(cloud(rng, (SIDE, SIDE), (3, 3)), mix(base, (0, 0, 0), 0.16), mix(base, glow, 0.34))
    if not green:
        skin = _rays(rng, skin, center, (mix(base, glow, 0.75), mix(base, (90, 0, 20), 0.5), glow), 620)
    cx, cy = center[0] * SIDE, center[1] * SIDE
    halo = blob((SIDE, SIDE), (cx - 44, cy - 40, cx + 44, cy + 40), 22)
    skin.paste(
        Image.new("RGB", (SIDE, SIDE), mix(glow, (170, 180, 70), 0.4)), (0, 0), curve(halo, lambda v: v * 0.6)
    )
    pit = blob((SIDE, SIDE), (cx - 21, cy - 15, cx + 21, cy + 19), 8)
    skin.paste(Image.new("RGB", (SIDE, SIDE), (58, 44, 20)), (0, 0), curve(pit, lambda v: v * 0.85))
    _stem(skin, (center[0], center[1] + 0.01), (0.5 + rng.uniform(0.04, 0.09), center[1] - 0.13), 0.011)
    return Sprite("apple", skin, mask, None, 0.85, rng.uniform(0.98, 1.1))


def orange(rng: Random) -> Sprite:
    base = vary(rng, (236, 126, 18), 9)
    mask = outline(
        SIDE,
        around(lambda a: (0.5 + 0.445 * math.cos(a), 0.5 + (0.435 + 0.008 * math.cos(3 * a)) * math.sin(a))),
    )
    skin = ramp(
        cloud(rng, (SIDE, SIDE), (4, 4)), mix(base, (196, 84, 0), 0.5), mix(base, (255, 176, 50), 0.4)
    )
    pores = noise(rng, SIDE // 2, SIDE // 2).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(skin)
    cx, cy = SIDE * rng.uniform(0.44, 0.56), SIDE * rng.uniform(0.36, 0.48)
    for arm in range(5):
        angle = arm * 2 * math.pi / 5 + 0.3
        draw.line(
            (cx, cy, cx + 13 * math.cos(angle), cy + 13 * math.sin(angle)), fill=(150, 130, 52), width=5
        )
    draw.ellipse((cx - 7, cy - 7, cx + 7, cy + 7), fill=(116, 122, 56))
    draw.ellipse((cx - 4, cy - 5, cx + 3, cy + 2), fill=(160, 158, 90))
    return Sprite(
        "orange", skin.filter(ImageFilter.GaussianBlur(0.6)), mask, pores, 0.5, rng.uniform(0.94, 1.06)
    )


def lemon(rng: Random) -> Sprite:
    base = vary(rng, (240, 206, 40), 9)
    nub = rng.uniform(0.045, 0.07)

    def edge(angle: float) -> tuple[float, float]:
        turn = math.atan2(math.sin(angle), math.cos(angle))
        right = math.exp(-((turn / 0.24) ** 2))
        left = math.exp(-(((abs(turn) - math.pi) / 0.22) ** 2))
        return (
            0.5 + 0.40 * math.cos(angle) + nub * right - 0.7 * nub * left,
            0.5 + 0.29 * math.sin(angle) * (1 - 0.12 * right),
        )

    mask = outline(SIDE, around(edge, 240))
    skin = ramp(
        cloud(rng, (SIDE, SIDE), (4, 4)), mix(base, (204, 150, 10), 0.5), mix(base, (255, 240, 130), 0.35)
    )
    tip = blob((SIDE, SIDE), (SIDE * 0.90, SIDE * 0.44, SIDE * 1.02, SIDE * 0.56), 8)
    skin.paste(Image.new("RGB", (SIDE, SIDE), (168, 150, 40)), (0, 0), curve(tip, lambda v: v * 0.6))
    pores = noise(rng, SIDE // 2, SIDE // 2).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    return Sprite("lemon", skin, mask, pores, 0.55, rng.uniform(0.92, 1.04))


def pear(rng: Random) -> Sprite:
    ripe = rng.random()
    base = vary(rng, mix((150, 168, 52), (206, 180, 66), ripe), 8)
    neck = rng.uniform(0.125, 0.15)

    def half(t: float) -> float:
        """Half the width at t, 0 at the stem end and 1 at the bottom."""
        belly = 0.315 * math.sqrt(max(0.0, 1 - ((t - 0.66) / 0.345) ** 2)) if t > 0.316 else 0.0
        top = neck * math.sqrt(max(0.0, 1 - ((t - 0.17) / 0.172) ** 2)) if t < 0.342 else 0.0
        join = neck + (0.27 - neck) * max(0.0, (t - 0.17) / 0.33) ** 1.6
        return max(belly, top, join if 0.17 < t < 0.5 else 0.0)

    ts = [step / 80 for step in range(81)]
    widths = [half(t) for t in ts]
    # Neighbouring arcs meet with a kink; a moving mean rounds it.
    smooth = widths
    for _ in range(2):
        windows = [smooth[max(0, i - 5) : i + 6] for i in range(len(ts))]
        smooth = [sum(window) / len(window) for window in windows]
    # The mean is dull at both ends, where the outline must close.
    smooth = [w * min(1.0, math.sqrt(min(t, 1 - t) / 0.05)) for t, w in zip(ts, smooth, strict=True)]
    left = [(0.5 - w, 0.05 + 0.91 * t) for t, w in zip(ts, smooth, strict=True)]
    right = [(0.5 + w, 0.05 + 0.91 * t) for t, w in zip(reversed(ts), reversed(smooth), strict=True)]
    mask = outline(SIDE, left + right).filter(ImageFilter.GaussianBlur(1.2))
    mask = curve(mask, lambda v: (v - 0.3) / 0.4)
    skin = ramp(
        cloud(rng, (SIDE, SIDE), (3, 4)), mix(base, (110, 120, 30), 0.35), mix(base, (232, 214, 110), 0.35)
    )
    blush = blob((SIDE, SIDE), (SIDE * 0.55, SIDE * 0.42, SIDE * 0.95, SIDE * 0.92), 36)
    skin.paste(
        Image.new("RGB", (SIDE, SIDE), (196, 104, 52)), (0, 0), curve(blush, lambda v: v * 0.55 * ripe)
    )
    draw = ImageDraw.Draw(skin)
    for _ in range(230):
        x, y, r = rng.uniform(0, SIDE), rng.uniform(0, SIDE), rng.uniform(0.3, 1.2)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=vary(rng, (134, 112, 50), 14))
    skin = skin.filter(ImageFilter.GaussianBlur(0.7))
    _stem(skin, (0.5, 0.10), (0.5 + rng.uniform(-0.03, 0.03), 0.0), 0.012)
    stalk = outline(SIDE, [(0.487, 0.1), (0.485, 0.01), (0.522, 0.01), (0.516, 0.1)])
    return Sprite("pear", skin, ImageChops.lighter(mask, stalk), None, 0.42, rng.uniform(1.22, 1.36))


def plum(rng: Random) -> Sprite:
    base = vary(rng, (74, 36, 84), 10)
    mask = outline(
        SIDE, around(lambda a: (0.5 + 0.45 * math.cos(a), 0.5 + (0.39 + 0.012 * math.cos(a)) * math.sin(a)))
    )
    skin = ramp(
        cloud(rng, (SIDE, SIDE), (3, 3)), mix(base, (30, 10, 40), 0.5), mix(base, (140, 50, 90), 0.45)
    )
    bloom = curve(cloud(rng, (SIDE, SIDE), (4, 5)), lambda v: max(0.0, (v - 0.40) * 1.25))
    skin.paste(Image.new("RGB", (SIDE, SIDE), (138, 136, 176)), (0, 0), bloom)
    crease = Image.new("L", (SIDE, SIDE), 0)
    ImageDraw.Draw(crease).arc(
        (-SIDE * 0.1, SIDE * 0.40, SIDE * 1.1, SIDE * 0.74), 190, 350, fill=255, width=7
    )
    crease = crease.filter(ImageFilter.GaussianBlur(3))
    skin.paste(Image.new("RGB", (SIDE, SIDE), (34, 12, 40)), (0, 0), curve(crease, lambda v: v * 0.65))
    cx, cy = SIDE * 0.12, SIDE * 0.5
    ImageDraw.Draw(skin).ellipse((cx - 9, cy - 7, cx + 9, cy + 7), fill=(92, 74, 48))
    return Sprite(
        "plum", skin.filter(ImageFilter.GaussianBlur(0.5)), mask, None, 0.55, rng.uniform(0.66, 0.76)
    )


def _cut(rng: Random, kind: str, rind: Color, pith: Color, flesh: Color, size: float) -> Sprite:
    """A citrus half with its face up: rind, pith and nine or ten segments."""
    big = SIDE * 2
    image = Image.new("RGB", (big, big), rind)
    draw = ImageDraw.Draw(image)
    c = big / 2

    def disc(r: float, fill: Color) -> None:
        draw.ellipse((c - r * big, c - r * big, c + r * big, c + r * big), fill=fill)

    disc(0.425, mix(rind, pith, 0.5))
    disc(0.412, pith)
    disc(0.372, mix(pith, flesh, 0.45))
    count = rng.choice((9, 10, 10))
    turn = rng.uniform(0, 1)
    for segment in range(count):
        a0 = (segment + turn + 0.045) * 2 * math.pi / count
        a1 = (segment + turn + 0.955) * 2 * math.pi / count
        points = [(c + 0.045 * big * math.cos((a0 + a1) / 2), c + 0.045 * big * math.sin((a0 + a1) / 2))]
        for step in range(13):
            angle = a0 + (a1 - a0) * step / 12
            r = (0.362 - 0.020 * abs(step - 6) ** 2 / 36) * big
            points.append((c + r * math.cos(angle), c + r * math.sin(angle)))
        tone = vary(rng, flesh, 7)
        draw.polygon(points, fill=tone)
        for _ in range(26):
            angle = rng.uniform(a0 + 0.06, a1 - 0.06)
            r0 = rng.uniform(0.08, 0.26) * big
            r1 = r0 + rng.uniform(0.03, 0.09) * big
            shade = mix(
                tone, rng.choice(((255, 236, 190), mix(tone, (120, 40, 0), 0.5))), rng.uniform(0.1, 0.4)
            )
            draw.line(
                (
                    c + r0 * math.cos(angle),
                    c + r0 * math.sin(angle),
                    c + r1 * math.cos(angle),
                    c + r1 * math.sin(angle),
                ),
                fill=shade,
                width=rng.choice((3, 4, 6)),
            )
    disc(0.022, pith)
    face = image.filter(ImageFilter.GaussianBlur(1.6)).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    mask = outline(SIDE, around(lambda a: (0.5 + 0.44 * math.cos(a), 0.5 + 0.44 * math.sin(a))))
    return Sprite(kind, face, mask, None, 0.0, size, cut=True)


def orange_half(rng: Random) -> Sprite:
    return _cut(rng, "orange", (230, 118, 14), (250, 232, 196), vary(rng, (244, 140, 30), 6), 0.98)


def lemon_half(rng: Random) -> Sprite:
    return _cut(rng, "lemon", (232, 196, 30), (252, 246, 214), vary(rng, (242, 216, 92), 6), 0.70)


def leaf(rng: Random) -> Sprite:
    """A leaf that fell on the table: clutter, no concept."""
    base = vary(rng, (70, 112, 44), 14)
    bend = rng.uniform(-0.06, 0.06)
    points = []
    for step in range(41):
        t = step / 40
        points.append(
            (0.06 + 0.88 * t, 0.5 - 0.17 * math.sin(math.pi * t**0.8) + bend * math.sin(math.pi * t))
        )
    for step in range(41):
        t = 1 - step / 40
        points.append(
            (0.06 + 0.88 * t, 0.5 + 0.17 * math.sin(math.pi * t**0.8) + bend * math.sin(math.pi * t))
        )
    mask = outline(SIDE, points)
    skin = ramp(
        cloud(rng, (SIDE, SIDE), (5, 5)), mix(base, (30, 60, 20), 0.4), mix(base, (150, 180, 80), 0.35)
    )
    draw = ImageDraw.Draw(skin)
    vein = mix(base, (190, 210, 130), 0.55)
    draw.line(
        [
            (SIDE * (0.06 + 0.88 * t / 20), SIDE * (0.5 + bend * math.sin(math.pi * t / 20)))
            for t in range(21)
        ],
        fill=vein,
        width=4,
    )
    for step in range(2, 9):
        x = SIDE * (0.06 + 0.088 * step)
        y = SIDE * (0.5 + bend * math.sin(math.pi * step / 10))
        for side in (-1, 1):
            draw.line((x, y, x + SIDE * 0.10, y + side * SIDE * 0.13), fill=mix(base, vein, 0.6), width=2)
    return Sprite(
        "leaf", skin.filter(ImageFilter.GaussianBlur(0.8)), mask, None, 0.12, rng.uniform(0.62, 0.8)
    )


WHOLE: dict[str, Callable[[Random], Sprite]] = {
    "apple": apple,
    "orange": orange,
    "lemon": lemon,
    "pear": pear,
    "plum": plum,
}
HALVES: tuple[Callable[[Random], Sprite], ...] = (orange_half, lemon_half)
