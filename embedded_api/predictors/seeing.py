"""How the demo model sees: things that stand out by their colour, named by their colours. Pure, deterministic.

This is no trained network. A picture is looked at with 128 pixels on its longer side. A `Palette` says how much a
colour speaks for each concept; pixels that speak for one are joined to things, things of one concept that touch
are parted where they are narrow, and what is too small or lies inside another thing is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageFilter

SIDE: Final = 128  # pixels
SMALLEST: Final = 0.003  # of the picture's area; 32 pixels of 128 x 85
LEAST: Final = 0.5  # value of a thing's own concept; what is less sure is mostly a shadow or a grain
MAX_THINGS: Final = 100
_NARROW: Final = 0.65  # of a thing's greatest depth: where it is less deep, it may be two things
_INSIDE: Final = 0.75  # of a box that lies in a larger one

Box = tuple[float, float, float, float]
"""(top, left, bottom, right) as fractions of height and width, 0 to 1"""
Spot = tuple[int, int]
"""(row, column) of a pixel"""
Shades = list[int]
"""The colour bin of every pixel, row by row"""


@dataclass(frozen=True)
class Palette:
    """`weights[bin]` = how much this colour speaks for each concept (0 to 1 each, at most 1 in all)."""

    weights: Mapping[int, Mapping[str, float]]


@dataclass(frozen=True)
class Thing:
    """Something in a picture; `values` tells how much it looks like each concept (0 to 1), its own first."""

    box: Box
    values: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class View:
    """A small picture as colour bins."""

    width: int
    height: int
    shades: Shades


def look(image: Image.Image) -> View:
    """A picture -> its colour bins: 32 hues, 8 strengths of colour, 4 of light."""
    small = image.convert("RGB")
    small.thumbnail((SIDE, SIDE), Image.Resampling.BILINEAR)
    hues, strengths, lights = small.filter(ImageFilter.MedianFilter(3)).convert("HSV").split()
    bins = [
        hue >> 3 << 5 | strength >> 5 << 2 | light >> 6
        for hue, strength, light in zip(hues.tobytes(), strengths.tobytes(), lights.tobytes(), strict=True)
    ]
    return View(*small.size, bins)


def bin_of(red: int, green: int, blue: int) -> int:
    """The colour bin of one colour, channels 0 to 255."""
    return look(Image.new("RGB", (3, 3), (red, green, blue))).shades[4]


def find(view: View, palette: Palette) -> list[Thing]:
    """The things in a picture, the surest first, at most 100."""
    names = sorted({name for weights in palette.weights.values() for name in weights})
    layers = _layers(view, palette, names)
    things = []
    for name, spots in layers.items():
        for part in _pieces(spots):
            for piece in _parted(part):
                if len(piece) < SMALLEST * view.width * view.height:
                    continue
                thing = _thing(view, palette, piece, name)
                if thing.values and thing.values[0][1] >= LEAST:
                    things.append(thing)
    things.sort(key=lambda thing: (-_area(thing.box), thing.box))
    kept: list[Thing] = []
    for thing in things:
        if not any(_within(thing.box, other.box) for other in kept):
            kept.append(thing)
    kept.sort(key=lambda thing: (-thing.values[0][1], thing.box))
    return kept[:MAX_THINGS]


def _layers(view: View, palette: Palette, names: list[str]) -> dict[str, set[Spot]]:
    """By concept: the pixels that speak for it more than for another, smoothed over their neighbours."""
    numbers = {name: place + 1 for place, name in enumerate(names[:254])}
    best = {}
    for shade, weights in palette.weights.items():
        name, weight = max(weights.items(), key=lambda item: (item[1], item[0]))
        # Together the concepts must speak louder than the background.
        best[shade] = numbers.get(name, 0) if sum(weights.values()) > 0.5 and weight > 0 else 0
    labels = Image.frombytes(
        "L", (view.width, view.height), bytes(best.get(shade, 0) for shade in view.shades)
    ).filter(ImageFilter.ModeFilter(5))
    layers: dict[str, set[Spot]] = {}
    by_number = {number: name for name, number in numbers.items()}
    for place, number in enumerate(labels.tobytes()):
        if number:
            layers.setdefault(by_number[number], set()).add(divmod(place, view.width))
    return layers


def _around(spot: Spot) -> tuple[Spot, Spot, Spot, Spot]:
    row, column = spot
    return ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1))


def _pieces(spots: set[Spot]) -> list[set[Spot]]:
    """Connected parts."""
    left, pieces = set(spots), []
    for start in sorted(spots):
        if start not in left:
            continue
        left.discard(start)
        piece, edge = {start}, [start]
        while edge:
            fresh = [near for near in _around(edge.pop()) if near in left]
            left.difference_update(fresh)
            piece.update(fresh)
            edge += fresh
        pieces.append(piece)
    return pieces


def _parted(piece: set[Spot]) -> list[set[Spot]]:
    """One part, or several where it is two round things that touch: cut between its deep middles."""
    depths: dict[Spot, int] = {}
    core, depth = piece, 0
    while core:
        depth += 1
        depths.update(dict.fromkeys(core, depth))
        core = {spot for spot in core if all(near in core for near in _around(spot))}
    middles = _pieces({spot for spot, deep in depths.items() if deep > _NARROW * depth})
    if depth < 4 or len(middles) < 2:
        return [piece]
    parts: list[set[Spot]] = [set(middle) for middle in middles]
    owner = {spot: number for number, part in enumerate(parts) for spot in part}
    edge = [spot for part in parts for spot in sorted(part)]
    for spot in edge:  # grows while it is walked: every pixel joins the middle that reaches it first
        for near in _around(spot):
            if near in piece and near not in owner:
                owner[near] = owner[spot]
                parts[owner[spot]].add(near)
                edge.append(near)
    return parts


def _thing(view: View, palette: Palette, piece: set[Spot], name: str) -> Thing:
    rows, columns = [row for row, _ in piece], [column for _, column in piece]
    box = (
        min(rows) / view.height,
        min(columns) / view.width,
        (max(rows) + 1) / view.height,
        (max(columns) + 1) / view.width,
    )
    values = _values(palette, (view.shades[row * view.width + column] for row, column in piece))
    # The name comes from the smoothed picture; a stray colour must not outvote it.
    values.sort(key=lambda item: (item[0] != name, -item[1], item[0]))
    return Thing(box, tuple(values))


def _values(palette: Palette, shades: Iterable[int]) -> list[tuple[str, float]]:
    """Mean weight of each concept over some pixels, 0 to 1, rounded to three digits."""
    sums: dict[str, float] = defaultdict(float)
    total = 0
    for shade in shades:
        total += 1
        for name, weight in palette.weights.get(shade, {}).items():
            sums[name] += weight
    return [(name, round(value / total, 3)) for name, value in sums.items() if value / total >= 0.01]


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _within(inner: Box, outer: Box) -> bool:
    height = min(inner[2], outer[2]) - max(inner[0], outer[0])
    width = min(inner[3], outer[3]) - max(inner[1], outer[1])
    return height > 0 and width > 0 and height * width >= _INSIDE * _area(inner)
