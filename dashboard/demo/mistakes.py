"""Labelers who err as people do: an object missed, a wrong class, a loose box, a box too many.

Pure and deterministic: the same labeler sees the same picture in the same way each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random

from dashboard.demo.layout import Box, Piece, Truth


class Mistake(StrEnum):
    """What is wrong with a shape, or with the lack of one. The words are the reviewers' reasons."""

    NONE = "none"
    MISSING = "missing"
    WRONG_CLASS = "wrong_class"
    LOOSE = "loose"
    EXTRA = "extra"


@dataclass(frozen=True, slots=True)
class Habits:
    """How often (0..1, per object or per picture) a labeler errs. `jitter` is the usual sloppiness of an
    edge, as a share of the object's size, that nobody would call a mistake."""

    missed: float
    wrong: float
    loose: float
    extra: float
    jitter: float = 0.012


HABITS: tuple[Habits, ...] = (
    Habits(missed=0.02, wrong=0.015, loose=0.03, extra=0.05, jitter=0.008),  # careful
    Habits(missed=0.07, wrong=0.03, loose=0.10, extra=0.16, jitter=0.016),  # quick
    Habits(missed=0.04, wrong=0.10, loose=0.05, extra=0.10, jitter=0.012),  # new to the fruit
)

# What is taken for what: a confusion needs a likeness.
LOOKALIKES: dict[str, tuple[str, ...]] = {
    "apple": ("pear", "plum"),
    "orange": ("lemon", "apple"),
    "lemon": ("orange", "pear"),
    "pear": ("apple", "lemon"),
    "plum": ("apple",),
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """One box as a labeler drew it. `mistake` says what is wrong with it, `truth` what it should have been
    (None: nothing at all). A missed object is not drawn."""

    concept: str
    box: Box
    mistake: Mistake
    truth: Piece | None = None


@dataclass(frozen=True, slots=True)
class Labels:
    """A labeler's work on one picture. `facts` maps image-level concepts to present (True) or absent
    (False)."""

    drawn: tuple[Drawn, ...]
    facts: dict[str, bool]
    missed: tuple[Piece, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """The kinds of mistake in it, in the order in which a reviewer lists them; empty when it is
        good."""
        found = {drawn.mistake for drawn in self.drawn} | ({Mistake.MISSING} if self.missed else set())
        order = (Mistake.MISSING, Mistake.WRONG_CLASS, Mistake.LOOSE, Mistake.EXTRA)
        return tuple(str(mistake) for mistake in order if mistake in found)


def label(scene: Truth, labeler: int, *, careful: bool = False, take: int = 0) -> Labels:
    """What labeler 0, 1 or 2 makes of a scene. `careful` means a second look: no mistakes. Another `take`
    is the same labeler on another day."""
    habits = Habits(0, 0, 0, 0, 0.006) if careful else HABITS[labeler % len(HABITS)]
    rng = Random(f"{scene.name}/{labeler}/{careful}/{take}")  # noqa: S311 (a demo, no secret)
    drawn: list[Drawn] = []
    missed: list[Piece] = []
    for piece in scene.pieces:
        # What is half hidden or small is overlooked more often.
        hidden = 1.0 + 3.0 * (1.0 - piece.visible) + (1.0 if piece.box.area < 0.012 else 0.0)
        if rng.random() < habits.missed * hidden:
            missed.append(piece)
        else:
            drawn.append(_draw(rng, piece, habits))
    if rng.random() < habits.extra:
        drawn.append(_extra(rng, scene))
    facts = dict(scene.facts)
    if not careful and rng.random() < habits.wrong:
        facts["daylight"] = not facts["daylight"]
    return Labels(tuple(drawn), facts, tuple(missed))


def label_with_mistakes(scene: Truth, labeler: int) -> Labels:
    """The first take of this labeler that a reviewer would send back."""
    for take in range(200):
        labels = label(scene, labeler, take=take)
        if labels.reasons:
            return labels
    return labels


def _draw(rng: Random, piece: Piece, habits: Habits) -> Drawn:
    if rng.random() < habits.wrong:
        concept = rng.choice(LOOKALIKES[piece.concept])
        return Drawn(concept, _moved(rng, piece.box, habits.jitter), Mistake.WRONG_CLASS, piece)
    if rng.random() < habits.loose:
        return Drawn(piece.concept, _loose(rng, piece.box), Mistake.LOOSE, piece)
    return Drawn(piece.concept, _moved(rng, piece.box, habits.jitter), Mistake.NONE, piece)


def _moved(rng: Random, box: Box, jitter: float) -> Box:
    height, width = box.bottom - box.top, box.right - box.left
    return _inside(
        box.top + height * rng.gauss(0, jitter),
        box.left + width * rng.gauss(0, jitter),
        box.bottom + height * rng.gauss(0, jitter),
        box.right + width * rng.gauss(0, jitter),
    )


def _loose(rng: Random, box: Box) -> Box:
    """A box with far too much room on two or three sides, or one that cuts the object."""
    height, width = box.bottom - box.top, box.right - box.left
    top, left, bottom, right = (rng.choice((0.04, 0.22, 0.34)) for _ in range(4))
    if rng.random() < 0.3:
        right, bottom = -0.2, -0.16
    return _inside(
        box.top - height * top,
        box.left - width * left,
        box.bottom + height * bottom,
        box.right + width * right,
    )


def _extra(rng: Random, scene: Truth) -> Drawn:
    """A leaf taken for a fruit, or the same fruit boxed twice."""
    if scene.clutter and rng.random() < 0.7:
        return Drawn(
            rng.choice(("pear", "plum")), _moved(rng, rng.choice(scene.clutter), 0.02), Mistake.EXTRA
        )
    piece = rng.choice(scene.pieces)
    return Drawn(piece.concept, _moved(rng, piece.box, 0.07), Mistake.EXTRA)


def _inside(top: float, left: float, bottom: float, right: float) -> Box:
    """Keep a box inside the picture and at least one percent wide and high; four decimals, as a drawing
    tool."""
    top, left = min(max(top, 0.0), 0.99), min(max(left, 0.0), 0.99)
    bottom, right = min(max(bottom, top + 0.01), 1.0), min(max(right, left + 0.01), 1.0)
    return Box(round(top, 4), round(left, 4), round(bottom, 4), round(right, 4))
