"""Demo pictures: fruit on a table, seen from above, with the truth about every piece.

`SceneStudio(seed).scene(n)` draws picture n of a series; `truth(n)` tells what is in it without drawing
it, which takes a tenth of the time. The same seed and number give the same picture and the same truth on
every machine (up to the JPEG encoder's version).
"""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass
from random import Random

from PIL import Image, ImageFilter

from dashboard.demo import composition, layout
from dashboard.demo.fruits import HALVES, WHOLE, leaf
from dashboard.demo.layout import HEIGHT, WIDTH, Place, Truth
from dashboard.demo.paint import curve, noise
from dashboard.demo.surfaces import SURFACES, table

CONCEPTS: tuple[tuple[str, str], ...] = (
    ("apple", "Apple"),
    ("orange", "Orange"),
    ("lemon", "Lemon"),
    ("pear", "Pear"),
    ("plum", "Plum"),
)
IMAGE_CONCEPTS: tuple[tuple[str, str], ...] = (("cut-fruit", "Cut fruit"), ("daylight", "Daylight"))
_VARIANTS = 5
_WOODEN = ("oak", "walnut")  # a wooden board does not stand out from them


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture and the truth about it."""

    truth: Truth
    image: Image.Image

    def jpeg(self, quality: int = 87) -> bytes:
        """The picture as JPEG bytes, 960 x 640."""
        out = io.BytesIO()
        self.image.save(out, "JPEG", quality=quality, subsampling=1, optimize=False)
        return out.getvalue()


class SceneStudio:
    """Holds the sprites and tables of one seed; drawing them once makes a picture cheap."""

    def __init__(self, seed: int = 7) -> None:
        self.seed = seed
        rng = self._random("props")
        self._sprites = {kind: [make(rng) for _ in range(_VARIANTS)] for kind, make in WHOLE.items()}
        self._halves = [make(rng) for make in HALVES for _ in range(3)]
        self._leaves = [leaf(rng) for _ in range(4)]
        self._tables: dict[str, Image.Image] = {}

    def truth(self, number: int) -> Truth:
        """What is in picture `number` (0, 1, 2, ...)."""
        places, facts = self._lay_out(number)
        return self._truth(number, places, facts, [place.mask() for place in places])

    def scene(self, number: int) -> Scene:
        """Draw picture `number` (0, 1, 2, ...)."""
        places, facts = self._lay_out(number)
        masks = [place.mask() for place in places]
        rng = self._random(f"scene/{number}/look")
        kinds = sorted(SURFACES)
        kind = kinds[(number + rng.choice((0, 0, 3))) % len(kinds)]
        canvas = composition.set_table(rng, self._table(kind), with_board=kind not in _WOODEN)
        for place, mask in zip(places, masks, strict=True):
            composition.put(canvas, place, mask, daylight=facts["daylight"])
        image = composition.develop(rng, canvas, self._grain, facts["daylight"])
        return Scene(self._truth(number, places, facts, masks), image)

    def _lay_out(self, number: int) -> tuple[list[Place], dict[str, bool]]:
        rng = self._random(f"scene/{number}")
        daylight = rng.random() < 0.7
        cut = rng.random() < 0.4
        places = layout.leaf_places(rng, self._leaves)
        places += layout.fruit_places(rng, self._sprites, self._halves, cut)
        return places, {"cut-fruit": any(place.sprite.cut for place in places), "daylight": daylight}

    def _truth(
        self, number: int, places: list[Place], facts: dict[str, bool], masks: list[Image.Image]
    ) -> Truth:
        pieces, clutter = layout.tell(places, masks)
        return Truth(f"table-{number + 1:03d}", pieces, clutter, facts)

    def _table(self, kind: str) -> Image.Image:
        if kind not in self._tables:
            self._tables[kind] = table(self._random(f"table/{kind}"), kind)
        return self._tables[kind]

    @functools.cached_property
    def _grain(self) -> Image.Image:
        """Film grain around mid-grey, the same for all pictures."""
        grain = noise(self._random("grain"), WIDTH, HEIGHT).filter(ImageFilter.GaussianBlur(0.7))
        return Image.merge("RGB", [curve(grain, lambda v: 0.5 + (v - 0.5) * 0.045)] * 3)

    def _random(self, what: str) -> Random:
        return Random(f"{self.seed}/{what}")  # noqa: S311 (pictures, not secrets)
