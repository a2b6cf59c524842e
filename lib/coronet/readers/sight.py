"""From a photograph to its plates: text is found and read, joined, looked at again, and weighed."""

from __future__ import annotations

import math
import re
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from PIL import Image

from coronet import plates
from coronet.model import Corners
from coronet.readers import ctc, judgement
from coronet.readers.geometry import Quad, fractions, grown, sides
from coronet.readers.recognizer import Recognizer, View
from coronet.readers.shapes import Part, Shape, same_place, side_by_side, stacked
from coronet.readers.textfinder import TextFinder, TextLine

_FINER_PIXELS = 1.3e6  # as much as the memory is meant for
_PLACES, _LOOKED_AT = 3, 2
_WIDEST = 7.0  # heights: no plate's line is wider
_HOPELESS, _LIKELY = 0.05, 0.3


@dataclass(frozen=True, slots=True)
class Search:
    """How closely a photograph is searched, and then each place's surroundings.

    The photograph's longer side is taken as `longest` pixels; then a box `zoom` times as wide as the place, as
    `zoomed`. `again` is whether the text is also read again where the first of the two saw it.
    """

    longest: int
    zoom: float
    zoomed: int
    again: bool


_GLANCE = Search(576, zoom=3.0, zoomed=320, again=False)
_LOOK = Search(960, zoom=4.0, zoomed=448, again=True)


@dataclass(slots=True, eq=False)
class Spot:
    """A place that may be a plate: the shapes seen there, and what they may say with its share of belief, best first.

    `belief` is that in the best text, before anything but the text is weighed; then follow `features` (see judgement).
    """

    shapes: list[Shape]
    texts: dict[str, float] = field(default_factory=dict)
    belief: float = 0.0
    features: dict[str, float] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The best text."""
        return next(iter(self.texts))

    @property
    def probability(self) -> float:
        """The probability that the best text is the photograph's plate."""
        return judgement.probability(self.features)

    @property
    def area(self) -> float:
        """The text's area in pixels of the photograph."""
        return math.prod(sides(self.shapes[0].quad))

    def corners(self, size: tuple[int, int]) -> Corners:
        """The plate's outline, a little outside its text, as fractions of an image of `size`."""
        saying = (shape for shape in self.shapes if any(said == self.text for _, said in shape.said()))
        quad = next(saying, self.shapes[0]).quad
        _, height = sides(quad)
        return fractions(grown(quad, height / 4, height / 8), size)

    def characters(self) -> tuple[float, ...]:
        """For each character of the best text, the probability of it among the texts of the same length."""
        alike = {text: share for text, share in self.texts.items() if len(text) == len(self.text)}
        return tuple(
            sum(share for text, share in alike.items() if text[place] == character)
            for place, character in enumerate(self.text)
        )


