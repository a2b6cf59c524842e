"""How probable it is that what was read somewhere in a photograph is its plate, and read right."""

from __future__ import annotations

import math
import re

import numpy as np
from PIL import Image

from coronet import plates
from coronet.readers.geometry import grown, sides, straightened
from coronet.readers.shapes import Shape

WEIGHTS = {
    "constant": -4.57,
    "share": 0.29,
    "agreement": 2.39,
    "known format": 1.83,
    "plate-shaped": 1.23,
    "digits only": -3.94,
    "letters only": -0.79,
    "too short": -1.34,
    "too long": -0.7,
    "odd characters": -0.51,
    "pixels high": 0.93,
    "part of the photograph": 1.13,
    "lower than another": 3.76,
    "lines of text": -0.89,
    "distance from the edge": 33.84,
    "brighter than around": -0.28,
    "digits or letters only, brighter than around": 3.93,
    "dark on bright": 0.41,
}
"""Logistic regression with an L2 penalty; scripts/calibrate.py fits it to labelled photographs and prints it."""

_STROKES = str.maketrans("OQI", "001")
_PATCH = (144, 48)
_GREY = np.array([0.299, 0.587, 0.114], np.float32)


def prior(text: str, countries: tuple[str, ...]) -> float:
    """How much a text is to be believed before it is looked at: as `plates.fit`, but less for less of a plate."""
    fit = plates.fit(text, countries)
    return (fit if fit >= 0.7 else 0.1 if fit else 0.02) * (0.3 if text.isdigit() else 1)


def features(
    text: str,
    share: float,
    *,
    shapes: list[Shape],
    image: Image.Image,
    countries: tuple[str, ...],
    lines: int,
    highest: float,
) -> list[float]:
    """What is weighed, in the order of WEIGHTS.

    `share` is the part of `text` in the belief in all that the place may say, `lines` the number of lines of text in
    the photograph, and `highest` the height in pixels of the highest of its texts that may be a plate. What grows
    without limit ends where more of it says no more.
    """
    first = shapes[0]
    raw = "".join(part.reads[0].raw for part in first.parts)
    fit = plates.fit(text, countries)
    height = max(1.0, first.height)
    distance = min(*(first.quad / image.size).min(axis=0), *(1 - (first.quad / image.size).max(axis=0)))
    brighter, dark_text = _ground(image, first)
    return [
        1.0,
        _log_odds(share),
        _agreement(text, shapes),
        float(fit >= 0.7),
        float(fit > 0),
        float(text.isdigit()),
        float(text.isalpha()),
        max(0.0, 6 - len(text)),
        max(0.0, len(text) - 7),
        float(min(len(re.sub(r"[A-Z0-9 .·:-]", "", raw)), 3)),
        min(math.log(height), 4.0),
        math.log(height / min(image.size)),
        min(max(math.log(height / highest), -1.5), 0.0),
        math.log1p(lines),
        float(min(distance, 0.1)),
        brighter,
        brighter * (text.isdigit() or text.isalpha()),
        dark_text,
    ]


def alike(text: str) -> str:
    """`text` with the characters that a font may draw alike as one: O and Q as 0, I as 1."""
    return text.translate(_STROKES)


def _agreement(text: str, shapes: list[Shape]) -> float:
    """The geometric mean, over the models, of the part of their readings that say `text`; 0 if one has not read."""
    said = [(second, alike(said) == alike(text)) for shape in shapes for second, said in shape.said()]
    both = ([same for second, same in said if second is model] for model in (False, True))
    return math.prod(sum(each) / max(1, len(each)) for each in both) ** 0.5


def _log_odds(probability: float) -> float:
    bounded = min(max(probability, 0.03), 0.97)
    return math.log(bounded / (1 - bounded))


def probability(values: list[float]) -> float:
    """The probability, 0 to 1, that follows from `features`."""
    return 1 / (1 + math.exp(-sum(map(float.__mul__, WEIGHTS.values(), values))))


def _ground(image: Image.Image, shape: Shape) -> tuple[float, float]:
    """How much brighter the text's ground is than what is around it, -1 to 1; and 1 for dark text, -1 for bright."""
    width, height = sides(shape.quad)
    margin = 0.6 * height
    patch = straightened(image, grown(shape.quad, margin, margin), _PATCH)
    grey = np.asarray(patch, np.float32) @ _GREY / 255
    across = max(1, int(_PATCH[0] * margin / (width + 2 * margin)))
    down = int(_PATCH[1] * margin / (height + 2 * margin))
    inside = grey[down:-down, across:-across]
    around = np.ones(grey.shape, bool)
    around[down - 3 : 3 - down, max(0, across - 3) : min(-1, 3 - across)] = False
    middle = np.percentile(inside, (5, 95)).mean()
    dark_text = bool((inside < middle).mean() <= 0.5)
    ground = inside[inside >= middle] if dark_text else inside[inside < middle]
    return float(np.median(ground) - np.median(grey[around])) if ground.size else 0.0, 1.0 if dark_text else -1.0
