"""Fits the weights of readers/judgement.py to photographs with known plates: `python scripts/calibrate.py DIR`."""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from accuracy import compared, labelled
from coronet import wiring
from coronet.photo import open_photo
from coronet.readers import judgement
from coronet.readers.onnx import DETECTION, RECOGNITION, models_folder
from coronet.readers.sight import Sight

_PENALTY = 1.0
_FOLDS = 5


def main() -> None:
    """Print the weights, and how often the best spot of photographs left out of the fit is right."""
    photographs = list(labelled(Path(sys.argv[1])))
    models = models_folder()
    if models is None:
        sys.exit("the plate models are not installed")
    sight = Sight(models / DETECTION, models / RECOGNITION, countries=wiring.settings().countries)
    values, right, photograph = [], [], []
    for number, sample in enumerate(photographs):
        print(f"\r{number + 1}/{len(photographs)} {sample.set:12}", end="", file=sys.stderr)
        for spot in sight.spots(open_photo(sample.load()).image, seconds=60):
            values.append(spot.features)
            right.append(bool(sample.plate) and compared(spot.text) == compared(sample.plate))
            photograph.append(number)
    x, y, groups = np.array(values), np.array(right, float), np.array(photograph)
    left_out = np.zeros(len(y))
    for fold in range(_FOLDS):
        test = groups % _FOLDS == fold
        left_out[test] = _logistic(x[test] @ fit(x[~test], y[~test]))
    for name in dict.fromkeys(each.set for each in photographs):
        mine = [number for number, each in enumerate(photographs) if each.set == name]
        best = [max(np.nonzero(groups == number)[0], key=lambda i: left_out[i], default=None) for number in mine]
        print(f"\n{name}: {sum(y[i] for i in best if i is not None):.0f} of {len(mine)}", end="")
    print()
    for key, weight in zip(judgement.WEIGHTS, fit(x, y), strict=True):
        print(f'    "{key}": {weight:.3f},')


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
