from pathlib import Path

import pytest

import drawing
from coronet import plates
from coronet.errors import ReaderUnavailable
from coronet.photo import Photo
from coronet.readers.onnx import Models, OnnxReader, models


@pytest.fixture(scope="module")
def reader() -> OnnxReader:
    return OnnxReader(models(), countries=("ES", "EC"))


def test_reads_a_plate_and_says_where_it_is(reader: OnnxReader) -> None:
    reading = reader.read(Photo(drawing.with_plate("4821 KLM")), seconds=10)
    assert reading is not None
    assert (reading.text, reading.reader) == ("4821KLM", "onnx")
    assert reading.confidence >= plates.CERTAIN
    assert len(reading.characters) == 7
    assert all(0.9 < each <= 1 for each in reading.characters)
    assert reading.corners is not None
    assert sum(x for x, _ in reading.corners) / 4 == pytest.approx(0.5, abs=0.03)
    assert sum(y for _, y in reading.corners) / 4 == pytest.approx(0.64, abs=0.03)


@pytest.mark.parametrize(
    ("shown", "read", "drawn"),
    [
        ("PBA-1234", "PBA1234", {"turn": 12}),
        ("9053 LDW", "9053LDW", {"turn": -17}),
        ("7FHK302", "7FHK302", {"height": 26}),
        ("RIX\n5793", "RIX5793", {"height": 40}),
        ("C 1234\nBCD", "C1234BCD", {"height": 38}),
        ("4821  KLM", "4821KLM", {"size": (3000, 2250), "height": 90}),
    ],
    ids=["turned left", "turned right", "small", "two lines", "moped", "large photograph"],
)
def test_reads_plates_of_many_kinds(reader: OnnxReader, shown: str, read: str, drawn: dict[str, float]) -> None:
    reading = reader.read(Photo(drawing.with_plate(shown, **drawn)), seconds=10)  # type: ignore[arg-type]
    assert reading is not None
    assert reading.text == read


def test_chooses_the_plate_among_other_text(reader: OnnxReader) -> None:
    words = (
        ("TALLERES GOMEZ", (0.5, 0.1), 90),
        ("TEL 912345678", (0.5, 0.2), 50),
        ("2014-06-13 10:39:11", (0.8, 0.96), 30),
        ("2.0 TDI", (0.7, 0.52), 34),
    )
    reading = reader.read(Photo(drawing.with_plate("4821 KLM", words=words)), seconds=10)
    assert reading is not None
    assert reading.text == "4821KLM"


@pytest.mark.parametrize(
    "words",
    [
        (),
        (("TALLERES GOMEZ", (0.5, 0.1), 90), ("REPARACIONES", (0.5, 0.64), 60)),
        (("2014-06-13 10:39:11", (0.8, 0.96), 30),),
        (("Tel. 912 345 678", (0.5, 0.1), 60),),
    ],
    ids=["nothing", "shop", "date stamp", "telephone"],
)
def test_without_a_plate_there_is_no_reading(reader: OnnxReader, words: drawing.Words) -> None:
    assert reader.read(Photo(drawing.with_words(words)), seconds=10) is None


def test_the_larger_plate_is_read_and_the_other_one_is_a_candidate(reader: OnnxReader) -> None:
    image = drawing.with_plate("4821 KLM", at=(0.3, 0.7), height=80)
    other = drawing.plate("9053 LDW", height=40)
    image.paste(other, (950, 600))
    reading = reader.read(Photo(image), seconds=10)
    assert reading is not None
    assert reading.text == "4821KLM"
    [candidate] = [each for each in reading.candidates if each.text == "9053LDW"]
    assert candidate.corners is not None
    assert candidate.corners[0][0] > 0.7


def test_of_what_a_font_draws_alike_a_format_tells_which_and_the_other_is_a_candidate(reader: OnnxReader) -> None:
    reading = reader.read(Photo(drawing.with_plate("PP587A0")), seconds=10)
    assert reading is not None
    assert reading.text == "PP587AO"
    assert "PP587A0" in {each.text for each in reading.candidates[:1]}
    assert reading.characters[6] < min(reading.characters[:6])


def test_without_time_it_looks_once(reader: OnnxReader) -> None:
    reading = reader.read(Photo(drawing.with_plate("4821 KLM")), seconds=0)
    assert reading is not None
    assert reading.text == "4821KLM"


@pytest.mark.parametrize("found", [None, Models(Path("nowhere"), Path("nowhere"), Path("nowhere"))])
def test_without_models_the_next_reader_is_asked(found: Models | None) -> None:
    with pytest.raises(ReaderUnavailable):
        OnnxReader(found).read(Photo(drawing.street()), seconds=10)


@pytest.mark.parametrize("size", [(1, 1), (3000, 8), (8, 3000)])
def test_photographs_of_odd_shapes_have_no_plate(reader: OnnxReader, size: tuple[int, int]) -> None:
    assert reader.read(Photo(drawing.street().resize(size)), seconds=10) is None
