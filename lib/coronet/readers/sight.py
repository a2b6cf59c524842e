"""From a photograph to its plates: text is found and read, joined, looked at again, and weighed."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
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

_LONGEST = 960
_FINER_PIXELS = 1.3e6  # as much as the memory is meant for
_ZOOMS = ((4.0, 448), (3.0, 320))  # times the plate's width, and to how many pixels
_PLACES = 3
_CONVINCING = 0.9
_HOPELESS = 0.05


@dataclass(slots=True, eq=False)
class Spot:
    """A place that may be a plate: the shapes seen there, and what they may say with its share of belief, best first.

    `belief` is that in the best text, before anything but the text is weighed; then follow `features` (see judgement).
    """

    shapes: list[Shape]
    texts: dict[str, float] = field(default_factory=dict)
    belief: float = 0.0
    features: list[float] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The best text."""
        return next(iter(self.texts))

    @property
    def share(self) -> float:
        """The share of the best text and of those that a font may draw like it."""
        best = judgement.alike(self.text)
        return sum(share for text, share in self.texts.items() if judgement.alike(text) == best)

    @property
    def probability(self) -> float:
        """The probability that the best text is the photograph's plate."""
        return judgement.probability(self.features)

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
        """The places of `image` that may be plates, the most probable first.

        Where nothing convinces, the photograph is searched once more, finer. After `seconds` no further look is taken.
        """
        end = time.monotonic() + seconds
        lines = self._finder.find(image, _LONGEST)
        spots = self._search(image, lines, end)
        if (not spots or spots[0].belief < _HOPELESS) and time.monotonic() < end:
            finer = int((_FINER_PIXELS * max(image.size) / min(image.size)) ** 0.5)
            more = self._search(image, self._finder.find(image, finer), end)
            spots += [new for new in more if not any(same_place(new.shapes[0], old.shapes[0]) for old in spots)]
        shaped = [spot.shapes[0].height for spot in spots if plates.fit(spot.text, self._countries)]
        for spot in spots:
            spot.features = judgement.features(
                spot.text,
                spot.share,
                shapes=spot.shapes,
                image=image,
                countries=self._countries,
                lines=len(lines),
                highest=max(shaped, default=spot.shapes[0].height),
            )
        return sorted(spots, key=lambda spot: -spot.probability)

    def _search(self, image: Image.Image, lines: Sequence[TextLine], end: float) -> list[Spot]:
        spots: list[Spot] = []
        for shape in sorted(self._shapes(image, lines), key=self._promise, reverse=True):
            if len(spots) < _PLACES and not any(same_place(shape, spot.shapes[0]) for spot in spots):
                spots.append(Spot([shape]))
        for place, spot in enumerate(spots):
            if (place == 0 or spots[0].belief < _CONVINCING) and time.monotonic() < end:
                self._look_closer(spot, image)
            self._believe(spot)
        return sorted((spot for spot in spots if spot.texts), key=lambda spot: -spot.belief)

    def _shapes(self, image: Image.Image, lines: Sequence[TextLine]) -> list[Shape]:
        parts = [self._part(image, line) for line in lines]
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

    def _look_closer(self, spot: Spot, image: Image.Image) -> None:
        """Search the surroundings at higher zooms; the most promising shape of each joins the spot."""
        first = spot.shapes[0]
        spot.shapes[0] = self._read_again(image, first)
        for zoom, longest in _ZOOMS:
            low, high = _around(first.quad, zoom, image.size)
            found = self._finder.find(image.crop((*low, *high)), longest)
            lines = [TextLine(line.core + low, line.score) for line in found]
            shapes = self._shapes(image, [line for line in lines if _near(line.quad(), first.quad)])
            same = [shape for shape in shapes if same_place(shape, first)]
            if same:
                spot.shapes.append(self._read_again(image, max(same, key=self._promise)))

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
            drawn[judgement.alike(text)] += each
        best = sorted(worth, key=lambda text: (-drawn[judgement.alike(text)], -worth[text]))[:20]
        total = sum(worth[text] for text in best)
        if total > 0:
            spot.texts = {text: worth[text] / total for text in best}
            spot.belief = worth[best[0]]


def _around(quad: Quad, zoom: float, size: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """The upright box around `quad` that is `zoom` times as wide, inside an image of `size`."""
    width, _ = sides(quad)
    centre = quad.mean(axis=0)
    half = np.array([zoom * width / 2, max(zoom * width * 0.3, np.ptp(quad[:, 1]))])
    left, top = np.maximum(centre - half, 0).astype(int).tolist()
    right, bottom = np.minimum(centre + half, size).astype(int).tolist()
    return (left, top), (right, bottom)


def _near(quad: Quad, other: Quad) -> bool:
    """Whether `quad` may be the plate at `other`, or one of its two lines."""
    width, height = sides(other)
    across, down = np.abs(quad.mean(axis=0) - other.mean(axis=0))
    return bool(across < width * 0.75 and down < max(height * 1.6, width * 0.3))
