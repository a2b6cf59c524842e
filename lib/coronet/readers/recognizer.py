"""Reads one line of text: PP-OCR's recognition model, its characters narrowed to those of a plate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from coronet.readers.geometry import Quad, sides, straightened
from coronet.readers.session import session

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_HEIGHT = 48
_NARROWEST, _WIDEST = 48, 640


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A line as it was read.

    `raw` has every character that the model sees, as it is written. `letters` are the plate's characters among them;
    `probabilities` (n, 36) has, for each letter, that of each of ALPHABET, and `centres` (n) its place along the line,
    0 to 1.
    """

    raw: str
    letters: str
    probabilities: NDArray[np.float32]
    centres: NDArray[np.float64]


class Recognizer:
    """Connectionist temporal classification, greedy (Graves and others, ICML 2006), on PP-OCR's recognition model."""

    def __init__(self, model: Path) -> None:
        self._session: InferenceSession = session(model)
        characters = self._session.get_modelmeta().custom_metadata_map["character"].split("\n")
        self._characters = ["", *characters, " "]
        self._plate = [[i for i, c in enumerate(self._characters) if c.upper() == each] for each in ALPHABET]

    def read(self, image: Image.Image, quad: Quad) -> Text:
        """The text inside `quad` of `image`."""
        width, height = sides(quad)
        across = int(min(max(_HEIGHT * width / max(height, 1), _NARROWEST), _WIDEST))
        return self.read_line(straightened(image, quad, (across, _HEIGHT)))

    def read_line(self, line: Image.Image) -> Text:
        """The text in `line`, an image 48 pixels high."""
        pixels = np.asarray(line, np.float32)[:, :, ::-1] / 127.5 - 1
        tensor = np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])
        return self._decoded(self._session.run(None, {"x": tensor})[0][0])

    def _decoded(self, steps: NDArray[Any]) -> Text:
        best = steps.argmax(axis=1)
        starts = np.nonzero((best != 0) & (best != np.concatenate([[0], best[:-1]])))[0]
        raw, letters, rows, centres = "", "", [], []
        for start in starts:
            end = start + 1
            while end < len(best) and best[end] == best[start]:
                end += 1
            character = self._characters[best[start]]
            raw += character
            if character.upper() in ALPHABET:
                letters += character.upper()
                peak = steps[start + int(np.argmax(steps[start:end, best[start]]))]
                rows.append([float(peak[group].sum()) for group in self._plate])
                centres.append((start + end) / 2 / len(best))
        return Text(raw, letters, np.array(rows, np.float32).reshape(-1, len(ALPHABET)), np.array(centres))
