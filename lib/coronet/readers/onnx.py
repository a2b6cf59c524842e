"""Reads plates with PP-OCR's neural models on onnxruntime, without OpenCV."""

from __future__ import annotations

import importlib.util
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from coronet import plates
from coronet.errors import ReaderUnavailable
from coronet.model import Candidate, Reading

if TYPE_CHECKING:
    from coronet.photo import Photo
    from coronet.readers.sight import Sight, Spot

DETECTION = "PP-OCRv6_det_small.onnx"
RECOGNITION = "PP-OCRv6_rec_small.onnx"
ANSWER = 0.15
"""Below this probability there is no answer."""

_WORTH_KEEPING = 0.01


def models_folder() -> Path | None:
    """Where the `rapidocr` package keeps its models; None where it is not installed.

    The package is found, not imported: importing it needs OpenCV. A folder `rapidocr/models` on the import path that
    holds nothing but the models is found just as well.
    """
    package = importlib.util.find_spec("rapidocr")
    for place in (package.submodule_search_locations or ()) if package else ():
        folder = Path(place, "models")
        if (folder / DETECTION).is_file() and (folder / RECOGNITION).is_file():
            return folder
    return None


class OnnxReader:
    """The reader `onnx`. `countries` (ISO 3166-1 alpha-2) are preferred where a plate could be of several."""

    name = "onnx"

    def __init__(self, models: Path | None, *, countries: tuple[str, ...] = ()) -> None:
        self._models = models
        self._countries = countries
        self._sight: Sight | None = None
        self._loading = threading.Lock()

    def read(self, photo: Photo, *, seconds: float) -> Reading | None:
        """The photograph's main plate; None where it shows none. The models are loaded at the first call."""
        try:
            spots = self._loaded().spots(photo.image, seconds=seconds)
            return self._reading(spots, photo.size)
        except ReaderUnavailable:
            raise
        except Exception as error:  # onnxruntime's errors have no common class
            raise ReaderUnavailable(f"the plate models failed: {type(error).__name__}") from error

    def _reading(self, spots: list[Spot], size: tuple[int, int]) -> Reading | None:
        if not spots or spots[0].probability < ANSWER:
            return None
        best = spots[0]
        text, *guesses = plates.readings(best.text, self._countries)
        others = {text: Candidate(text, 0.0, best.corners(size)) for text in (*guesses, best.text)}
        for spot in reversed(spots):
            for other, share in reversed(spot.texts.items()):
                confidence = spot.probability * min(1.0, share / spot.texts[spot.text])
                if confidence >= _WORTH_KEEPING:
                    others[other] = Candidate(other, round(confidence, 4), spot.corners(size))
        others.pop(text, None)
        return Reading(
            text=text,
            confidence=round(best.probability, 4),
            reader=self.name,
            corners=best.corners(size),
            characters=tuple(round(each, 4) for each in best.characters()),
            candidates=tuple(sorted(others.values(), key=lambda each: -each.confidence)[:5]),
        )

    def _loaded(self) -> Sight:
        with self._loading:
            if self._sight is None:
                if self._models is None:
                    raise ReaderUnavailable("the plate models are not installed")
                try:
                    from coronet.readers.sight import Sight
                except ImportError as error:
                    raise ReaderUnavailable(f"{error.name} is not installed") from error
                self._sight = Sight(self._models / DETECTION, self._models / RECOGNITION, countries=self._countries)
            return self._sight
