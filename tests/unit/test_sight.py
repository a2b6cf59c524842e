from collections.abc import Callable

import pytest
from PIL import Image, ImageFilter

import drawing
from coronet.readers.geometry import sides
from coronet.readers.onnx import models
from coronet.readers.recognizer import Line, Recognizer, View
from coronet.readers.sight import Sight, Spot
from coronet.readers.textfinder import TextFinder, TextLine

Look = Callable[[Image.Image], tuple[list[Spot], list[int]]]


@pytest.fixture(scope="module")
def sight() -> Sight:
    found = models()
    assert found is not None
    return Sight(found.detection, found.recognition, found.second_recognition, countries=("ES", "EC"))


@pytest.fixture
def look(sight: Sight, monkeypatch: pytest.MonkeyPatch) -> Look:
    """The places of an image, and how large the whole of it was taken for each search."""
    find = TextFinder.find
    searched = []

    def spy(finder: TextFinder, image: Image.Image, longest: int) -> list[TextLine]:
        searched.append((image.size, longest))
        return find(finder, image, longest)

    def spots(image: Image.Image) -> tuple[list[Spot], list[int]]:
        found = sight.spots(image, seconds=60)
        return found, [longest for size, longest in searched if size == image.size]

    monkeypatch.setattr(TextFinder, "find", spy)
    return spots


def test_a_clear_plate_needs_no_more_than_a_glance(look: Look) -> None:
    spots, searched = look(drawing.with_plate("4821 KLM"))
    assert spots[0].text == "4821KLM"
    assert len(searched) == 1


def test_what_the_glance_does_not_find_is_looked_for_again(look: Look) -> None:
    spots, searched = look(drawing.with_plate("7FHK302", height=11))
    assert spots[0].text == "7FHK302"
    assert len(searched) == 2
    assert searched[0] < searched[1]


def test_where_the_glance_doubts_the_readings_of_both_searches_vote(look: Look) -> None:
    spots, searched = look(drawing.with_plate("40731", height=40))
    assert spots[0].text == "40731"
    assert len(searched) == 2
    assert len(spots[0].shapes) == 4


def test_a_nearer_plate_in_doubt_is_looked_at_again_although_another_one_is_certain(look: Look) -> None:
    image = drawing.with_plate("4821 KLM", at=(0.78, 0.65), height=50)
    image.paste(drawing.plate("9053 LDW", height=80).filter(ImageFilter.GaussianBlur(9)), (280, 580))
    spots, searched = look(image)
    assert [spot.text for spot in spots[:2]] == ["4821KLM", "9053LDW"]
    assert len(searched) == 2


def test_where_nothing_is_like_a_plate_the_last_search_is_the_finest(look: Look) -> None:
    spots, searched = look(drawing.street())
    assert spots == []
    assert len(searched) == 3
    assert searched == sorted(searched)


def test_lines_wider_than_any_plate_are_not_read(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    widths, read = [], Recognizer.read

    def spy(recognizer: Recognizer, image: Image.Image, line: TextLine, view: View) -> Line:
        width, height = sides(line.quad())
        widths.append(width / height)
        return read(recognizer, image, line, view)

    monkeypatch.setattr(Recognizer, "read", spy)
    spots, _ = look(drawing.with_plate("4821 KLM", words=(("REPARACIONES DE AUTOMOVILES", (0.5, 0.2), 40),)))
    assert spots[0].text == "4821KLM"
    assert max(widths) < 8
