from collections.abc import Callable
from pathlib import Path

import pytest

import drawing
from coronet.errors import ReaderUnavailable
from coronet.photo import Photo
from coronet.readers.onnx import models
from coronet.readers.tesseract import TesseractReader, program


def with_finder() -> TesseractReader:
    found = models()
    assert found is not None
    return TesseractReader(*program(), detection=found.detection, countries=("ES", "EC"))


def without_models() -> TesseractReader:
    return TesseractReader(*program(), countries=("ES", "EC"))


@pytest.mark.parametrize("make", [with_finder, without_models])
def test_reads_a_plate(make: Callable[[], TesseractReader]) -> None:
    reading = make().read(Photo(drawing.with_plate("4821KLM")), seconds=20)
    assert reading is not None
    assert (reading.text, reading.reader) == ("4821KLM", "tesseract")
    assert 0 < reading.confidence <= 1


@pytest.mark.parametrize("drawn", [{"turn": 12}, {"height": 32}], ids=["turned", "small"])
def test_with_the_finder_it_reads_turned_and_small_plates_and_knows_where(drawn: dict[str, float]) -> None:
    reading = with_finder().read(Photo(drawing.with_plate("4821 KLM", **drawn)), seconds=20)  # type: ignore[arg-type]
    assert reading is not None
    assert reading.text == "4821KLM"
    assert reading.corners is not None
    assert sum(y for _, y in reading.corners) / 4 == pytest.approx(0.64, abs=0.03)


@pytest.mark.parametrize("make", [with_finder, without_models])
@pytest.mark.parametrize("words", [(), (("TALLERES GOMEZ", (0.5, 0.1), 90),)], ids=["nothing", "shop"])
def test_without_a_plate_there_is_no_reading(make: Callable[[], TesseractReader], words: drawing.Words) -> None:
    assert make().read(Photo(drawing.with_words(words)), seconds=20) is None


def test_a_missing_model_is_done_without() -> None:
    reader = TesseractReader(*program(), detection=Path("nowhere"), countries=("ES",))
    reading = reader.read(Photo(drawing.with_plate("4821KLM")), seconds=20)
    assert reading is not None


def test_a_program_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(ReaderUnavailable):
        TesseractReader("/nowhere/tesseract").read(Photo(drawing.street()), seconds=20)


def test_it_stops_when_its_time_is_over() -> None:
    with pytest.raises(ReaderUnavailable):
        without_models().read(Photo(drawing.with_plate("4821KLM")), seconds=0.001)
