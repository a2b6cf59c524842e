"""The register's CSV on a BlobStore."""

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from coronet.errors import DamagedLedger, NotFound, StoreConflict
from coronet.model import Entry, Record
from coronet.ports import BlobStore

KEY = "data/registros.csv"
LAST_ID_KEY = "data/ultimo_id"
HEADER = ["id", "fecha_hora", "matricula", "propietario", "tipo_vehiculo", "observacion", "imagen"]
_RUNS = re.compile(r"'*[=+\-@\t\r]")
_TRIES = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Records, newest first; `next` is the `before` of the following page."""

    records: list[Record]
    total: int
    next: int | None


class Ledger:
    """The rows of `data/registros.csv`."""

    def __init__(self, store: BlobStore) -> None:
        self._store = store

    def append(self, entries: Sequence[Entry]) -> list[Record]:
        """Add a row for each entry in one write."""
        for _ in range(_TRIES):
            records, version = self._load()
            last = max([record.id for record in records] + [self._last_id()])
            new = [
                Record(
                    id=last + number,
                    registered_at=entry.registered_at,
                    plate=entry.plate,
                    owner=entry.owner,
                    vehicle_type=entry.vehicle_type,
                    note=entry.note,
                    image=entry.image,
                )
                for number, entry in enumerate(entries, 1)
            ]
            try:
                self._store.put(KEY, _dump([*records, *new]), replaces=version)
            except StoreConflict:
                continue
            return new
        raise StoreConflict("too many writers")

    def page(self, *, before: int | None = None, limit: int) -> Page:
        """The newest records."""
        records = sorted(self.records(), key=lambda record: -record.id)
        rest = [record for record in records if before is None or record.id < before]
        return Page(rest[:limit], len(records), rest[limit - 1].id if len(rest) > limit else None)

    def records(self) -> Sequence[Record]:
        """Every record, oldest first."""
        return self._load()[0]

    def find(self, id: int) -> Record:
        """The record, or NotFound."""
        for record in self.records():
            if record.id == id:
                return record
        raise NotFound(f"no record {id}")

    def update(self, id: int, change: Callable[[Record], Record]) -> Record:
        """Change one record."""
        for _ in range(_TRIES):
            records, version = self._load()
            if id not in {record.id for record in records}:
                raise NotFound(f"no record {id}")
            changed = [change(record) if record.id == id else record for record in records]
            try:
                self._store.put(KEY, _dump(changed), replaces=version)
            except StoreConflict:
                continue
            return next(record for record in changed if record.id == id)
        raise StoreConflict("too many writers")

    def remove(self, ids: Sequence[int]) -> list[Record]:
        """Remove records and return them."""
        for _ in range(_TRIES):
            records, version = self._load()
            gone = [record for record in records if record.id in ids]
            if not gone:
                return []
            last = max(record.id for record in records)
            if last in ids:
                blob = self._store.get(LAST_ID_KEY)
                mark = str(max(last, self._last_id())).encode()
                self._store.put(LAST_ID_KEY, mark, replaces=blob.version if blob else None)
            try:
                self._store.put(KEY, _dump([r for r in records if r.id not in ids]), replaces=version)
            except StoreConflict:
                continue
            return gone
        raise StoreConflict("too many writers")

    def export(self) -> bytes:
        """The CSV."""
        return _dump(self.records())

    def _last_id(self) -> int:
        blob = self._store.get(LAST_ID_KEY)
        return int(blob.data) if blob else 0

    def _load(self) -> tuple[list[Record], str | None]:
        blob = self._store.get(KEY)
        if blob is None or not blob.data:
            return [], blob.version if blob else None
        try:
            text = blob.data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise DamagedLedger(blob.data[: error.start].count(b"\n") + 1, "not UTF-8") from error
        reader = csv.reader(io.StringIO(text, newline=""))
        if next(reader, None) != HEADER:
            raise DamagedLedger(1, "unexpected header")
        records = []
        for row in reader:
            if not row:
                continue
            if len(row) != len(HEADER) or not row[0].isdecimal():
                raise DamagedLedger(reader.line_num, "unexpected cells")
            id, at, plate, owner, vehicle_type, note, image = (
                cell[1:] if cell[:1] == "'" and _RUNS.match(cell) else cell for cell in row
            )
            records.append(
                Record(
                    id=int(id),
                    registered_at=at,
                    plate=plate,
                    owner=owner,
                    vehicle_type=vehicle_type,
                    note=note,
                    image=image,
                )
            )
        return records, blob.version


def _dump(records: Sequence[Record]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(HEADER)
    for record in records:
        cells = [record.registered_at, record.plate, record.owner, record.vehicle_type, record.note, record.image]
        writer.writerow([record.id, *("'" + cell if _RUNS.match(cell) else cell for cell in cells)])
    return file.getvalue().encode()
