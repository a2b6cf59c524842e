"""The summary's numbers, and the geometry of its charts."""

from datetime import date

import pytest

from coronet.charts import chart
from coronet.model import NOT_READ, Record
from coronet.summary import MOST_DAYS, summarize


def record(id: int, at: str, plate: str = "1234BCD", kind: str = "", image: str | None = None) -> Record:
    name = f"{plate}_{id}.jpg" if image is None else image
    return Record(id=id, registered_at=at, plate=plate, vehicle_type=kind, image=name)


RECORDS = [
    record(1, "2026-11-01 23:59:59"),
    record(2, "2026-11-02 00:00:00", "ABC-123", "Camión"),
    record(3, "2026-11-02 07:30:00", "ABC123", "Camión"),
    record(4, "2026-11-03 07:45:00", NOT_READ),
    record(5, "2026-11-03 23:59:59", "5678FGH", "Moto", image="5678FGM_5.jpg"),
    record(6, "2026-11-03 10:00:00", "9999ZZZ"),
    record(7, "2026-11-04 00:00:00"),
    record(8, "3/11/2026 10:00"),
]


def test_a_period_is_counted() -> None:
    summary = summarize(RECORDS, date(2026, 11, 2), date(2026, 11, 3), {"9999ZZZ_6.jpg"})
    assert summary.total == 5
    assert summary.by_day == [("2026-11-02", 2), ("2026-11-03", 3)]
    assert len(summary.by_hour) == 24
    assert {hour: number for hour, number in summary.by_hour if number} == {"00": 1, "07": 2, "10": 1, "23": 1}
    assert summary.by_type == [("Camión", 2), ("", 2), ("Moto", 1)]
    assert (summary.automatic, summary.manual, summary.unread) == (2, 2, 1)
    assert summary.vehicles[0] == ("ABC123", 2)
    assert summary.different_vehicles == 3


def test_a_long_period_is_counted_by_month() -> None:
    records = [record(1, "2025-12-31 10:00:00"), record(2, "2026-02-01 10:00:00")]
    summary = summarize(records, date(1, 1, 1), date(9999, 12, 31), set())
    assert summary.by_day == [("2025-12", 1), ("2026-01", 0), ("2026-02", 1)]
    assert summarize([], date(1, 1, 1), date(9999, 12, 31), set()).by_day == []


def test_a_period_that_ends_before_it_begins_is_empty() -> None:
    assert summarize(RECORDS, date(2026, 11, 3), date(2026, 11, 2), set()).total == 0


@pytest.mark.parametrize(
    ("highest", "lines"),
    [(0, [0, 1]), (1, [0, 1]), (4, [0, 1, 2, 3, 4]), (7, [0, 2, 4, 6, 8]), (1000, [0, 500, 1000])],
)
def test_the_lines_of_a_chart_are_round_and_reach_over_the_highest(highest: int, lines: list[int]) -> None:
    assert [value for value, _ in chart([("a", highest)]).lines] == lines


def test_columns_stand_on_the_lowest_line_within_the_picture() -> None:
    drawn = chart([(str(number), number) for number in range(MOST_DAYS)])
    assert [each.value for each in drawn.columns] == list(range(MOST_DAYS))
    floor = drawn.lines[0][1]
    for each in drawn.columns:
        assert 0 <= each.x <= each.middle <= each.x + each.width <= 100
        assert each.y + each.height == pytest.approx(floor)
    heights = [each.height for each in drawn.columns]
    assert heights == sorted(heights)
    assert sum(each.is_labelled for each in drawn.columns) <= 8
    assert chart([]).columns == []
