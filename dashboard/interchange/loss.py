"""What an import or export could not carry over, counted by kind.

A converter never drops anything in silence: each loss is a `Problem`, and a `LossReport` gathers them. The
report holds exact counts for every kind but only a bounded number of examples, so a folder of a million
broken files needs no more memory than a small one.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """What a problem cost: an image that was left out, a shape that was left out, or a remark only."""

    IMAGE_SKIPPED = "image_skipped"
    BOX_SKIPPED = "box_skipped"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that was not carried over as written.

    `kind` is a stable word for counting (`box_outside`, `image_missing`, ...), `file` the file's name
    inside the folder, `detail` a sentence for a person. `index` is the 0-based place of the object inside
    its file, `concept` and `box` (four numbers as written: xmin, ymin, xmax, ymax) say which one it was,
    where that is known.
    """

    kind: str
    severity: Severity
    file: str
    detail: str
    index: int | None = None
    concept: str | None = None
    box: tuple[float, float, float, float] | None = None

    def as_dict(self) -> dict[str, Any]:
        """The problem as plain JSON values; unknown fields are left out."""
        found: dict[str, Any] = {"kind": self.kind, "severity": str(self.severity), "file": self.file}
        if self.index is not None:
            found["object"] = self.index
        if self.concept is not None:
            found["concept"] = self.concept
        if self.box is not None:
            found["box"] = list(self.box)
        found["detail"] = self.detail
        return found


@dataclass(slots=True)
class LossReport:
    """Counts of what was read and of what was lost.

    `keep` is how many problems of each kind are kept as examples when they cost something; of mere notes
    only `keep_notes` are kept. Counts are always complete.
    """

    keep: int = 500
    keep_notes: int = 3
    images_found: int = 0
    images_read: int = 0
    boxes_found: int = 0
    boxes_read: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    severities: dict[str, Severity] = field(default_factory=dict)
    examples: dict[str, list[Problem]] = field(default_factory=dict)

    def add(self, problem: Problem) -> None:
        """Count one problem and keep it as an example while there is room for its kind."""
        self.counts[problem.kind] += 1
        self.severities.setdefault(problem.kind, problem.severity)
        room = self.keep_notes if problem.severity is Severity.NOTE else self.keep
        kept = self.examples.setdefault(problem.kind, [])
        if len(kept) < room:
            kept.append(problem)

    def extend(self, problems: Iterable[Problem]) -> None:
        """Count several problems."""
        for problem in problems:
            self.add(problem)

    @property
    def losses(self) -> int:
        """How many images and boxes were left out; notes do not count."""
        return sum(n for kind, n in self.counts.items() if self.severities[kind] is not Severity.NOTE)

    def problems(self, *, notes: bool = False) -> list[Problem]:
        """The kept examples in order of kind, without the notes unless asked."""
        return [
            problem
            for kind in sorted(self.examples)
            for problem in self.examples[kind]
            if notes or problem.severity is not Severity.NOTE
        ]

    def as_dict(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return {
            "images": {"found": self.images_found, "read": self.images_read},
            "boxes": {"found": self.boxes_found, "read": self.boxes_read},
            "counts": dict(sorted(self.counts.items())),
            "problems": [problem.as_dict() for problem in self.problems(notes=True)],
        }

    def as_json(self) -> str:
        """The report as indented JSON text that ends in a newline."""
        return json.dumps(self.as_dict(), indent=2, ensure_ascii=False) + "\n"

    def as_text(self, *, examples: int = 20) -> str:
        """The report as lines for a terminal; at most `examples` lines for each kind."""
        lines = [
            f"Images: {self.images_read} of {self.images_found} usable. "
            f"Boxes: {self.boxes_read} of {self.boxes_found} usable."
        ]
        if not self.losses:
            lines.append("Nothing was skipped.")
        for kind in sorted(self.counts):
            severity = self.severities[kind]
            lines.append(f"{self.counts[kind]:>6}  {kind} ({severity.replace('_', ' ')})")
            shown = self.examples.get(kind, [])[:examples]
            lines += [f"        {problem.file}: {problem.detail}" for problem in shown]
            if (more := self.counts[kind] - len(shown)) > 0:
                lines.append(f"        ... and {more} more")
        return "\n".join(lines) + "\n"
