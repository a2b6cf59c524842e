import numpy as np
import pytest
from PIL import Image, ImageDraw

from coronet import plates
from coronet.readers import ctc, judgement
from coronet.readers.recognizer import Line
from coronet.readers.shapes import Part, Shape
from coronet.readers.textfinder import TextLine

CORE = np.array([(200, 200), (300, 200), (300, 225), (200, 225)], float)


def line(text: str, *, second: bool = False) -> Line:
    look = np.zeros((2 * len(text), 37))
    look[::2, 0] = 1
    look[range(1, 2 * len(text), 2), [1 + ctc.ALPHABET.index(each) for each in text]] = 1
    return Line(look, text, second)


def shape(first: tuple[str, ...], second: tuple[str, ...]) -> Shape:
    lines = (*(line(text) for text in first), *(line(text, second=True) for text in second))
    return Shape((Part(TextLine(CORE, 0.9), lines),))


def features(text: str, *shapes: Shape, image: Image.Image | None = None, highest: float = 1.0) -> dict[str, float]:
    image = image or Image.new("RGB", (640, 480))
    return judgement.features(text, shapes=[*shapes], image=image, countries=("ES",), lines=3, highest=highest)


def test_models_agree_where_both_say_the_text() -> None:
    said = shape(("4821KLM", "4821KLM"), ("4821KLM", "4821KLN"))
    assert features("4821KLM", said)["agreement"] == pytest.approx(0.5**0.5)
    assert features("4821KLM", shape(("4821KLM",), ("4821KLN",)))["agreement"] == 0
    assert features("4821KLM", shape(("4821KLM",), ()))["agreement"] == 0


def test_what_a_font_may_draw_alike_is_agreement() -> None:
    assert features("PB01234", shape(("PBO1234",), ("PB0I234",)))["agreement"] == 1


def test_agreement_makes_a_reading_more_probable_and_a_higher_text_less() -> None:
    def probability(said: Shape, highest: float = 1.0) -> float:
        return judgement.probability(features("4821KLM", said, highest=highest))

    both, one = shape(("4821KLM",), ("4821KLM",)), shape(("4821KLM",), ("4821KLN",))
    assert probability(both) > probability(one)
    assert probability(both, highest=both.height) > probability(both, highest=2 * both.height)


def test_digits_alone_need_the_ground_of_a_plate() -> None:
    street, plate = Image.new("RGB", (640, 480), "gray"), Image.new("RGB", (640, 480), "gray")
    ImageDraw.Draw(plate).rectangle((180, 185, 320, 240), fill="white")
    said = shape(("205014",), ("205014",))
    bare, framed = (judgement.probability(features("205014", said, image=each)) for each in (street, plate))
    assert bare < plates.CERTAIN < framed


def test_a_look_alike_away_from_a_format_is_worth_more_than_no_format() -> None:
    known, nearly, unknown = (features(text, shape((text,), (text,))) for text in ("4821KLM", "48Z1KLM", "4A2B1KM"))
    name = "known format but for look-alikes"
    assert (known[name], nearly[name], unknown[name]) == (0, 1, 0)
    assert judgement.probability(known) > judgement.probability(nearly) > judgement.probability(unknown)


def test_a_place_is_settled_only_where_the_readings_agree() -> None:
    agreed = features("4821KLM", shape(("4821KLM",), ("4821KLM",)))
    doubted = {**agreed, "agreement": 0.6, "pixels high": 10.0}
    assert judgement.probability(doubted) >= plates.CERTAIN
    assert judgement.settled(agreed)
    assert not judgement.settled(doubted)


def test_the_largest_of_the_certain_plates_comes_first_then_the_most_probable() -> None:
    far, near, smudged, sign = (0.99, 20.0), (0.92, 30.0), (0.6, 90.0), (0.2, 200.0)
    ranked = sorted((sign, far, smudged, near), key=lambda place: judgement.rank(*place), reverse=True)
    assert ranked == [near, far, smudged, sign]
