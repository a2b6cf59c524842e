"""Queries: what they find, in which order, and how they stand in an address."""

from datetime import date

import pytest

from coronet.errors import InvalidInput
from coronet.model import NOT_READ, Record
from coronet.search import Query


def record(id: int, plate: str = "1234BCD", at: str = "2026-11-23 09:30:15", **texts: str) -> Record:
    return Record(id=id, plate=plate, registered_at=at, **texts)


RECORDS = [
    record(1, "1234BCD", "2026-11-20 23:59:59", owner="José Muñoz", vehicle_type="Camión", note="Puerta Ñ"),
    record(2, "ABC-1234", "2026-11-21 00:00:00", owner="ana lópez", vehicle_type="camion"),
    record(3, NOT_READ, "2026-11-22 10:00:00", owner="Ágata", image="NO_DETECTADA_20261122_100000.jpg"),
    record(4, "1284BCD", "2026-11-23 10:00:00", vehicle_type="Moto", note="ROJA, con remolque", image="1284BCD_x.jpg"),
]


def found(**query: object) -> list[int]:
    return [each.id for each in Query(**{"sort": "id", **query}).apply(RECORDS, {"1284BCD_x.jpg"})]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("plate", "ids"),
    [
        ("1234", [1, 2]),
        ("bcd", [1, 4]),
        ("12?4BCD", [1, 4]),
        ("12?4", []),
        ("*4*", [1, 2, 4]),
        ("abc1234", [2]),
        ("ABC-1*", [2]),
        ("1234 BCD", [1]),
        ("*", [1, 2, 4]),
        ("NO_DETECTADA", []),
        ("(.", [1, 2, 4]),
    ],
)
def test_plates_by_part_or_pattern(plate: str, ids: list[int]) -> None:
    assert found(plate=plate) == ids


def test_texts_without_case_or_accents() -> None:
    assert found(owner="munoz") == found(owner="MUÑOZ") == found(owner="José m") == [1]
    assert found(owner="LOPEZ") == [2]
    assert found(vehicle_type="camión") == [1, 2]
    assert found(note="puerta n") == [1]
    assert found(note="roja") == [4]


def test_days_are_both_included() -> None:
    assert found(since=date(2026, 11, 21), until=date(2026, 11, 22)) == [2, 3]
    assert found(since=date(2026, 11, 23)) == [4]
    assert found(until=date(2026, 11, 20)) == [1]


def test_not_detected_and_to_be_reviewed() -> None:
    assert found(unread=True) == [3]
    assert found(review=True) == [4]


def test_a_reading_that_was_changed_in_a_spreadsheet_waits_for_nobody() -> None:
    changed = [record(4, "9999ZZZ", image="1284BCD_x.jpg")]
    assert Query(review=True).apply(changed, {"1284BCD_x.jpg"}) == []


def test_filters_narrow_each_other() -> None:
    assert found(plate="1234", owner="ana") == [2]


@pytest.mark.parametrize(
    ("sort", "ids"),
    [
        ("-id", [4, 3, 2, 1]),
        ("fecha_hora", [1, 2, 3, 4]),
        ("matricula", [1, 4, 2, 3]),
        ("propietario", [3, 2, 1, 4]),
        ("-propietario", [1, 2, 3, 4]),
        ("tipo_vehiculo", [2, 1, 4, 3]),
    ],
)
def test_orders_without_case_or_accents_and_empty_cells_last(sort: str, ids: list[int]) -> None:
    assert found(sort=sort) == ids


def test_the_page_after_a_record_that_was_deleted() -> None:
    assert Query(after=3).start([RECORDS[3], RECORDS[1], RECORDS[0]]) == 1
    assert Query(after=3, sort="matricula").start([RECORDS[3], RECORDS[1]]) == 0


def test_an_address_and_a_query_are_the_same() -> None:
    query = Query(
        plate="12*", owner="ana", since=date(2026, 1, 2), unread=True, review=True, sort="-matricula", after=3
    )
    parameters = query.parameters()
    assert parameters == {
        "matricula": "12*",
        "propietario": "ana",
        "desde": "2026-01-02",
        "no_detectadas": "1",
        "revisar": "1",
        "orden": "-matricula",
        "antes": "3",
    }
    assert Query.of(parameters) == query
    assert Query.of({"otra": "x", "matricula": " ", "orden": ""}) == Query()
    assert Query().parameters() == {}


@pytest.mark.parametrize(
    "parameters",
    [{"desde": "ayer"}, {"hasta": "2026-13-01"}, {"orden": "imagen"}, {"antes": "-1"}, {"antes": "9" * 19}],
)
def test_what_no_query_can_have_is_refused(parameters: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        Query.of(parameters)
