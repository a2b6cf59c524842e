"""Reads plates with PP-OCR's neural models on onnxruntime, without OpenCV."""

from __future__ import annotations

import importlib.util
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from coronet.errors import ReaderUnavailable
from coronet.model import Reading

if TYPE_CHECKING:
    from coronet.photo import Photo
    from coronet.readers.sight import Sight

DETECTION = "PP-OCRv6_det_small.onnx"
RECOGNITION = "PP-OCRv6_rec_small.onnx"


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
            return self._loaded().read(photo.image, seconds=seconds)
        except ReaderUnavailable:
            raise
        except Exception as error:  # onnxruntime's errors have no common class
            raise ReaderUnavailable(f"the plate models failed: {type(error).__name__}") from error

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
