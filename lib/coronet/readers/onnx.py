"""Reads plates with PP-OCR's neural models on onnxruntime, without OpenCV."""

from __future__ import annotations

import importlib.util
import threading
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from coronet import plates
from coronet.errors import ReaderUnavailable
from coronet.model import Candidate, Reading

if TYPE_CHECKING:
    from coronet.photo import Photo
    from coronet.readers.sight import Sight, Spot

ANSWER = 0.3
"""Below this probability there is no answer."""

_WORTH_KEEPING = 0.01


@dataclass(frozen=True, slots=True)
class Models:
    """The plate models' files: one that finds text, and two that read it, trained apart."""

    detection: Path
    recognition: Path
    second_recognition: Path


def models() -> Models | None:
    """The models in the packages `rapidocr` and `rapidocr_onnxruntime`; None where one of them is not installed.

    The packages are found, not imported: importing them needs OpenCV. Folders of their names on the import path that
    hold nothing but the models are found just as well.
    """
    newer, older = _folder("rapidocr"), _folder("rapidocr_onnxruntime")
    found = Models(
        newer / "PP-OCRv6_det_small.onnx", newer / "PP-OCRv6_rec_small.onnx", older / "ch_PP-OCRv4_rec_infer.onnx"
    )
    return found if all(path.is_file() for path in astuple(found)) else None


def _folder(package: str) -> Path:
    found = importlib.util.find_spec(package)
    places = (found.submodule_search_locations if found else None) or [""]
    return Path(places[0], "models")


class OnnxReader:
    """The reader `onnx`. `countries` (ISO 3166-1 alpha-2) are preferred where a plate could be of several."""

    name = "onnx"

    def __init__(self, models: Models | None, *, countries: tuple[str, ...] = ()) -> None:
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
                self._sight = Sight(
                    self._models.detection,
                    self._models.recognition,
                    self._models.second_recognition,
                    countries=self._countries,
                )
            return self._sight
