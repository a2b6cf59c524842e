from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

import drawing
from coronet import plates
from coronet.errors import ReaderUnavailable
from coronet.photo import Photo
from coronet.readers import tesseract_cuts
from coronet.readers.onnx import models
from coronet.readers.tesseract import TesseractReader, program
from coronet.readers.textfinder import TextLine


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


def test_a_coloured_emblem_fades_in_one_of_the_cuts_and_the_letters_do_not() -> None:
    image = Image.new("RGB", (400, 100), "white")
    ImageDraw.Draw(image).rectangle((50, 30, 99, 69), "black")
    ImageDraw.Draw(image).rectangle((200, 30, 249, 69), "#f03020")
    line = TextLine(np.array([(50, 30), (350, 30), (350, 70), (50, 70)], float), 0.9)
    inner = [np.asarray(cut)[20:-20, 20:-20] for cut in tesseract_cuts.cuts(image, line)]
    letter, emblem = (
        [part.min() for part in parts] for parts in zip(*(np.split(each, [90], 1) for each in inner), strict=True)
    )
    assert max(letter) == 0
    assert max(emblem[:2]) < 160
    assert emblem[2] > 200


def test_a_reading_is_as_sure_as_its_cuts_agree_and_never_certain() -> None:
    clear = with_finder().read(Photo(drawing.with_plate("4821KLM")), seconds=20)
    assert clear is not None
    assert 0.7 < clear.confidence < plates.CERTAIN
    assert len(clear.characters) == 7
    assert min(clear.characters) >= clear.confidence - 0.001
    anywhere = without_models().read(Photo(drawing.with_plate("4821KLM")), seconds=20)
    assert anywhere is not None
    assert anywhere.confidence < clear.confidence


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
