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
    "constant": -3.62,
    "agreement": 3.16,
    "known format": 1.72,
    "known format but for look-alikes": 0.85,
    "plate-shaped": 1.0,
    "digits only": -2.65,
    "letters only": -0.66,
    "too short": -0.96,
    "too long": -0.51,
    "odd characters": -0.69,
    "pixels high": 0.86,
    "part of the photograph": 1.0,
    "lower than another": 1.72,
    "lines of text": -0.89,
    "distance from the edge": 23.6,
    "digits or letters only, on brighter ground": 2.88,
}
"""Logistic regression with an L2 penalty; scripts/calibrate.py fits it to labelled photographs and prints it."""

_SETTLED_AGREEMENT = 0.7

_PATCH = (144, 48)
_GREY = np.array([0.299, 0.587, 0.114], np.float32)


def prior(text: str, countries: tuple[str, ...]) -> float:
    """How much a text is to be believed before it is looked at: as `plates.fit`, but less for less of a plate."""
    fit = plates.fit(text, countries)
    return (fit if fit >= plates.KNOWN else 0.1 if fit else 0.02) * (0.3 if text.isdigit() else 1)


def features(
    text: str,
    *,
    shapes: list[Shape],
    image: Image.Image,
    countries: tuple[str, ...],
    lines: int,
    highest: float,
) -> dict[str, float]:
    """What is weighed, by the names in WEIGHTS.

    `lines` is the number of lines of text in the photograph, and `highest` the height in pixels of the highest of its
    texts that may be a plate. What grows without limit ends where more of it says no more.
    """
    first = shapes[0]
    raw = "".join(part.reads[0].raw for part in first.parts)
    fit = plates.fit(text, countries)
    height = max(1.0, first.height)
    one_kind = text.isdigit() or text.isalpha()
    distance = min(*(first.quad / image.size).min(axis=0), *(1 - (first.quad / image.size).max(axis=0)))
    return {
        "constant": 1.0,
        "agreement": _agreement(text, shapes),
        "known format": float(fit >= plates.KNOWN),
        "known format but for look-alikes": float(fit < plates.KNOWN and _nearly_known(text, countries)),
        "plate-shaped": float(fit > 0),
        "digits only": float(text.isdigit()),
        "letters only": float(text.isalpha()),
        "too short": max(0.0, 6 - len(text)),
        "too long": max(0.0, len(text) - 7),
        "odd characters": float(min(len(re.sub(r"[A-Z0-9 .·:-]", "", raw)), 3)),
        "pixels high": min(math.log(height), 4.0),
        "part of the photograph": math.log(height / min(image.size)),
        "lower than another": min(max(math.log(height / highest), -1.5), 0.0),
        "lines of text": math.log1p(lines),
        "distance from the edge": float(min(distance, 0.1)),
        "digits or letters only, on brighter ground": _brighter(image, first) if one_kind else 0.0,
    }


def probability(values: dict[str, float]) -> float:
    """The probability, 0 to 1, that follows from `features`."""
    return 1 / (1 + math.exp(-sum(weight * values[name] for name, weight in WEIGHTS.items())))


def rank(probability: float, area: float) -> tuple[float, float]:
    """What sorts places, the best last: the most probable one, but of several certain ones the largest.

    Where a photograph shows several vehicles the nearest one is meant, and how sure its plate is says nothing of that.
    """
    return area if probability >= plates.CERTAIN else 0.0, probability


def settled(values: dict[str, float]) -> bool:
    """Whether no further look is needed: what is said is certain, and the readings agree that it is that."""
    return probability(values) >= plates.CERTAIN and values["agreement"] >= _SETTLED_AGREEMENT


def _nearly_known(text: str, countries: tuple[str, ...]) -> bool:
    return any(plates.fit(way, countries) >= plates.KNOWN for way in plates.readings(text, countries) if way != text)


def _agreement(text: str, shapes: list[Shape]) -> float:
    """The geometric mean, over the models, of the part of their readings that say `text`; 0 if one has not read."""
    drawn = plates.drawn_alike(text)
    said = [(second, plates.drawn_alike(said) == drawn) for shape in shapes for second, said in shape.said()]
    both = ([same for second, same in said if second is model] for model in (False, True))
    return math.prod(sum(each) / max(1, len(each)) for each in both) ** 0.5


def _brighter(image: Image.Image, shape: Shape) -> float:
    """How much brighter the text's ground is than what is around it, -1 to 1."""
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
    return float(np.median(ground) - np.median(grey[around])) if ground.size else 0.0
