"""Reads a line of text with PP-OCR's recognition model, narrowed to the characters of a plate."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFilter

from coronet.readers import ctc
from coronet.readers.ctc import ALPHABET, Look
from coronet.readers.geometry import sides, straightened
from coronet.readers.session import session
from coronet.readers.textfinder import TextLine

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_HEIGHT = 48
_NARROWEST, _WIDEST = 48, 480
_UNCLIP = 0.9  # see TextLine.quad


class View(Enum):
    """How a line is cut out: what is added at its left, in its heights; how many times as wide it gets; pixels of blur.

    Small letters in JPEG are read best a little blurred and wide, and the first one needs some ground before it. Any
    one cut may be unlucky.
    """

    TIGHT = (0.0, 1.0, 0)
    WIDE = (0.3, 1.3, 1)


@dataclass(frozen=True, eq=False)
class Line:
    """A line as it was read: the look at its plate characters, and `raw`, all that the model sees as it is written.

    `second` is whether the second model read it.
    """

    look: Look
    raw: str
    second: bool = False

    @cached_property
    def text(self) -> str:
        """What the look says at its best."""
        return ctc.greedy(self.look)[0]


class Recognizer:
    """PP-OCR's recognition model; lower case counts as upper case, and whatever no plate has as no character."""

    def __init__(self, model: Path, *, second: bool = False) -> None:
        self._session: InferenceSession = session(model)
        self._second = second
        self._characters = ["", *self._session.get_modelmeta().custom_metadata_map["character"].split("\n"), " "]
        self._cases = [[i for i, each in enumerate(self._characters) if each.upper() == one] for one in ALPHABET]

    def read(self, image: Image.Image, line: TextLine, view: View) -> Line:
        """What `line` of `image` says in that view."""
        before, stretch, blur = view.value
        quad = line.quad(_UNCLIP)
        width, height = sides(quad)
        quad[[0, 3]] -= (quad[1] - quad[0]) * before * height / max(width, 1)
        width += before * height
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
        return Line(look.clip(0), "".join(self._characters[each] for each in seen), self._second)
