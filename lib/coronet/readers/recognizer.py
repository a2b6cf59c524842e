"""Reads a line of text with PP-OCR's recognition model, narrowed to the characters of a plate."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFilter

from coronet.readers.ctc import ALPHABET, Look
from coronet.readers.geometry import sides, straightened
from coronet.readers.session import session
from coronet.readers.textfinder import TextLine

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_HEIGHT = 48
_NARROWEST, _WIDEST = 48, 480


class View(Enum):
    """How a line is cut out: `unclip` (see TextLine.quad), how many times as wide as it is, and the blur in pixels.

    Small letters in JPEG are read best a little blurred, and any one cut may be unlucky: several outvote it.
    """

    TIGHT = (0.9, 1.0, 0)
    NARROW = (1.2, 0.8, 0)
    SOFT = (1.4, 1.15, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A line as it was read: the look at its plate characters, and `raw`, all that the model sees as it is written."""

    look: Look
    raw: str


class Recognizer:
    """PP-OCR's recognition model; lower case counts as upper case, and whatever no plate has as no character."""

    def __init__(self, model: Path) -> None:
        self._session: InferenceSession = session(model)
        self._characters = ["", *self._session.get_modelmeta().custom_metadata_map["character"].split("\n"), " "]
        self._cases = [[i for i, each in enumerate(self._characters) if each.upper() == one] for one in ALPHABET]

    def read(self, image: Image.Image, line: TextLine, view: View) -> Line:
        """What `line` of `image` says in that view."""
        unclip, stretch, blur = view.value
        quad = line.quad(unclip)
        width, height = sides(quad)
        across = int(min(max(_HEIGHT * width / max(height, 1) * stretch, _NARROWEST), _WIDEST))
        cut = straightened(image, quad, (across, _HEIGHT))
        if blur:
            cut = cut.filter(ImageFilter.GaussianBlur(blur))
        pixels = np.asarray(cut, np.float32)[:, :, ::-1] / 127.5 - 1
        steps = self._session.run(None, {"x": np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])})[0][0]
        plate = np.stack([steps[:, cases].sum(axis=1) for cases in self._cases], axis=1)
        look = np.concatenate([1 - plate.sum(axis=1, keepdims=True), plate], axis=1).astype(np.float64)
        best = steps.argmax(axis=1)
        seen = best[np.concatenate([[True], best[1:] != best[:-1]])]
        return Line(look.clip(0), "".join(self._characters[each] for each in seen))
