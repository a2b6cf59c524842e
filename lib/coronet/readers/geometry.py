"""Rectangles at any angle: around points, grown, and cut out of an image straightened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

if TYPE_CHECKING:
    from coronet.model import Corners

Quad: TypeAlias = NDArray[np.float64]
"""Four points (x, y), shape (4, 2): top left, top right, bottom right, bottom left as the text is read."""

_ANGLES = np.radians(np.arange(-45, 46))
_CORNERS = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])


def least_rectangle(points: NDArray[Any]) -> Quad:
    """The rectangle of least area around `points` (n, 2), of those turned by whole degrees from -45 to 45."""
    cos, sin = np.cos(_ANGLES), np.sin(_ANGLES)
    along = points @ np.stack([cos, sin])
    across = points @ np.stack([-sin, cos])
    area = np.ptp(along, axis=0) * np.ptp(across, axis=0)
    best = int(np.argmin(area))
    left, right = along[:, best].min(), along[:, best].max()
    top, bottom = across[:, best].min(), across[:, best].max()
    flat = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    turned: Quad = flat @ np.array([(cos[best], sin[best]), (-sin[best], cos[best])])
    return turned


def sides(quad: Quad) -> tuple[float, float]:
    """Width and height: the means of the opposite edges' lengths."""
    edges = np.hypot(*(quad[[1, 2, 3, 0]] - quad).T)
    return float(edges[0] + edges[2]) / 2, float(edges[1] + edges[3]) / 2


def grown(quad: Quad, across: float, down: float) -> Quad:
    """`quad` with `across` pixels more at its left and right, and `down` more above and below."""
    width, height = sides(quad)
    right = (quad[1] + quad[2] - quad[0] - quad[3]) / 2 / max(width, 1e-6)
    below = (quad[2] + quad[3] - quad[0] - quad[1]) / 2 / max(height, 1e-6)
    moved: Quad = quad + 2 * _CORNERS * (across, down) @ np.stack([right, below])
    return moved


def straightened(image: Image.Image, quad: Quad, size: tuple[int, int]) -> Image.Image:
    """What is inside `quad`, as a rectangle of `size` pixels, black where it leaves the image."""
    width, height = sides(quad)
    factor = max(1, int(min(width / size[0], height / size[1])))
    (left, top), (right, bottom) = quad.min(axis=0), quad.max(axis=0)
    margin = 2 * factor
    box = (
        max(0, int(left) - margin),
        max(0, int(top) - margin),
        min(image.width, int(right) + margin + 1),
        min(image.height, int(bottom) + margin + 1),
    )
    if box[0] >= box[2] or box[1] >= box[3]:
        return Image.new("RGB", size)
    part = image.crop(box)
    if factor > 1:  # transform() takes single pixels: shrink first, so that none is skipped
        part = part.reduce(factor)
    local = (quad - box[:2]) / factor
    corners = [float(value) for corner in (0, 3, 2, 1) for value in local[corner]]
    return part.transform(size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC)


def fractions(quad: Quad, size: tuple[int, int]) -> Corners:
    """`quad` as fractions of an image of `size`, kept inside it."""
    points = np.clip(quad / size, 0, 1)
    first, second, third, fourth = ((round(float(x), 4), round(float(y), 4)) for x, y in points)
    return first, second, third, fourth
