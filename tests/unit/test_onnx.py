from pathlib import Path

import pytest

import drawing
from coronet.errors import ReaderUnavailable
from coronet.photo import Photo
from coronet.readers.onnx import OnnxReader, models_folder


@pytest.fixture(scope="module")
def reader() -> OnnxReader:
    return OnnxReader(models_folder(), countries=("ES", "EC"))


def test_reads_a_plate_and_says_where_it_is(reader: OnnxReader) -> None:
    reading = reader.read(Photo(drawing.with_plate("4821 KLM")), seconds=10)
    assert reading is not None
    assert (reading.text, reading.reader) == ("4821KLM", "onnx")
    assert len(reading.characters) == 7
    assert reading.corners is not None
    assert sum(x for x, _ in reading.corners) / 4 == pytest.approx(0.5, abs=0.03)
    assert sum(y for _, y in reading.corners) / 4 == pytest.approx(0.64, abs=0.03)


def test_a_street_without_a_plate_is_no_reading(reader: OnnxReader) -> None:
    assert reader.read(Photo(drawing.street()), seconds=10) is None


@pytest.mark.parametrize("models", [None, Path("nowhere")])
def test_without_models_the_next_reader_is_asked(models: Path | None) -> None:
    with pytest.raises(ReaderUnavailable):
        OnnxReader(models).read(Photo(drawing.street()), seconds=10)
