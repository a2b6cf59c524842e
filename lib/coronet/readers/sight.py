"""From a photograph to its plate: text is found and read, and the line that is a plate is chosen."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

from coronet.model import Reading
from coronet.readers.geometry import fractions, sides
from coronet.readers.recognizer import Recognizer
from coronet.readers.textfinder import TextFinder

_PLATE = re.compile(r"(?=.*\d)[A-Z0-9]{4,9}")


class Sight:
    """Two models and what links them."""

    def __init__(self, detection: Path, recognition: Path, *, countries: tuple[str, ...] = ()) -> None:
        self._finder = TextFinder(detection)
        self._recognizer = Recognizer(recognition)
        self._countries = countries

    def read(self, image: Image.Image, *, seconds: float) -> Reading | None:
        """The plate of `image`, or None."""
        found = []
        for line in self._finder.find(image, 960):
            text = self._recognizer.read(image, line.quad)
            if _PLATE.fullmatch(text.letters):
                sure = text.probabilities.max(axis=1)
                found.append((float(sure.min()) * sides(line.quad)[1], line, text, sure))
        if not found:
            return None
        _, line, text, sure = max(found, key=lambda each: each[0])
        return Reading(
            text=text.letters,
            confidence=float(sure.prod()),
            reader="onnx",
            corners=fractions(line.quad, image.size),
            characters=tuple(float(each) for each in sure),
        )
