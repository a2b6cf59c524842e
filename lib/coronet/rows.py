"""The register's CSV as bytes: records to rows and back."""

import re
from collections.abc import Callable, Iterator, Set
from itertools import islice

from coronet.errors import DamagedLedger, InvalidInput
from coronet.model import Record

COLUMNS = ("id", "fecha_hora", "matricula", "propietario", "tipo_vehiculo", "observacion", "imagen")
HEADER = (",".join(COLUMNS) + "\n").encode()

BOM = b"\xef\xbb\xbf"
_RUNS = re.compile(r"'*[=+\-@\t\r]")  # what a spreadsheet would run, with any number of our marks before it
_NEEDS_QUOTES = re.compile(r'[",\r\n]')
_CELL = re.compile(r'"((?:[^"]++|"")*+)"|([^",]*+)')
_ID = re.compile(r"[0-9]{1,18}")


def encode(record: Record) -> bytes:
    """`record` as a row, RFC 4180 with LF. Raises InvalidInput for text that UTF-8 cannot hold (lone surrogates).

    A cell that a spreadsheet would run gets one more leading `'`, which `parse` takes off again.
    """
    texts = (record.registered_at, record.plate, record.owner, record.vehicle_type, record.note, record.image)
    try:
        return ",".join([str(record.id), *map(_stored, texts)]).encode() + b"\n"
    except UnicodeEncodeError:
        raise InvalidInput("text that UTF-8 cannot hold") from None


def parse(data: bytes) -> Iterator[Record]:
    """The records of a whole CSV in the order of its rows. Raises DamagedLedger where it is none of ours.

    A byte order mark, CRLF, quoted line breaks, empty lines and a missing line end at the end are accepted.
    """
    rows = split(data)
    line, header = next(rows, (1, HEADER))
    if tuple(_cells(line, header.removeprefix(BOM) or HEADER)) != COLUMNS:
        raise DamagedLedger(line, "header")
    for line, row in rows:
        if record := record_of(line, row):
            yield record


def parse_rows(data: bytes) -> Iterator[Record]:
    """The records of whole rows without a header; a DamagedLedger counts lines from their start."""
    return (record for line, row in split(data) if (record := record_of(line, row)))


def rewrite(data: bytes, ids: Set[int], change: Callable[[Record], Record | None]) -> bytes:
    """A whole CSV of ours with the records of these ids as `change` returns them, None removing one.

    All other bytes stay as they are.
    """
    rows = split(data)
    written = [row for _, row in islice(rows, 1)]
    for line, row in rows:
        number = row[: row.find(b",")].strip(b'"')
        record = record_of(line, row) if number.isdigit() and int(number) in ids else None
        changed = record and change(record)
        if changed is record:
            written.append(row)
        elif changed:
            written.append(encode(changed))
    return b"".join(written)


def record_of(line: int, row: bytes) -> Record | None:
    """The record in a row that starts at `line`; None where the row is empty. Raises DamagedLedger."""
    cells = _cells(line, row)
    if len(cells) != len(COLUMNS) or not _ID.fullmatch(cells[0]):
        if not any(cells):
            return None
        raise DamagedLedger(line, "cells" if len(cells) != len(COLUMNS) else "id")
    id, registered_at, plate, owner, vehicle_type, note, image = map(_shown, cells) if b"'" in row else cells
    return Record(
        id=int(id),
        registered_at=registered_at,
        plate=plate,
        owner=owner,
        vehicle_type=vehicle_type,
        note=note,
        image=image,
    )


def split(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The rows of `data`, header included, each with its line (from 1) and with its line end: joined, they are `data`.

    Raises DamagedLedger for a quotation mark that never closes.
    """
    open_row: list[bytes] = []
    start, quoted = 1, False
    for line, piece in enumerate(data.splitlines(keepends=True), start=1):
        if not open_row:
            start = line
        if b'"' in piece:
            quoted ^= piece.count(b'"') % 2 == 1
        if quoted:
            open_row.append(piece)
        elif open_row:
            yield start, b"".join([*open_row, piece])
            open_row.clear()
        else:
            yield start, piece
    if quoted:
        raise DamagedLedger(start, "unclosed")


def last_rows(data: bytes) -> bytes:
    """`data`, the end of a CSV from somewhere in its middle, without what belongs to a row that began earlier.

    Quotation marks only stand in pairs around and inside cells, so that their number after a line end tells whether
    it ends a row or is inside a cell.
    """
    quoted = data.count(b'"') % 2 == 1
    position = 0
    for piece in data.splitlines(keepends=True):
        position += len(piece)
        quoted ^= piece.count(b'"') % 2 == 1
        if not quoted:
            break
    return data[position:]


def _cells(line: int, row: bytes) -> list[str]:
    try:
        text = row.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise DamagedLedger(line, "encoding") from None
    return _quoted_cells(line, text) if '"' in text else text.split(",")


def _quoted_cells(line: int, text: str) -> list[str]:
    cells, position = [], 0
    while match := _CELL.match(text, position):
        quoted, plain = match.groups()
        cells.append(plain if quoted is None else quoted.replace('""', '"'))
        position = match.end() + 1
        if text[match.end() : position] != ",":
            break
    if position <= len(text):
        raise DamagedLedger(line, "quote")
    return cells


def _stored(text: str) -> str:
    cell = "'" + text if _RUNS.match(text) else text
    return '"' + cell.replace('"', '""') + '"' if _NEEDS_QUOTES.search(cell) else cell


def _shown(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _RUNS.match(cell) else cell
