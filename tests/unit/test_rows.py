"""The CSV's rows: whatever is typed comes back, and nothing runs in a spreadsheet."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coronet import rows
from coronet.errors import DamagedLedger, InvalidInput
from coronet.model import Record

TRICKY = st.text(st.sampled_from("'=+-@\t\r\n,\";\0 añ😀\x85\u2028\x0b\x0c\x1c\ufeffx1"), max_size=12)
TEXTS = st.one_of(TRICKY, st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
RECORDS = st.builds(
    Record,
    id=st.integers(1, 10**18 - 1),
    registered_at=TEXTS,
    plate=TEXTS,
    owner=TEXTS,
    vehicle_type=TEXTS,
    note=TEXTS,
    image=TEXTS,
)
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
ROW = b"1,2026-11-23 09:30:15,1234BCD,Ana,Turismo,,1234BCD_20261123_093015.jpg\n"


@given(st.lists(RECORDS, max_size=5))
def test_what_is_written_is_read(records: list[Record]) -> None:
    data = rows.HEADER + b"".join(map(rows.encode, records))
    assert list(rows.parse(data)) == records


@given(st.lists(RECORDS, max_size=4))
def test_other_programs_read_the_same_and_run_nothing(records: list[Record]) -> None:
    text = (rows.HEADER + b"".join(map(rows.encode, records))).decode()
    _, *lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert len(lines) == len(records)
    for cells, record in zip(lines, records, strict=True):
        assert cells[0] == str(record.id)
        for cell, shown in zip(cells[1:], (record.registered_at, record.plate, record.owner), strict=False):
            assert not cell.startswith(DANGEROUS)
            assert cell in (shown, "'" + shown)


@given(st.lists(RECORDS, min_size=1, max_size=6), st.data())
def test_rows_are_found_from_anywhere_in_the_middle(records: list[Record], data: st.DataObject) -> None:
    encoded = [rows.encode(record) for record in records]
    whole = rows.HEADER + b"".join(encoded)
    start = data.draw(st.integers(0, len(whole)))
    found = rows.last_rows(whole[start:])
    starts = [len(whole) - sum(map(len, encoded[number:])) for number in range(len(records) + 1)]
    assert found == whole[min(each for each in starts if each > start) :] if start < len(whole) else found == b""


@given(st.lists(RECORDS, max_size=5))
def test_rows_joined_are_the_file(records: list[Record]) -> None:
    whole = rows.HEADER + b"".join(map(rows.encode, records))
    assert b"".join(row for _, row in rows.split(whole)) == whole


@pytest.mark.parametrize(
    "data",
    [
        rows.HEADER + ROW,
        rows.HEADER + ROW.rstrip(b"\n"),
        (rows.HEADER + ROW).replace(b"\n", b"\r\n"),
        (rows.HEADER + ROW).replace(b"\n", b"\r"),
        b"\xef\xbb\xbf" + rows.HEADER + ROW,
        rows.HEADER + b"\n" + ROW + b"\n\r\n",
        rows.HEADER + ROW + b",,,,,,\n",
        b",".join(b'"%s"' % name.encode() for name in rows.COLUMNS) + b"\n" + ROW,
        rows.HEADER + b",".join(b'"%s"' % cell for cell in ROW.rstrip(b"\n").split(b",")) + b"\n",
    ],
)
def test_what_spreadsheets_make_of_it_is_read(data: bytes) -> None:
    [record] = rows.parse(data)
    assert rows.encode(record) == ROW


@pytest.mark.parametrize(
    ("data", "line", "problem"),
    [
        (b"id,fecha_hora,matricula\n", 1, "header"),
        (rows.HEADER.replace(b",", b";"), 1, "header"),
        (rows.HEADER.replace(b"id", b"ID"), 1, "header"),
        (b"\n" + rows.HEADER, 1, "header"),
        (ROW, 1, "header"),
        (rows.HEADER + ROW + b"2,a,b,c,d,e\n", 3, "cells"),
        (rows.HEADER + ROW + b"2,a,b,c,d,e,f,g\n", 3, "cells"),
        (rows.HEADER + ROW + b"half a ro", 3, "cells"),
        (rows.HEADER + ROW.replace(b"1,", b"one,", 1), 2, "id"),
        (rows.HEADER + ROW.replace(b"1,", b"-1,", 1), 2, "id"),
        (rows.HEADER + ROW.replace(b"1,", b"1.0,", 1), 2, "id"),
        (rows.HEADER + ROW.replace(b"1,", b",", 1), 2, "id"),
        (rows.HEADER + ROW.replace(b"1,", "٣,".encode(), 1), 2, "id"),
        (rows.HEADER + ROW.replace(b"1,", b"9" * 5000 + b",", 1), 2, "id"),
        (rows.HEADER + ROW + ROW.replace(b"Ana", b"\xf1"), 3, "encoding"),
        (rows.HEADER + b'2,a,"b\nb\nb",c,d,e,f\n' + b"3,\xff,b,c,d,e,f\n", 5, "encoding"),
        (rows.HEADER + ROW + b'2,a,"b,c,d,e,f\n' + ROW * 3, 3, "unclosed"),
        (rows.HEADER + ROW + b'2,a,5" disk and 3",c,d,e,f\n', 3, "quote"),
        (rows.HEADER + ROW + b'2,a,"b"x,c,d,e,f\n', 3, "quote"),
        ((rows.HEADER + ROW).decode().encode("utf-16"), 1, "encoding"),
    ],
)
def test_damage_is_told_with_its_line(data: bytes, line: int, problem: str) -> None:
    with pytest.raises(DamagedLedger) as error:
        list(rows.parse(data))
    assert error.value.line == line
    assert error.value.problem == problem


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_records_or_damage(data: bytes, with_header: bool) -> None:
    try:
        records = list(rows.parse(rows.HEADER * with_header + data))
    except DamagedLedger:
        return
    written = rows.HEADER + b"".join(map(rows.encode, records))
    assert list(rows.parse(written)) == records


def test_a_missing_quotation_mark_costs_no_more_than_reading_on() -> None:
    data = rows.HEADER + b'1,"' + ROW * 50_000  # quadratic work would take minutes
    with pytest.raises(DamagedLedger):
        list(rows.parse(data))


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(InvalidInput):
        rows.encode(Record(id=1, registered_at="", plate="", owner="\ud800"))


@pytest.mark.parametrize("text", ["=1+1", "'=1+1", "''@x", "-5", "+34 600", "\tx", "'", "''", "'x", "x=1"])
def test_cells_typed_by_hand_are_shown_as_typed_once_neutralised(text: str) -> None:
    record = Record(id=1, registered_at="", plate="", owner=text)
    [again] = rows.parse_rows(rows.encode(record))
    assert again.owner == text


@given(st.lists(RECORDS, min_size=2, max_size=6, unique_by=lambda record: record.id))
def test_rewriting_touches_one_row(records: list[Record]) -> None:
    encoded = [
        rows.encode(record).replace(b"\n", b"\r\n") if b'"' not in rows.encode(record) else rows.encode(record)
        for record in records
    ]
    data = b"\xef\xbb\xbf" + rows.HEADER + b"".join(encoded)
    there = list(rows.parse(data))
    out = rows.rewrite(data, {there[1].id}, lambda record: None if record == there[1] else record)
    assert out == data[: len(rows.HEADER) + 3] + b"".join([encoded[0], *encoded[2:]])
