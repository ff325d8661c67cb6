"""Where the fruit of a demo picture lies, and the exact truth that follows from it (no painting here).

Boxes enclose the visible part of a piece, counted pixel by pixel after everything that lies above it was
put down.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from PIL import Image

from dashboard.demo.fruits import WHOLE, Sprite

WIDTH, HEIGHT = 960, 640
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
class Truth:
    """What is in a picture. `clutter` are boxes of things that are no fruit (leaves), `facts` say of each
    image-level concept whether it holds."""

    name: str
    pieces: tuple[Piece, ...]
    clutter: tuple[Box, ...]
    facts: dict[str, bool]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sprite lies: middle in pixels, side in pixels, turn in degrees."""

    sprite: Sprite
    x: float
    y: float
    side: int
    turn: float

    @property
    def pad(self) -> int:
        """Room around the sprite, so that nothing is cut off when it is turned."""
        return round(self.side * 0.10)

    @property
    def wide(self) -> int:
        return self.side + 2 * self.pad

    @property
    def corner(self) -> tuple[int, int]:
        """Top left pixel of the padded sprite in the picture."""
        return round(self.x - self.wide / 2), round(self.y - self.wide / 2)

    def mask(self) -> Image.Image:
        """The silhouette as it lies there, `wide` pixels square."""
        alpha = Image.new("L", (self.wide, self.wide), 0)
        resized = self.sprite.mask.resize((self.side, self.side), Image.Resampling.HAMMING)
        alpha.paste(resized, (self.pad, self.pad))
        return alpha.rotate(self.turn, Image.Resampling.BILINEAR, fillcolor=0)


def leaf_places(rng: Random, leaves: Sequence[Sprite]) -> list[Place]:
    """Up to three leaves anywhere."""
    return [
        Place(
            rng.choice(leaves),
            rng.uniform(60, WIDTH - 60),
            rng.uniform(50, HEIGHT - 50),
            rng.randint(95, 140),
            rng.uniform(0, 360),
        )
        for _ in range(rng.choice((0, 1, 1, 2, 3)))
    ]


def fruit_places(
    rng: Random, sprites: dict[str, list[Sprite]], halves: Sequence[Sprite], cut: bool
) -> list[Place]:
    """4 to 14 pieces around a middle; neighbours may cover each other a little, never much."""
    wanted = rng.randint(4, 14)
    zoom = (1.16 if wanted <= 6 else 1.0 if wanted <= 10 else 0.86) * rng.uniform(0.94, 1.06)
    favourite = rng.choice(sorted(WHOLE))
    cx, cy = WIDTH * rng.uniform(0.4, 0.6), HEIGHT * rng.uniform(0.42, 0.58)
    spread = 0.30 + 0.018 * wanted
    places: list[Place] = []
    for _ in range(900):
        if len(places) == wanted:
            break
        if cut and len(places) % 4 == 1:
            sprite = rng.choice(halves)
        else:
            kind = favourite if rng.random() < 0.3 else rng.choice(sorted(WHOLE))
            sprite = rng.choice(sprites[kind])
        side = round(_PIXELS_PER_ORANGE * zoom * sprite.size)
        x, y = rng.gauss(cx, WIDTH * spread * 0.62), rng.gauss(cy, HEIGHT * spread * 0.62)
        if not (side * 0.12 < x < WIDTH - side * 0.12 and side * 0.12 < y < HEIGHT - side * 0.12):
            continue
        if all(math.hypot(x - p.x, y - p.y) > 0.385 * (side + p.side) for p in places):
            places.append(Place(sprite, x, y, side, rng.uniform(0, 360)))
    # Farther pieces are put down first, so that nearer ones lie over them.
    return sorted(places, key=lambda place: place.y)


def tell(places: Sequence[Place], masks: Sequence[Image.Image]) -> tuple[tuple[Piece, ...], tuple[Box, ...]]:
    """Boxes of fruit and of clutter when the places are laid down in this order."""
    owner = Image.new("L", (WIDTH, HEIGHT), 0)
    full = []
    for index, (place, mask) in enumerate(zip(places, masks, strict=True), start=1):
        solid = mask.point([255 if v > 127 else 0 for v in range(256)])
        x, y = place.corner
        owner.paste(index, (x, y, x + place.wide, y + place.wide), solid)
        full.append(solid.histogram()[255])
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
