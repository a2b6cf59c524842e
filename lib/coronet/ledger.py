"""The register's CSV on a BlobStore: append, list, correct, remove; every change compare-and-swap."""

import random
import re
import secrets
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from itertools import pairwise
from threading import Lock
from typing import TypeVar

from coronet import rows
from coronet.errors import DamagedLedger, NotFound, StoreConflict, StoreUnavailable
from coronet.model import Blob, Entry, Record
from coronet.ports import BlobStore

KEY = "data/registros.csv"
LAST_ID_KEY = "data/ultimo_id"

_TRIES, _PATIENCE = 40, 20.0  # races lost, and seconds of that, until a write is given up
_DOUBLINGS = 4
_END = 64 * 1024  # bytes: some hundred rows, for little more than the way to the store and back
_ORIGIN = re.compile(r"_([0-9a-f]{16})\.jpg\Z")
_ENTRY_FIELDS = tuple(each.name for each in fields(Entry))

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page:
    """Records, newest first, of `total` in all; `next` is the `before` of the page after this one, None at the end."""

    records: Sequence[Record]
    total: int
    next: int | None


def origin_of(image: str) -> str | None:
    """What a photograph's name says of where it came from: 16 hexadecimal digits, or None."""
    match = _ORIGIN.search(image)
    return match and match[1]


