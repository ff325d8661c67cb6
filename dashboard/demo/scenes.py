"""Demo pictures: fruit on a table, seen from above, with the truth about every piece.

`SceneStudio(seed).scene(n)` draws picture n of a series. The same seed and number give the same picture
and the same truth on every machine (up to the JPEG encoder's version). Boxes are exact: they enclose the
visible part of a piece, counted pixel by pixel after everything that lies above it was put down.
"""

from __future__ import annotations

import functools
import io
import math
from dataclasses import dataclass
from random import Random

from PIL import Image, ImageChops, ImageFilter

from dashboard.demo.fruits import HALVES, WHOLE, Sprite, leaf
from dashboard.demo.paint import Color, cloud, curve, graph, lit, noise, ramp, shifted, soften
from dashboard.demo.surfaces import SHEET, SURFACES, board, plate, table

WIDTH, HEIGHT = 960, 640
CONCEPTS: tuple[tuple[str, str], ...] = (
    ("apple", "Apple"),
    ("orange", "Orange"),
    ("lemon", "Lemon"),
    ("pear", "Pear"),
    ("plum", "Plum"),
)
IMAGE_CONCEPTS: tuple[tuple[str, str], ...] = (("cut-fruit", "Cut fruit"), ("daylight", "Daylight"))
_VARIANTS = 5
_PIXELS_PER_ORANGE = 168


@dataclass(frozen=True, slots=True)
class Box:
    """Edges as fractions 0..1 of height (top, bottom) and width (left, right)."""

    top: float
    left: float
    bottom: float
    right: float

    @property
    def area(self) -> float:
        return (self.bottom - self.top) * (self.right - self.left)


