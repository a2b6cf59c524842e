import pytest

import drawing
from coronet.errors import ReaderUnavailable
from coronet.photo import Photo
from coronet.readers.tesseract import TesseractReader, program


def test_reads_a_plate_without_any_model() -> None:
    reading = TesseractReader(*program()).read(Photo(drawing.with_plate("4821KLM")), seconds=10)
    assert reading is not None
    assert (reading.text, reading.reader) == ("4821KLM", "tesseract")


def test_a_street_without_a_plate_is_no_reading() -> None:
    assert TesseractReader(*program()).read(Photo(drawing.street()), seconds=10) is None


def test_a_program_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(ReaderUnavailable):
        TesseractReader("/nowhere/tesseract").read(Photo(drawing.street()), seconds=10)