class Ledger:
    """The register's rows, oldest first by id. Safe to share between threads; processes share the store.

    Every method raises DamagedLedger, having changed nothing, where the CSV is not one of ours. A write that loses
    `_TRIES` races, for `_PATIENCE` seconds at least, raises StoreConflict.
    """

    def __init__(self, store: BlobStore) -> None:
        self._store = store
        self._seen = _Snapshot(None, b"", None)
        self._writing = Lock()  # threads that wait here lose no race

    def append(self, entries: Sequence[Entry]) -> list[Record]:
        """Add the entries in one write and return their records, with the next ids.

        An entry whose photograph has an origin (see `origin_of`) that a row already carries is not added: that row's
        record stands in its place. Otherwise no two entries may name the same photograph: by its name a row is
        recognised that was written although the store's answer was lost.
        """
        unsure = False

        def attempt() -> list[Record]:
            nonlocal unsure
            marks = [_mark(entry.image, unsure) for entry in entries]
            standing, known = self._standing(marks)
            records = _numbered(entries, marks, known, standing.facts.last_id)
            new = [record for record in dict.fromkeys(records) if record.id > standing.facts.last_id]
            if new:
                data = b"".join([standing.joint, *map(rows.encode, new)])
                facts = standing.facts.grown(size=len(data), rows=len(new))
                unsure = True
                self._store.append(KEY, data, replaces=standing.version, notes=facts.notes())
            return records

        with self._writing:
            try:
                return _retried(attempt)
            except (StoreConflict, StoreUnavailable):
                marks = [_mark(entry.image, unsure) for entry in entries]
                _, known = self._standing(marks)
                if None in marks or not known.keys() >= set(marks):
                    raise
                return [known[mark] for mark in marks if mark]

    def page(self, *, before: int | None = None, limit: int) -> Page:
        """The `limit` newest records whose id is below `before`; by default the newest of all."""
        for size in (_END, 8 * _END):
            end = self._store.tail(KEY, size)
            facts = end and _Facts.of(end)
            if not end or not facts or end.size <= size:
                break
            newest = tuple(rows.parse_rows(rows.last_rows(end.data)))
            if _position(newest, before) > limit:
                return _page(newest, before, limit, facts.rows)
        records = self._snapshot(end).records
        return _page(records, before, limit, len(records))

    def records(self) -> Sequence[Record]:
        """All records. They are kept in memory: where rows were only added, only those are read and parsed."""
        return self._snapshot().records

    def find(self, id: int) -> Record:
        """The record with that id. Raises NotFound."""
        return self._snapshot().find(id)

    def marked(self, mark: str) -> Record | None:
        """The record whose photograph is `mark`, or has it as its origin (see `origin_of`), or None."""
        return self._snapshot().marked({mark}).get(mark)

    def update(self, id: int, change: Callable[[Record], Record]) -> Record:
        """Replace the record with that id by what `change` makes of it, and return that. Raises NotFound.

        `change` is called again where somebody else wrote in between. It must keep the id.
        """

        def attempt() -> Record:
            snapshot = self._snapshot()
            old = snapshot.find(id)
            new = change(old)
            if new != old:
                data = rows.rewrite(snapshot.data, {id}, lambda record: new if record == old else record)
                records = tuple(new if record == old else record for record in snapshot.records)
                self._rewrite(snapshot, data, records)
            return new

        with self._writing:
            return _retried(attempt)

    def remove(self, ids: Iterable[int]) -> list[Record]:
        """Remove the records with these ids, as `remove_where` does."""
        unwanted = frozenset(ids)
        return self.remove_where(lambda record: record.id in unwanted)

    def remove_where(self, unwanted: Callable[[Record], bool]) -> list[Record]:
        """Remove the unwanted records; return those that were there when it began, which nobody finds now."""
        removed: dict[tuple[int, str], Record] = {}

        def attempt() -> None:
            snapshot = self._snapshot()
            leaving = [record for record in snapshot.records if unwanted(record)]
            removed.update({(record.id, record.image): record for record in leaving})
            if leaving:
                if leaving[-1].id == snapshot.records[-1].id:
                    self._keep_last_id(self._facts(snapshot).last_id)
                ids = {record.id for record in leaving}
                data = rows.rewrite(snapshot.data, ids, lambda record: None if unwanted(record) else record)
                self._rewrite(snapshot, data, tuple(each for each in snapshot.records if not unwanted(each)))

        with self._writing:
            _retried(attempt)
        return list(removed.values())

    def rewrite(self, change: Callable[[Record], Record]) -> None:
        """Write every row anew, by id, as `change` returns its record, which keeps its id.

        Where rows share an id, all but the first get the next free ones.
        """

        def attempt() -> None:
            snapshot = self._snapshot()
            last_id = self._facts(snapshot).last_id
            records = _renumbered(map(change, snapshot.records), last_id)
            data = b"".join([rows.HEADER, *map(rows.encode, records)])
            facts = _Facts(len(data), len(records), max([last_id, *(record.id for record in records)]))
            self._store.put(KEY, data, replaces=snapshot.version, notes=facts.notes())

        with self._writing:
            _retried(attempt)

    def export(self, records: Iterable[Record] | None = None) -> bytes:
        """The register, or these of its records, as a CSV of our own writing: no cell runs in a spreadsheet."""
        return b"".join([rows.HEADER, *map(rows.encode, self.records() if records is None else records)])

    def _standing(self, marks: Sequence[str | None]) -> tuple["_Standing", dict[str, Record]]:
        """What the next append continues, and the records that carry one of `marks`, by it."""
        if not any(marks):
            end = self._store.tail(KEY, 0)
            if end and (facts := _Facts.of(end)):
                return _Standing(end.version, facts, b""), {}
        snapshot = self._snapshot()
        known = snapshot.marked({mark for mark in marks if mark})
        return _Standing(snapshot.version, self._facts(snapshot), snapshot.joint), known

    def _facts(self, snapshot: "_Snapshot") -> "_Facts":
        """What the notes say, or should. The last id is read after the CSV: its last row may have just been removed."""
        if snapshot.facts:
            return snapshot.facts
        kept = self._store.get(LAST_ID_KEY)
        last_id = max(_last_id(kept), snapshot.records[-1].id if snapshot.records else 0)
        return _Facts(len(snapshot.data), len(snapshot.records), last_id, tidy=snapshot.in_order)

    def _keep_last_id(self, last_id: int) -> None:
        kept = self._store.get(LAST_ID_KEY)
        if _last_id(kept) < last_id:
            self._store.put(LAST_ID_KEY, str(last_id).encode(), replaces=kept.version if kept else None)

    def _rewrite(self, snapshot: "_Snapshot", data: bytes, records: tuple[Record, ...]) -> None:
        """Write `data`, in which `records` are, in the snapshot's place."""
        tidy = snapshot.in_order and data.endswith(b"\n")
        facts = _Facts(len(data), len(records), self._facts(snapshot).last_id, tidy=tidy)
        version = self._store.put(KEY, data, replaces=snapshot.version, notes=facts.notes())
        self._seen = _Snapshot(version, data, facts if tidy else None, (records, snapshot.in_order))

    def _snapshot(self, end: Blob | None = None) -> "_Snapshot":
        """The CSV as it is now, or was when `end` was read, built on what was seen before."""
        seen = self._seen
        end = end or self._store.tail(KEY, _END)
        if end and end.version == seen.version:
            return seen
        fresh = end and seen.grown(end)
        if not fresh:
            whole = end if end is None or len(end.data) == end.size else self._store.get(KEY)
            fresh = seen.followed_by(whole)
        self._seen = fresh
        return fresh


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is kept as the CSV's notes, so that appending and the first page need not read it.

    `last_id` is the highest ever given. `lineage` stays the same while rows are only added. Only a tidy CSV, with its
    ids in order and its last line ended, has notes.
    """

    size: int
    rows: int
    last_id: int
    lineage: str = field(default_factory=lambda: secrets.token_hex(8))
    tidy: bool = True

    @classmethod
    def of(cls, blob: Blob) -> "_Facts | None":
        """The facts in a blob's notes; None where it has none, or they are another object's."""
        try:
            size, number, last_id = (int(blob.notes[name]) for name in ("size", "rows", "last-id"))
            return cls(size, number, last_id, blob.notes["lineage"]) if size == blob.size else None
        except (KeyError, ValueError):
            return None

    def notes(self) -> dict[str, str]:
        if not self.tidy:
            return {}
        return {"size": str(self.size), "rows": str(self.rows), "last-id": str(self.last_id), "lineage": self.lineage}

    def grown(self, *, size: int, rows: int) -> "_Facts":
        return replace(self, size=self.size + size, rows=self.rows + rows, last_id=self.last_id + rows)


@dataclass(frozen=True, slots=True)
class _Standing:
    """What an append continues: `joint` has to stand between what is there and the first new row."""

    version: str | None
    facts: _Facts
    joint: bytes


_Parsed = tuple[tuple[Record, ...], bool]


class _Snapshot:
    """One version of the CSV, None for none; parsed when it is first asked for, unless `parsed` was had cheaply."""

    def __init__(self, version: str | None, data: bytes, facts: _Facts | None, parsed: _Parsed | None = None) -> None:
        self.version = version
        self.data = data
        self.facts = facts
        if parsed:
            self._parsed = parsed

    def followed_by(self, whole: Blob | None) -> "_Snapshot":
        """The CSV in `whole`; what this one has parsed of it is not parsed again."""
        if whole is None:
            return _Snapshot(None, b"", None)
        growth = whole.data[len(self.data) :] if whole.data.startswith(self.data) else None
        return _Snapshot(whole.version, whole.data, _Facts.of(whole), self._parsed_with(growth))

    def grown(self, end: Blob) -> "_Snapshot | None":
        """The CSV that ends with `end`; None where it is not this one with a few rows added."""
        facts, size = _Facts.of(end), end.size - len(self.data)
        if not facts or not self.facts or facts.lineage != self.facts.lineage or not 0 <= size <= len(end.data):
            return None
        growth = end.data[len(end.data) - size :]
        return _Snapshot(end.version, self.data + growth, facts, self._parsed_with(growth))

    @property
    def records(self) -> tuple[Record, ...]:
        """All records by id."""
        return self._parsed[0]

    @property
    def in_order(self) -> bool:
        """Whether the rows are in the order of their ids, each id once."""
        return self._parsed[1]

    @property
    def joint(self) -> bytes:
        """What has to stand between this CSV and a new row."""
        if not self.data.removeprefix(rows.BOM):
            return rows.HEADER
        return b"" if self.data.endswith(b"\n") else b"\n"

    def find(self, id: int) -> Record:
        """The record with that id. Raises NotFound."""
        position = _position(self.records, id)
        if position < len(self.records) and self.records[position].id == id:
            return self.records[position]
        raise NotFound("no such record")

    def marked(self, marks: Set[str]) -> dict[str, Record]:
        """The records whose photograph is, or has the origin, one of `marks`, by it."""
        if not any(mark.replace('"', '""').encode() in self.data for mark in marks):
            return {}  # searching the bytes costs far less than parsing them
        return {
            mark: record
            for record in self.records
            for mark in (record.image, origin_of(record.image))
            if mark and mark in marks
        }

    @cached_property
    def _parsed(self) -> _Parsed:
        return _in_order(tuple(rows.parse(self.data)))

    def _parsed_with(self, growth: bytes | None) -> _Parsed | None:
        """What `_parsed` is once `growth` was added; None where only the whole can tell."""
        if growth is None or "_parsed" not in vars(self) or self.joint:
            return None
        records, in_order = self._parsed
        try:
            added = tuple(rows.parse_rows(growth))
        except DamagedLedger:
            return None  # the whole knows the line
        _, still = _in_order((*records[-1:], *added))
        return ((*records, *added), True) if in_order and still else None


def _in_order(records: tuple[Record, ...]) -> _Parsed:
    """The records by id, and whether they were so, each id once."""
    if all(one.id < other.id for one, other in pairwise(records)):
        return records, True
    return tuple(sorted(records, key=_id)), False


def _id(record: Record) -> int:
    return record.id


def _position(records: Sequence[Record], id: int | None) -> int:
    """How many of the records, which are in order, have a lower id; all for None."""
    return len(records) if id is None else bisect_left(records, id, key=_id)


def _page(records: Sequence[Record], before: int | None, limit: int, total: int) -> Page:
    end = _position(records, before)
    newest = records[max(0, end - limit) : end][::-1]
    return Page(newest, total, newest[-1].id if end > limit else None)


def _mark(image: str, by_image: bool) -> str | None:
    """What a row of the same photograph is recognised by; None where nothing tells."""
    return origin_of(image) or (image if by_image and image else None)


def _numbered(
    entries: Sequence[Entry], marks: Sequence[str | None], known: Mapping[str, Record], last_id: int
) -> list[Record]:
    """A record for each entry: the known one, or a new one with the next id."""
    records, seen = [], dict(known)
    for entry, mark in zip(entries, marks, strict=True):
        record = seen.get(mark) if mark else None
        if record is None:
            last_id += 1
            record = Record(id=last_id, **{name: getattr(entry, name) for name in _ENTRY_FIELDS})
        if mark:
            seen[mark] = record
        records.append(record)
    return records


def _renumbered(records: Iterable[Record], last_id: int) -> list[Record]:
    """The records by id, those whose id one before them has with one of their own above `last_id`."""
    taken: set[int] = set()
    renumbered = []
    for record in records:
        id = record.id
        if id in taken:
            id = last_id = last_id + 1
        taken.add(id)
        renumbered.append(replace(record, id=id))
    return sorted(renumbered, key=_id)


def _last_id(kept: Blob | None) -> int:
    if kept is None:
        return 0
    if not kept.data.strip().isdigit():
        raise DamagedLedger(1, "last_id")
    return int(kept.data)


def _retried(attempt: Callable[[], T]) -> T:
    """What `attempt` returns once it loses no race.

    The pauses between are drawn from a range that is measured in what an attempt takes, however far the store, and
    doubles a few times. Source: "Exponential Backoff And Jitter" (full jitter), AWS Architecture Blog, 2015. It does
    not double further, lest those who have waited longest ask least often.
    """
    began = time.monotonic()
    lost = 0
    while True:
        started = time.monotonic()
        try:
            return attempt()
        except StoreConflict:
            now = time.monotonic()
            lost += 1
            if lost >= _TRIES and now - began > _PATIENCE:
                raise
            time.sleep(random.uniform(0, (now - started) * 2 ** min(lost, _DOUBLINGS)))  # noqa: S311 - no secret