@dataclass(frozen=True, slots=True)
class Piece:
    """One fruit as it is seen. `visible` is the share (0..1) that nothing covers and the frame does not
    cut."""

    concept: str
    box: Box
    visible: float


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture and the truth about it. `clutter` are boxes of things that are no fruit (leaves)."""

    name: str
    image: Image.Image
    pieces: tuple[Piece, ...]
    clutter: tuple[Box, ...]
    facts: dict[str, bool]

    def jpeg(self, quality: int = 87) -> bytes:
        """The picture as JPEG bytes, 960 x 640."""
        out = io.BytesIO()
        self.image.save(out, "JPEG", quality=quality, subsampling=1, optimize=False)
        return out.getvalue()


@dataclass(frozen=True, slots=True)
class _Place:
    sprite: Sprite
    x: float
    y: float
    side: int
    turn: float


class SceneStudio:
    """Holds the sprites and tables of one seed; drawing them once makes a picture cheap."""

    def __init__(self, seed: int = 7) -> None:
        self.seed = seed
        rng = Random(f"{seed}/props")  # noqa: S311 (pictures, not secrets)
        self._sprites = {kind: [make(rng) for _ in range(_VARIANTS)] for kind, make in WHOLE.items()}
        self._halves = [make(rng) for make in HALVES for _ in range(3)]
        self._leaves = [leaf(rng) for _ in range(4)]
        self._tables = {kind: table(rng, kind) for kind in SURFACES}
        grain = noise(rng, WIDTH, HEIGHT).filter(ImageFilter.GaussianBlur(0.7))
        self._grain = Image.merge("RGB", [curve(grain, lambda v: 0.5 + (v - 0.5) * 0.045)] * 3)

    def scene(self, number: int) -> Scene:
        """Draw picture `number` (0, 1, 2, ...)."""
        rng = Random(f"{self.seed}/scene/{number}")  # noqa: S311
        daylight = rng.random() < 0.7
        cut = rng.random() < 0.4
        kinds = sorted(SURFACES)
        canvas = self._background(rng, kinds[(number + rng.choice((0, 0, 3))) % len(kinds)])
        light = (-0.62, -0.78)
        warm: Color = (255, 250, 240) if daylight else (255, 214, 150)
        shade: Color = (58, 58, 78) if daylight else (64, 40, 34)
        owner = Image.new("L", (WIDTH, HEIGHT), 0)
        places = self._leaf_places(rng) + self._places(rng, cut)
        full: list[int] = []
        for index, place in enumerate(places, start=1):
            full.append(_put(canvas, owner, place, index, light, warm, shade))
        pieces, clutter = _truth(owner, places, full)
        image = _develop(rng, canvas, self._grain, daylight)
        facts = {"cut-fruit": any(p.sprite.cut for p in places), "daylight": daylight}
        return Scene(f"table-{number + 1:03d}", image, pieces, clutter, facts)

    def _background(self, rng: Random, kind: str) -> Image.Image:
        sheet = self._tables[kind]
        left, top = rng.randint(0, SHEET[0] - WIDTH), rng.randint(0, SHEET[1] - HEIGHT)
        canvas = sheet.crop((left, top, left + WIDTH, top + HEIGHT))
        if rng.random() < 0.5:
            canvas = canvas.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        choice = rng.random()
        if choice < 0.34:
            size = rng.randint(520, 610)
            base = rng.choice(((236, 233, 226), (226, 230, 232), (96, 116, 128), (206, 190, 166)))
            dish, mask = plate(size, base)
        elif choice < 0.54 and kind not in ("oak", "walnut"):
            dish, mask = board(rng, rng.randint(640, 760), rng.randint(420, 480))
        else:
            return canvas
        x = (WIDTH - dish.width) // 2 + rng.randint(-70, 70)
        y = (HEIGHT - dish.height) // 2 + rng.randint(-20, 20)
        _shadow(canvas, mask, x, y, (9, 12), 16, 0.5)
        canvas.paste(dish, (x, y), mask)
        return canvas

    def _leaf_places(self, rng: Random) -> list[_Place]:
        return [
            _Place(
                rng.choice(self._leaves),
                rng.uniform(60, WIDTH - 60),
                rng.uniform(50, HEIGHT - 50),
                side,
                turn,
            )
            for side, turn in [
                (rng.randint(95, 140), rng.uniform(0, 360)) for _ in range(rng.choice((0, 1, 1, 2, 3)))
            ]
        ]

    def _places(self, rng: Random, cut: bool) -> list[_Place]:
        wanted = rng.randint(4, 14)
        zoom = (1.16 if wanted <= 6 else 1.0 if wanted <= 10 else 0.86) * rng.uniform(0.94, 1.06)
        favourite = rng.choice(sorted(WHOLE))
        cx, cy = WIDTH * rng.uniform(0.4, 0.6), HEIGHT * rng.uniform(0.42, 0.58)
        spread = 0.30 + 0.018 * wanted
        places: list[_Place] = []
        for _ in range(900):
            if len(places) == wanted:
                break
            if cut and len(places) % 4 == 1:
                sprite = rng.choice(self._halves)
            else:
                kind = favourite if rng.random() < 0.3 else rng.choice(sorted(WHOLE))
                sprite = rng.choice(self._sprites[kind])
            side = round(_PIXELS_PER_ORANGE * zoom * sprite.size)
            x, y = rng.gauss(cx, WIDTH * spread * 0.62), rng.gauss(cy, HEIGHT * spread * 0.62)
            if not (side * 0.12 < x < WIDTH - side * 0.12 and side * 0.12 < y < HEIGHT - side * 0.12):
                continue
            if all(math.hypot(x - p.x, y - p.y) > 0.385 * (side + p.side) for p in places):
                places.append(_Place(sprite, x, y, side, rng.uniform(0, 360)))
        # Farther pieces are put down first, so that nearer ones lie over them.
        return sorted(places, key=lambda place: place.y)


def _put(
    canvas: Image.Image,
    owner: Image.Image,
    place: _Place,
    index: int,
    light: tuple[float, float],
    warm: Color,
    shade: Color,
) -> int:
    """Put one piece down with its shadow; answers how many pixels it covers when nothing hides it."""
    sprite, side = place.sprite, place.side
    turn = place.turn
    albedo = sprite.albedo.resize((side, side), Image.Resampling.HAMMING)
    mask = sprite.mask.resize((side, side), Image.Resampling.HAMMING)
    # Rotating the colours without expanding keeps the middle in place; the mask hides the corners.
    pad = round(side * 0.10)
    wide = side + 2 * pad
    colors = Image.new("RGB", (wide, wide), albedo.getpixel((side // 2, side // 2)))
    colors.paste(albedo, (pad, pad))
    alpha = Image.new("L", (wide, wide), 0)
    alpha.paste(mask, (pad, pad))
    colors = colors.rotate(turn, Image.Resampling.BICUBIC, fillcolor=albedo.getpixel((side // 2, side // 2)))
    alpha = alpha.rotate(turn, Image.Resampling.BILINEAR, fillcolor=0)
    bump = sprite.bump.resize((wide, wide), Image.Resampling.BILINEAR) if sprite.bump else None
    if sprite.cut or sprite.kind == "leaf":
        body = _flat(colors, alpha, light, warm, shade)
    else:
        body = lit(colors, alpha, light=light, warm=warm, shade=shade, gloss=sprite.gloss, bump=bump)
    x, y = round(place.x - wide / 2), round(place.y - wide / 2)
    lift = 0.25 if sprite.kind == "leaf" else 0.55 if sprite.cut else 1.0
    away = (-light[0] * side * 0.13 * lift, -light[1] * side * 0.13 * lift)
    _shadow(canvas, alpha, x, y, away, side * 0.07 * lift + 2, 0.50)
    _shadow(canvas, alpha, x, y, (away[0] * 0.35, away[1] * 0.35), side * 0.025 + 1, 0.42)
    canvas.paste(body, (x, y), alpha)
    solid = alpha.point([255 if v > 127 else 0 for v in range(256)])
    owner.paste(index, (x, y, x + wide, y + wide), solid)
    return solid.histogram()[255]


def _flat(
    colors: Image.Image, alpha: Image.Image, light: tuple[float, float], warm: Color, shade: Color
) -> Image.Image:
    """Light a flat thing: only its rim turns towards or away from the light."""
    soft = alpha.filter(ImageFilter.GaussianBlur(3))
    slope = ImageChops.subtract(
        shifted(soft, -light[0] * 3, -light[1] * 3), shifted(soft, light[0] * 3, light[1] * 3), 1.0, 128
    )
    dark = ramp(curve(slope, lambda v: min(1.0, 1.25 - 0.5 * v)), shade, (255, 255, 255))
    shine = curve(slope, lambda v: max(0.0, (0.45 - v) * 0.8))
    return ImageChops.screen(ImageChops.multiply(colors, dark), ramp(shine, (0, 0, 0), warm))


def _shadow(
    canvas: Image.Image,
    mask: Image.Image,
    x: int,
    y: int,
    away: tuple[float, float],
    blur: float,
    strength: float,
) -> None:
    """Darken the canvas by a blurred, shifted silhouette."""
    margin = round(blur * 2.5)
    soft = Image.new("L", (mask.width + 2 * margin, mask.height + 2 * margin), 0)
    soft.paste(mask, (margin, margin))
    soft = soften(soft, blur)
    at = (round(x - margin + away[0]), round(y - margin + away[1]))
    canvas.paste((26, 18, 20), (*at, at[0] + soft.width, at[1] + soft.height), curve(soft, _faded(strength)))


@functools.cache
def _faded(strength: float) -> list[int]:
    return graph(lambda v: v * strength)


def _truth(
    owner: Image.Image, places: list[_Place], full: list[int]
) -> tuple[tuple[Piece, ...], tuple[Box, ...]]:
    counts = owner.histogram()
    pieces: list[Piece] = []
    clutter: list[Box] = []
    for index, place in enumerate(places, start=1):
        alone = owner.point([255 if v == index else 0 for v in range(256)])
        found = alone.getbbox()
        if found is None or counts[index] < 0.2 * full[index - 1]:
            continue
        left, top, right, bottom = found
        box = Box(top / HEIGHT, left / WIDTH, bottom / HEIGHT, right / WIDTH)
        if place.sprite.kind == "leaf":
            clutter.append(box)
        else:
            pieces.append(Piece(place.sprite.kind, box, counts[index] / full[index - 1]))
    return tuple(pieces), tuple(clutter)


def _develop(rng: Random, canvas: Image.Image, grain: Image.Image, daylight: bool) -> Image.Image:
    """Light that falls off across the table, the colour of the hour, and a little film grain."""
    small = (WIDTH // 8, HEIGHT // 8)
    gradient = (
        Image.linear_gradient("L").resize((300, 300)).rotate(rng.uniform(28, 48), Image.Resampling.BICUBIC)
    )
    gradient = gradient.crop((60, 60, 240, 240)).resize(small, Image.Resampling.BICUBIC)
    dapple = cloud(rng, small, (4, 3), 2).filter(ImageFilter.GaussianBlur(3))
    fall = 0.30 if daylight else 0.52
    light = Image.blend(
        curve(gradient, lambda v: 1.0 - fall * v), curve(dapple, lambda v: 0.72 + 0.42 * v), 0.25
    )
    light = light.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    bright: Color = (255, 252, 246) if daylight else (255, 226, 176)
    dim: Color = (14, 16, 26) if daylight else (30, 10, 6)
    image = ImageChops.multiply(canvas, ramp(light, dim, bright))
    image = ImageChops.add(image, grain, 1.0, -128)
    gain = 1.34 if daylight else 1.16
    return image.point(graph(lambda v: 1 - (1 - v) ** gain) * 3)
