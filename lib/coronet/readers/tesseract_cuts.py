"""Cuts a line of text out of a photograph as Tesseract likes it: straight, dark on white, with a margin."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from coronet.readers.geometry import sides, straightened
from coronet.readers.textfinder import TextLine

_MOST = 8
_MARGIN = 12


def plate_like(lines: Iterable[TextLine]) -> list[TextLine]:
    """The highest of `lines` that are about as long as a plate's."""
    sized = [(sides(line.quad()), line) for line in lines]
    fitting = [(height, line) for (width, height), line in sized if 2 < width / max(height, 1) < 9]
    return [line for _, line in sorted(fitting, key=lambda each: -each[0])[:_MOST]]


def cuts(image: Image.Image, line: TextLine) -> list[Image.Image]:
    """The line thrice, from tight to wide: what one cut spoils, another one saves."""
    tight, middle, wide = _cut(image, line, 0.7, 48), _cut(image, line, 0.9, 48), _cut(image, line, 1.1, 40)
    return [_dark_on_white(tight.convert("L")), _black_on_white(middle.convert("L")), _dark_on_white(_brightest(wide))]


def _cut(image: Image.Image, line: TextLine, unclip: float, height: int) -> Image.Image:
    quad = line.quad(unclip)
    width, down = sides(quad)
    return straightened(image, quad, (max(16, int(height * width / max(down, 1))), height))


def _brightest(cut: Image.Image) -> Image.Image:
    """Each pixel as bright as its brightest colour: emblems and coloured stripes, which are no letters, fade."""
    return Image.fromarray(np.asarray(cut).max(axis=2))


def _dark_on_white(cut: Image.Image) -> Image.Image:
    pixels = np.asarray(cut)
    if np.median(pixels) < (int(pixels.min()) + int(pixels.max())) / 2:
        cut = ImageOps.invert(cut)
    return ImageOps.expand(ImageOps.autocontrast(cut, cutoff=2), _MARGIN, 255)


def _black_on_white(cut: Image.Image) -> Image.Image:
    pixels = np.asarray(cut.filter(ImageFilter.GaussianBlur(cut.height / 40)))
    bright = pixels > _threshold(pixels)
    if bright.mean() < 0.5:
        bright = ~bright
    return ImageOps.expand(Image.fromarray(bright).convert("L"), _MARGIN, 255)


def _threshold(pixels: NDArray[np.uint8]) -> int:
    """The grey that parts `pixels` best into two (Otsu, IEEE Transactions on Systems, Man, and Cybernetics 9, 1979)."""
    share = np.bincount(pixels.ravel(), minlength=256) / pixels.size
    below = share.cumsum()
    mean = (share * np.arange(256)).cumsum()
    between = (mean[-1] * below - mean) ** 2 / np.maximum(below * (1 - below), 1e-9)
    return int(between.argmax())
