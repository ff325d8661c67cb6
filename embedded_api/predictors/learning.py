"""Which colours speak for which concept: learned from what people approved in the app, or guessed from names."""

from __future__ import annotations

import colorsys
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from embedded_api.predictors.seeing import Box, Palette, View, bin_of

FEWEST = 3  # boxes of a concept from which its colours can be learned
Example = tuple[View, Sequence[tuple[str, Box]]]
"""A picture and what is in it: (concept id, box)"""
_SMOOTHING = 2e-4  # share that every colour has in the background, so that a rare one proves nothing


def learned(examples: Iterable[Example]) -> Palette | None:
    """A palette from examples; None when no concept has at least three boxes."""
    inside: dict[str, Counter[int]] = defaultdict(Counter)
    outside: Counter[int] = Counter()
    boxes: Counter[str] = Counter()
    for view, things in examples:
        taken: set[int] = set()
        for name, box in things:
            core = list(_places(view, box, core=True))
            inside[name].update(view.shades[place] for place in core)
            boxes[name] += 1
            taken.update(_places(view, box, core=False))
        outside.update(shade for place, shade in enumerate(view.shades) if place not in taken)
    known = {name: counts for name, counts in inside.items() if boxes[name] >= FEWEST and counts}
    if not known:
        return None
    background = outside.total() or 1
    weights: dict[int, dict[str, float]] = {}
    for shade in {shade for counts in known.values() for shade in counts}:
        shares = {name: counts[shade] / counts.total() for name, counts in known.items() if counts[shade]}
        whole = sum(shares.values()) + outside[shade] / background * len(known) + _SMOOTHING
        weights[shade] = {name: share / whole for name, share in shares.items()}
    return Palette(weights)


def _places(view: View, box: Box, *, core: bool) -> Iterable[int]:
    """Pixels of a box; `core`: of the ellipse in its middle, where the thing itself is and not its surroundings."""
    top, left = int(box[0] * view.height), int(box[1] * view.width)
    bottom, right = min(round(box[2] * view.height), view.height), min(round(box[3] * view.width), view.width)
    row0, column0 = (top + bottom - 1) / 2, (left + right - 1) / 2
    tall, wide = max(0.8 * (bottom - top) / 2, 0.5), max(0.8 * (right - left) / 2, 0.5)
    for row in range(top, bottom):
        for column in range(left, right):
            if not core or ((row - row0) / tall) ** 2 + ((column - column0) / wide) ** 2 <= 1:
                yield row * view.width + column


def guessed(concepts: Sequence[str]) -> Palette:
    """Without examples: strong colours stand out, and every concept has the hue that its id hashes to.

    The names are as good as chance; the boxes are of use. Values are 0.6 at most, to say so.
    """
    hues = {name: hashlib.sha256(name.encode()).digest()[0] / 256 for name in concepts}
    weights: dict[int, dict[str, float]] = {}
    for step in range(32):
        hue = (step + 0.5) / 32
        nearest = min(concepts, key=lambda name: (_apart(hues[name], hue), name), default="")
        if not nearest:
            break
        for strength in range(3, 8):
            for light in range(1, 4):
                color = colorsys.hsv_to_rgb(hue, (strength + 0.5) / 8, (light + 0.5) / 4)
                red, green, blue = (round(part * 255) for part in color)
                weights[bin_of(red, green, blue)] = {nearest: 0.6}
    return Palette(weights)


def _apart(first: float, second: float) -> float:
    """Distance of two hues on their circle, 0 to 0.5."""
    gap = abs(first - second)
    return min(gap, 1 - gap)
