"""Finds lines of text in a photograph: PP-OCR's text detection model and what follows it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from coronet.readers.geometry import Quad, grown, least_rectangle, sides
from coronet.readers.session import session

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_TEXT = 0.3  # a pixel of the model's map above this is text
_CERTAIN = 0.5  # a line's pixels are above this on average
_LOWEST = 3.0  # pixels: what is lower than this in the map is no text
_MEAN = np.array([0.485, 0.456, 0.406], np.float32).reshape(3, 1, 1) * 255
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32).reshape(3, 1, 1) * 255


@dataclass(frozen=True, slots=True, eq=False)
class TextLine:
    """A line of text: the core of its letters, in pixels of the image that was searched; `score` is 0 to 1."""

    core: Quad
    score: float

    def quad(self, unclip: float = 1.4) -> Quad:
        """The line's outline. The model marks a core, from which `unclip` leads back (the paper's section 3.4)."""
        width, height = sides(self.core)
        margin = width * height * unclip / (2 * (width + height))
        return grown(self.core, margin, margin)


class TextFinder:
    """Differentiable Binarization (Liao and others, AAAI 2020, arXiv:1911.08947) without OpenCV."""

    def __init__(self, model: Path) -> None:
        self._session: InferenceSession = session(model)

    def find(self, image: Image.Image, longest: int) -> list[TextLine]:
        """The lines of text in `image`, which is looked at with its longer side `longest` pixels long."""
        scale = longest / max(image.size)
        width, height = (max(32, round(side * scale / 32) * 32) for side in image.size)
        small = image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)
        pixels = np.asarray(small).transpose(2, 0, 1)[::-1].astype(np.float32, order="C")
        pixels -= _MEAN
        pixels /= _DEVIATION
        text = self._session.run(None, {"x": pixels[None]})[0][0, 0]
        back = (image.width / width, image.height / height)
        lines = (TextLine(least_rectangle(points) * back, score) for points, score in components(text, _TEXT))
        return [line for line in lines if line.score >= _CERTAIN and min(sides(line.core)) >= _LOWEST * min(back)]


def components(values: NDArray[np.float32], threshold: float) -> list[tuple[NDArray[Any], float]]:
    """The connected regions of `values` (h, w) above `threshold`: the ends (n, 2) of their rows, and their mean."""
    mask = np.pad(values > threshold, ((0, 0), (1, 1))).astype(np.int8)
    change = np.diff(mask, axis=1)
    rows, starts = np.nonzero(change == 1)
    _, ends = np.nonzero(change == -1)
    if not len(rows):
        return []
    label = _joined(rows, starts, ends, values.shape[1] + 2)
    sums = np.pad(np.cumsum(values, axis=1, dtype=np.float64), ((0, 0), (1, 0)))
    mass = sums[rows, ends] - sums[rows, starts]
    order = np.argsort(label, kind="stable")
    regions = []
    for runs in np.split(order, np.nonzero(np.diff(label[order]))[0] + 1):
        row, start, end = rows[runs], starts[runs], ends[runs]
        points = np.concatenate([np.stack([x, y], axis=1) for x in (start, end) for y in (row, row + 1)])
        regions.append((points, float(mass[runs].sum() / (end - start).sum())))
    return regions


def _joined(rows: NDArray[Any], starts: NDArray[Any], ends: NDArray[Any], stride: int) -> NDArray[Any]:
    """A number for each run of pixels, the same for runs that touch, corners included."""
    first = np.searchsorted(rows * stride + ends, (rows + 1) * stride + starts, "left")
    last = np.searchsorted(rows * stride + starts, (rows + 1) * stride + ends, "right")
    touching = np.maximum(last - first, 0)
    above = np.repeat(np.arange(len(rows)), touching)
    below = np.arange(touching.sum()) - np.repeat(np.cumsum(touching) - touching, touching) + np.repeat(first, touching)
    label = np.arange(len(rows))
    while True:
        lowest = np.minimum(label[above], label[below])
        if (label[above] == lowest).all() and (label[below] == lowest).all():
            return label
        np.minimum.at(label, above, lowest)
        np.minimum.at(label, below, lowest)
        label = label[label]
