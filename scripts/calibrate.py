"""Fits the weights of readers/judgement.py to photographs with known plates: `python scripts/calibrate.py DIR`."""

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from accuracy import Sample, compared, labelled
from coronet import plates, wiring
from coronet.photo import open_photo
from coronet.readers import judgement
from coronet.readers.onnx import ANSWER, models
from coronet.readers.sight import Sight

_PENALTY = 3.0
_FOLDS = 5


def main() -> None:
    """Print the weights, and how well photographs do that were left out of the fit (5-fold cross-validation).

    The weights decide how closely a photograph is looked at: put them in place and fit again, until they stay.
    """
    photographs = list(labelled(Path(sys.argv[1])))
    found = models()
    if found is None:
        sys.exit("the plate models are not installed")
    sight = Sight(found.detection, found.recognition, found.second_recognition, countries=wiring.settings().countries)
    values, right, photograph, areas = [], [], [], []
    for number, sample in enumerate(track(photographs, "", console=Console(stderr=True))):
        for spot in sight.spots(open_photo(sample.load()).image, seconds=60):
            values.append([spot.features[name] for name in judgement.WEIGHTS])
            right.append(bool(sample.plate) and compared(spot.text) == compared(sample.plate))
            photograph.append(number)
            areas.append(spot.area)
    x, y, groups = np.array(values), np.array(right, float), np.array(photograph)
    left_out = np.zeros(len(y))
    for fold in range(_FOLDS):
        test = groups % _FOLDS == fold
        left_out[test] = _logistic(x[test] @ fit(x[~test], y[~test]))
    ranks = [judgement.rank(*each) for each in zip(left_out, areas, strict=True)]
    _report(photographs, left_out, ranks, y, groups)
    for key, weight in zip(judgement.WEIGHTS, fit(x, y), strict=True):
        print(f'    "{key}": {weight:.3f},')


def _report(
    photographs: list[Sample],
    probability: NDArray[np.float64],
    ranks: list[tuple[float, float]],
    right: NDArray[np.float64],
    groups: NDArray[np.int64],
) -> None:
    """Print how many answers are right for each set, and of those that are certain."""
    counts: dict[str, list[bool]] = defaultdict(list)
    certain = []
    for number, sample in enumerate(photographs):
        best = max(np.nonzero(groups == number)[0], key=lambda i: ranks[i], default=None)
        if best is None or probability[best] < ANSWER:
            counts[sample.set].append(not sample.plate)
            continue
        counts[sample.set].append(bool(right[best]))
        if probability[best] >= plates.CERTAIN:
            certain.append(bool(right[best]))
    for name, each in counts.items():
        print(f"{name}: {sum(each)} of {len(each)}")
    shown = sum(bool(each.plate) for each in photographs)
    print(f"certain: {sum(certain)} of {len(certain)}; photographs with a plate: {shown}")


def fit(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weights of a logistic regression on features (n, k), the first of them constant, by Newton's method."""
    scale = x.std(axis=0)
    scale[0] = 1
    scaled = x / np.maximum(scale, 1e-9)
    penalty = np.diag([1e-6, *[_PENALTY] * (x.shape[1] - 1)])
    weights = np.zeros(x.shape[1])
    for _ in range(30):
        p = _logistic(scaled @ weights)
        slope = scaled.T @ (p - y) + penalty @ weights
        weights -= np.linalg.solve((scaled.T * (p * (1 - p))) @ scaled + penalty, slope)
    found: NDArray[np.float64] = weights / np.maximum(scale, 1e-9)
    return found


def _logistic(values: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = 1 / (1 + np.exp(-values))
    return found


if __name__ == "__main__":
    main()
