"""What may be a plate among the lines of text found: a line, two beside each other, or two one above the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations

import numpy as np

from coronet.readers import ctc
from coronet.readers.geometry import Quad, least_rectangle, sides
from coronet.readers.recognizer import Line
from coronet.readers.textfinder import TextLine


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A line of text with one or several readings of it."""

    line: TextLine
    reads: tuple[Line, ...]

    @property
    def text(self) -> str:
        """What the first reading says."""
        return self.reads[0].text


@dataclass(frozen=True, eq=False)
class Shape:
    """What may be a plate: one line, or two of which the first is above."""

    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """What the first reading of its parts says."""
        return "".join(part.text for part in self.parts)

    @cached_property
    def quad(self) -> Quad:
        """Its outline, in pixels of the photograph."""
        if len(self.parts) == 1:
            return self.parts[0].line.quad()
        return least_rectangle(np.concatenate([part.line.quad() for part in self.parts]))

    @cached_property
    def height(self) -> float:
        """The height of its lines in pixels, on average."""
        return float(np.mean([sides(part.line.quad())[1] for part in self.parts]))

    def said(self) -> Iterator[tuple[bool, str]]:
        """What each of its readings says on its own, after whether the second model did."""
        for reads in zip(*(part.reads for part in self.parts), strict=True):
            yield reads[0].second, "".join(read.text for read in reads)

    def texts(self, pool: set[str]) -> dict[str, float]:
        """The probability of what its readings may say; those of one line judge the texts of `pool` too."""
        found = {"": 1.0}
        for part in self.parts:
            texts = sorted(set().union(*(ctc.likely(read.look) for read in part.reads)) - {""})
            if len(self.parts) == 1:
                texts = sorted(pool.union(texts))
            if not texts:
                return {}
            sure = np.mean([ctc.probabilities(read.look, texts) for read in part.reads], axis=0)
            best = range(len(texts)) if len(self.parts) == 1 else np.argsort(-sure)[:6]
            found = {before + texts[i]: p * float(sure[i]) for before, p in found.items() for i in best}
        return found


def same_place(one: Shape, other: Shape) -> bool:
    """Whether two shapes share half of the smaller one's area, both taken as upright boxes."""
    a, b = one.quad, other.quad
    common = np.minimum(a.max(axis=0), b.max(axis=0)) - np.maximum(a.min(axis=0), b.min(axis=0))
    smaller = min(np.prod(np.ptp(a, axis=0)), np.prod(np.ptp(b, axis=0)))
    return bool(np.prod(common.clip(0)) > 0.5 * smaller)


def side_by_side(parts: Sequence[Part]) -> Iterator[TextLine]:
    """Lines that are two which continue each other."""
    for left, right in permutations(parts, 2):
        if not (left.text and right.text and len(left.text + right.text) <= 10):
            continue
        a, b = left.line.quad(), right.line.quad()
        (_, left_height), (_, right_height) = sides(a), sides(b)
        height = max(left_height, right_height)
        gap, step = (b[0] + b[3] - a[1] - a[2]) / 2
        alike = min(left_height, right_height) > 0.6 * height
        if alike and -0.4 * height < gap < 1.6 * height and abs(step) < 0.35 * height:
            core = least_rectangle(np.concatenate([left.line.core, right.line.core]))
            yield TextLine(core, min(left.line.score, right.line.score))


def stacked(parts: Sequence[Part]) -> Iterator[Shape]:
    """Two short lines, the second below the first: motorcycles and square plates."""
    for upper, lower in permutations(parts, 2):
        if not (upper.text and lower.text and 4 <= len(upper.text + lower.text) <= 9):
            continue
        a, b = upper.line.quad(), lower.line.quad()
        (upper_width, upper_height), (lower_width, lower_height) = sides(a), sides(b)
        right, down = b.mean(axis=0) - a.mean(axis=0)
        height, width = (upper_height + lower_height) / 2, max(upper_width, lower_width)
        alike = 0.6 < upper_height / lower_height < 1.7 and width < 5 * height
        if alike and 0.5 * height < down < 2 * height and abs(right) < 0.6 * width:
            yield Shape((upper, lower))
