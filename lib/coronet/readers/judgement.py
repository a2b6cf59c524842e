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
    "constant": -5.786,
    "share": 0.523,
    "views": 2.19,
    "known format": 1.133,
    "plate-shaped": 1.523,
    "digits only": -2.811,
    "letters only": -0.602,
    "too short": -1.667,
    "too long": -0.899,
    "odd characters": -0.598,
    "pixels high": 1.285,
    "part of the photograph": 1.778,
    "distance from the edge": 27.211,
    "brighter than around": 1.042,
    "dark on bright": 0.535,
}
"""Logistic regression with an L2 penalty; scripts/calibrate.py fits it to labelled photographs and prints it."""

_PATCH = (144, 48)
_GREY = np.array([0.299, 0.587, 0.114], np.float32)


def prior(text: str, countries: tuple[str, ...]) -> float:
    """How much a text is to be believed before it is looked at: as `plates.fit`, but less for less of a plate."""
    fit = plates.fit(text, countries)
    return (fit if fit >= 0.7 else 0.1 if fit else 0.02) * (0.3 if text.isdigit() else 1)


def features(
    text: str, share: float, *, shapes: list[Shape], image: Image.Image, countries: tuple[str, ...]
) -> list[float]:
    """What is weighed, in the order of WEIGHTS.

    `share` is the part of `text` in the belief in all that the place may say. What grows without limit ends where more
    of it says no more.
    """
    first = shapes[0]
    raw = "".join(part.reads[0].raw for part in first.parts)
    fit = plates.fit(text, countries)
    height = max(1.0, float(np.mean([sides(part.line.quad())[1] for part in first.parts])))
    distance = min(*(first.quad / image.size).min(axis=0), *(1 - (first.quad / image.size).max(axis=0)))
    brighter, dark_text = _ground(image, first)
    return [
        1.0,
        _log_odds(share),
        sum(text in shape.said() for shape in shapes) / 3,
        float(fit >= 0.7),
        float(fit > 0),
        float(text.isdigit()),
        float(text.isalpha()),
        max(0.0, 6 - len(text)),
        max(0.0, len(text) - 7),
        float(min(len(re.sub(r"[A-Z0-9 .·:-]", "", raw)), 3)),
        min(math.log(height), 4.0),
        math.log(height / min(image.size)),
        float(min(distance, 0.1)),
        brighter,
        dark_text,
    ]


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
