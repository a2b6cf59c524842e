import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coronet import plates

HOME = ("ES", "EC")
TABLE = list(csv.DictReader(Path(__file__).with_name("plates.csv").open(encoding="utf-8")))


def test_the_table_is_large_enough() -> None:
    assert len(TABLE) >= 200


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["text"])
def test_valid_invalid_and_confused_plates(row: dict[str, str]) -> None:
    known = {f"{each.country} {each.kind}" for each in plates.formats(row["text"])}
    first, *others = plates.readings(row["text"], HOME)
    assert row["format"] in known if row["format"] else not known
    assert first == row["first"]
    assert not row["also"] or row["also"] in others


def test_countries_are_preferred_and_none_refused() -> None:
    assert plates.fit("AB51ABC", HOME) == plates.fit("4821KLM", ("GB",)) == 0.7
    assert plates.fit("AB51ABC", ("GB",)) == 1
    assert plates.readings("8D51SMR", HOME)[0] == "8051SMR"
    assert plates.readings("8D51SMR", ("GB",))[0] == "BD51SMR"


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=10), st.sampled_from([HOME, ("GB",), ()]))
def test_nothing_is_edited_but_into_a_preferred_format(text: str, countries: tuple[str, ...]) -> None:
    found = plates.readings(text, countries)
    assert 1 <= len(found) == len(set(found)) <= 6
    assert all(len(each) == len(text) for each in found)
    if found[0] != text:
        assert not plates.formats(text)
        assert plates.fit(found[0], countries) == 1


@given(st.text())
def test_what_is_clean_is_a_plate_or_nothing(text: str) -> None:
    plate = plates.clean(text)
    assert len(plate) <= plates.MAX_LENGTH
    assert set(plate) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")
    assert plates.clean(plate) == plate


def test_a_sentence_is_no_plate() -> None:
    assert plates.clean("Lo siento, no veo ninguna matrícula") == ""
    assert plates.clean(" m-1234-ab ") == "M-1234-AB"


@pytest.mark.parametrize(
    ("seen", "meant"),
    [
        ("FVI6KFL", "FV16KFL"),
        ("PP587A0", "PP587AO"),
        ("CK0AIF", "CK0A1F"),
        ("GN640TP", "GN640TP"),  # as it is it is known, and GN64OTP is too
        ("DI2LOT", "DI2LOT"),  # D12LOT or DI2L0T
        ("OAKWOOD", "OAKWOOD"),
        ("YUN1QUE", "YUN1QUE"),
        ("2011512", "2011512"),
    ],
)
def test_where_a_font_draws_characters_alike_the_only_known_format_tells_which(seen: str, meant: str) -> None:
    assert plates.as_drawn(seen) == meant


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=10))
def test_what_is_drawn_otherwise_is_never_taken_for_a_text(text: str) -> None:
    meant = plates.as_drawn(text)
    assert plates.drawn_alike(meant) == plates.drawn_alike(text)
    assert meant == text or plates.formats(meant)
