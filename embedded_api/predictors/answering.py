"""What the demo model says of pictures and texts.

Source: Clarifai API, messages Output and OutputConfig. A picture is answered with regions (a box each) and with
concepts of the whole picture, a text with the concepts that it names. The same input, the same concepts and the
same approved work give the same answer.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image

from embedded_api import fields
from embedded_api.errors import FieldError
from embedded_api.fields import Json, join
from embedded_api.models import Annotation, App, Concept, Input
from embedded_api.predictors import asking, catalog, learning, seeing
from embedded_api.status_codes import APPROVED

MAX_BOXES = 400  # approved boxes that are learned from, the oldest ones
MAX_PICTURES = 32  # that they may lie on
NAMED = 0.95  # value of a concept whose name stands in a text


@dataclass(frozen=True)
class Wish:
    """`output_config`: at most so many concepts, of at least this value, only these ids or names (empty: all)."""

    most: int
    least: float
    only: frozenset[str]


@dataclass(frozen=True)
class Answer:
    """`data` of an output, and the id of the input that it speaks of."""

    input_id: str
    data: Json


def read_wish(sent: Json, where: str) -> Wish:
    """`output_config`; its fields about training and languages say nothing to this model."""
    only = set()
    for number, concept in enumerate(fields.objects(sent, "select_concepts", where, low=0, high=1000)):
        place = f"{join(where, 'select_concepts')}[{number}]"
        name = fields.text(concept, "id", place) or fields.text(concept, "name", place, limit=255)
        if not name:
            raise FieldError(place, "needs an id or a name")
        only.add(name)
    most = fields.integer(sent, "max_concepts", where, low=0, high=1000)
    least = fields.number(sent, "min_value", where)
    if not 0 <= least <= 1:
        raise FieldError(join(where, "min_value"), "must be from 0 to 1")
    return Wish(most or catalog.MAX_CONCEPTS, least, frozenset(only))


class _Phrases:
    """The ids and names of concepts as words, word by word, so that a text is gone through once and not per name."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._first: Json = {}
        for key, name in names.items():
            for phrase in {key, name}:
                node = self._first
                for word in _words(phrase):
                    node = node.setdefault(word, {})
                node.setdefault("", set()).add(key)
        self._first.pop("", None)  # names without any word

    def spoken(self, text: str) -> set[str]:
        """The concepts whose id or name stands in the text, as whole words."""
        words = _words(text)
        ends: dict[int, set[str]] = {}
        for start in range(len(words)):
            node = self._first
            for place in range(start, len(words)):
                node = node.get(words[place], {})
                if not node:
                    break
                if keys := node.get(""):
                    ends[id(keys)] = keys
        return set[str]().union(*ends.values())


def answers(app: App, listed: list[Json], wish: Wish, media: str) -> Iterator[Answer | Exception]:
    """An answer, or why there is none, for each input of the call, in order."""
    names = dict(Concept.objects.filter(app=app).values_list("public_id", "name"))
    palette = _learned(app) or _guessed(tuple(sorted(names)))
    if wish.only:
        names = {key: name for key, name in names.items() if wish.only & {key, name}}
    phrases = _Phrases(names)
    for subject in asking.subjects(app, listed, media):
        if not isinstance(subject, asking.Subject):
            yield subject
        elif isinstance(subject.content, str):
            yield Answer(subject.id, _of_text(app, subject.content, phrases, names, wish))
        else:
            yield Answer(subject.id, _of_picture(app, subject.content, palette, names, wish))


def _of_text(app: App, text: str, phrases: _Phrases, names: Mapping[str, str], wish: Wish) -> Json:
    found = [(key, NAMED) for key in phrases.spoken(text)]
    return {"concepts": _concepts(app, found, names, wish)}


def _words(text: str) -> list[str]:
    """Words without signs and capitals."""
    return re.findall(r"\w+", text.casefold())


def _of_picture(
    app: App, image: Image.Image, palette: seeing.Palette, names: Mapping[str, str], wish: Wish
) -> Json:
    regions: list[Json] = []
    whole: dict[str, float] = defaultdict(float)
    for number, thing in enumerate(seeing.find(seeing.look(image), palette)):
        concepts = _concepts(app, thing.values, names, wish)
        if not concepts:
            continue
        top, left, bottom, right = (round(edge, 4) for edge in thing.box)
        box = {"top_row": top, "left_col": left, "bottom_row": bottom, "right_col": right}
        value = concepts[0]["value"]
        regions.append(
            {
                "id": f"thing-{number + 1}",
                "region_info": {"bounding_box": box},
                "data": {"concepts": concepts},
                "value": value,
            }
        )
        whole[concepts[0]["id"]] = max(whole[concepts[0]["id"]], value)
    return {"regions": regions, "concepts": _concepts(app, whole.items(), names, wish)}


def _concepts(
    app: App, values: Iterable[tuple[str, float]], names: Mapping[str, str], wish: Wish
) -> list[Json]:
    """Concepts as they are printed, the likeliest first; those that are not wished for are left out."""
    kept = [(key, value) for key, value in values if key in names and value >= wish.least]
    kept.sort(key=lambda item: (-item[1], item[0]))
    return [
        {"id": key, "name": names[key], "value": value, "app_id": app.public_id}
        for key, value in kept[: wish.most]
    ]


def _learned(app: App) -> seeing.Palette | None:
    """Colours from the approved boxes of the app; learned anew when one of them changes."""
    rows = Annotation.objects.filter(
        app=app, status_code=APPROVED, shape="bounding_box", input__kind="image"
    ).exclude(user_id="")  # what a model made teaches nothing
    signature = tuple(rows.order_by("pk").values_list("pk", "modified_at")[:MAX_BOXES])
    return _palette_of(signature) if signature else None


@lru_cache(maxsize=16)
def _palette_of(signature: tuple[tuple[int, str], ...]) -> seeing.Palette | None:
    keys = [key for key, _ in signature]
    boxes: dict[int, list[tuple[str, seeing.Box]]] = defaultdict(list)
    for input_pk, data in (
        Annotation.objects.filter(pk__in=keys).order_by("pk").values_list("input_id", "data")
    ):
        if input_pk in boxes or len(boxes) < MAX_PICTURES:
            boxes[input_pk] += _boxes(json.loads(data))
    rows = Input.objects.filter(pk__in=boxes).order_by("pk")
    return learning.learned((seeing.look(image), boxes[row.pk]) for row, image in asking.pictures_of(rows))


_guessed = lru_cache(maxsize=16)(learning.guessed)


def _boxes(data: Json) -> Iterator[tuple[str, seeing.Box]]:
    """(concept, box) of the regions of an annotation, those that say that something is there."""
    for region in data.get("regions", []):
        box = region.get("region_info", {}).get("bounding_box")
        for concept in region.get("data", {}).get("concepts", []) if box else []:
            if concept["value"] >= 0.5:
                edges = (box["top_row"], box["left_col"], box["bottom_row"], box["right_col"])
                yield concept["id"], edges