class Sight:
    """Text detection and recognition, and what links them."""

    def __init__(
        self, detection: Path, recognition: Path, second_recognition: Path, *, countries: tuple[str, ...] = ()
    ) -> None:
        self._finder = TextFinder(detection)
        self._recognizer = Recognizer(recognition)
        self._second_recognizer = Recognizer(second_recognition, second=True)
        self._countries = countries

    def spots(self, image: Image.Image, *, seconds: float) -> list[Spot]:
        """The places of `image` that may be plates, the best first (see judgement.rank).

        A glance settles most photographs. Where it does not, a look follows, and a finer one where nothing is like a
        plate. After `seconds` nothing further is looked at.
        """
        end = time.monotonic() + seconds
        finer = replace(_LOOK, longest=int((_FINER_PIXELS * max(image.size) / min(image.size)) ** 0.5))
        spots = self._search(image, _GLANCE, [], end)
        if not _settled(spots) and time.monotonic() < end:
            spots = self._search(image, _LOOK, spots, end)
        if all(spot.belief < _HOPELESS for spot in spots) and time.monotonic() < end:
            spots = self._search(image, finer, spots, end)
        return sorted(spots, key=lambda spot: judgement.rank(spot.probability, spot.area), reverse=True)

    def _search(self, image: Image.Image, search: Search, known: list[Spot], end: float) -> list[Spot]:
        """The places found by this search, with what is `known` of them; and the other ones that are known."""
        lines = self._finder.find(image, search.longest)
        spots = self._places(self._shapes(image, lines))
        settled = False
        for spot in spots[:_LOOKED_AT]:
            perhaps_another = plates.fit(spot.text, self._countries) >= plates.KNOWN
            if time.monotonic() < end and (perhaps_another or not settled):
                self._look_closer(spot, image, search)
                self._believe(spot)
                self._weigh(spots, image, len(lines))
                settled = _settled(spots)
        for old in known:
            same = next((spot for spot in spots if same_place(spot.shapes[0], old.shapes[0])), None)
            if same:
                same.shapes += old.shapes
                self._believe(same)
            else:
                spots.append(old)
        self._weigh(spots, image, len(lines))
        return spots

    def _places(self, shapes: list[Shape]) -> list[Spot]:
        """The most promising of the shapes, each in a place of its own."""
        spots: list[Spot] = []
        for shape in sorted(shapes, key=self._promise, reverse=True):
            if len(spots) < _PLACES and not any(same_place(shape, spot.shapes[0]) for spot in spots):
                spots.append(Spot([shape]))
                self._believe(spots[-1])
        return [spot for spot in spots if spot.texts]

    def _shapes(self, image: Image.Image, lines: Sequence[TextLine]) -> list[Shape]:
        parts = [self._part(image, line) for line in lines if _narrow(line)]
        joined = [self._part(image, line) for line in side_by_side(parts)]
        singles = [Shape((part,)) for part in parts + joined]
        return [shape for shape in singles + list(stacked(parts)) if 3 <= len(shape.text) <= plates.MAX_LENGTH]

    def _part(self, image: Image.Image, line: TextLine) -> Part:
        return Part(line, (self._recognizer.read(image, line, View.TIGHT),))

    def _read_again(self, image: Image.Image, shape: Shape) -> Shape:
        parts = []
        for part in shape.parts:
            more = (
                self._recognizer.read(image, part.line, View.WIDE),
                self._second_recognizer.read(image, part.line, View.TIGHT),
                self._second_recognizer.read(image, part.line, View.WIDE),
            )
            parts.append(Part(part.line, (*part.reads, *more)))
        return Shape(tuple(parts))

    def _look_closer(self, spot: Spot, image: Image.Image, search: Search) -> None:
        """Search the surroundings at a higher zoom; the most promising shape there joins the spot."""
        first = spot.shapes[0]
        if search.again:
            spot.shapes[0] = self._read_again(image, first)
        low, high = _around(first.quad, search.zoom, image.size)
        found = self._finder.find(image.crop((*low, *high)), search.zoomed)
        lines = [TextLine(line.core + low, line.score) for line in found]
        shapes = self._shapes(image, [line for line in lines if _near(line.quad(), first.quad)])
        same = [shape for shape in shapes if same_place(shape, first)]
        if same:
            spot.shapes.append(self._read_again(image, max(same, key=self._promise)))

    def _weigh(self, spots: Sequence[Spot], image: Image.Image, lines: int) -> None:
        shaped = [spot.shapes[0].height for spot in spots if plates.fit(spot.text, self._countries)]
        for spot in spots:
            spot.features = judgement.features(
                spot.text,
                shapes=spot.shapes,
                image=image,
                countries=self._countries,
                lines=lines,
                highest=max(shaped, default=spot.shapes[0].height),
            )

    def _promise(self, shape: Shape) -> float:
        """How much a shape looks like a plate at first glance; no probability, but the more, the better."""
        looks = [part.reads[0].look for part in shape.parts]
        sure = np.prod([look[ctc.greedy(look)[1]].max(axis=1).prod() for look in looks])
        raw = " ".join(part.reads[0].raw for part in shape.parts)
        odd = len(re.sub(r"[A-Z0-9 .·-]", "", raw)) + 3 * len(re.findall(r"[:/]\d\d", raw))
        worth = judgement.prior(shape.text, self._countries)
        height = shape.height
        if worth == 1:  # elsewhere the second line may be no part of the plate: a region, a town
            height *= len(shape.parts)
        return float(worth * (0.05 + sure) * 0.5**odd * height**0.5)

    def _believe(self, spot: Spot) -> None:
        """Let the spot's shapes vote: the mean of their probabilities, times what the text is worth as a plate."""
        pool = {text for shape in spot.shapes for text in shape.texts(set())}
        votes = [shape.texts(pool) for shape in spot.shapes]
        worth = {
            text: judgement.prior(text, self._countries) * sum(vote.get(text, 0.0) for vote in votes) / len(votes)
            for text in pool
        }
        drawn: dict[str, float] = defaultdict(float)  # texts that a font may draw alike share their votes
        for text, each in worth.items():
            drawn[plates.drawn_alike(text)] += each
        best = sorted(worth, key=lambda text: (-drawn[plates.drawn_alike(text)], -worth[text]))[:20]
        if best and (settled := plates.as_drawn(best[0])) != best[0]:  # which of them it is, a format tells, not a look
            worth[settled] = max(worth[best[0]], worth.get(settled, 0.0))
            best = [settled, *(text for text in best if text != settled)]
        total = sum(worth[text] for text in best)
        if total > 0:
            spot.texts = {text: worth[text] / total for text in best}
            spot.belief = worth[best[0]]


def _settled(spots: Sequence[Spot]) -> bool:
    """Whether the largest place that is likely to be a plate needs no further look."""
    likely = (spot for spot in spots if spot.probability >= _LIKELY)
    largest = max(likely, key=lambda spot: spot.area, default=None)
    return largest is not None and judgement.settled(largest.features)


def _around(quad: Quad, zoom: float, size: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """The upright box around `quad` that is `zoom` times as wide, inside an image of `size`."""
    width, _ = sides(quad)
    centre = quad.mean(axis=0)
    half = np.array([zoom * width / 2, max(zoom * width * 0.3, np.ptp(quad[:, 1]))])
    left, top = np.maximum(centre - half, 0).astype(int).tolist()
    right, bottom = np.minimum(centre + half, size).astype(int).tolist()
    return (left, top), (right, bottom)


def _narrow(line: TextLine) -> bool:
    width, height = sides(line.quad())
    return width <= _WIDEST * height


def _near(quad: Quad, other: Quad) -> bool:
    """Whether `quad` may be the plate at `other`, or one of its two lines."""
    width, height = sides(other)
    across, down = np.abs(quad.mean(axis=0) - other.mean(axis=0))
    return bool(across < width * 0.75 and down < max(height * 1.6, width * 0.3))
