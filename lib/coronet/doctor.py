"""Whether the register is whole: what is wrong with it is found, and mended where that loses nothing."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from coronet import evidence, ledger, plates, rows
from coronet.album import BESIDE, PARALLEL, PHOTOS, stem_of
from coronet.errors import DamagedLedger
from coronet.ledger import Ledger
from coronet.model import NOT_READ, Record
from coronet.ports import BlobStore

T = TypeVar("T")

COPIES = "copias/"
SAFE_AGE = timedelta(hours=1)
"""How old a file without a row has to be to be a leftover: a save puts its photograph before its row."""

DATE = "%Y-%m-%d %H:%M:%S"
"""`registered_at`, as `strptime` knows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What is wrong with a register.

    `damages` are the places of the CSV that are no rows; while there are any, nobody can tell which files no row names.
    `doubled` are the records whose id an earlier row has, `lost` those whose photograph is not there, `odd` those with
    a cell that CoroNet would not write, each with what is wrong with it. `orphans` are the keys of files that no row
    names, `unreadable` those of evidence that is none.
    """

    damages: Sequence[DamagedLedger]
    doubled: Sequence[Record]
    lost: Sequence[Record]
    odd: Sequence[tuple[Record, str]]
    orphans: Sequence[str]
    unreadable: Sequence[str]

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong."""
        return not any(self.lines())

    @property
    def mendable(self) -> bool:
        """Whether `mend` has anything to do; not while the CSV is damaged, which only a person can judge."""
        return not self.damages and bool(self.doubled or self.lost or self.orphans or self.unreadable)

    def lines(self) -> Iterator[str]:
        """A line for each fault, for the eyes of whoever keeps the register: they name records and photographs."""
        yield from (f"{damage}: correct it by hand" for damage in self.damages)
        yield from (f"record {record.id}: {problem}: correct it by hand" for record, problem in self.odd)
        yield from (f"record {record.id}: more than one row has this id" for record in self.doubled)
        yield from (f"record {record.id}: its photograph {record.image!r} is not there" for record in self.lost)
        yield from (f"{key}: no row names it" for key in self.orphans)
        yield from (f"{key}: the evidence cannot be read" for key in self.unreadable)


def examine(store: BlobStore, now: datetime) -> Diagnosis:
    """Look at every row and file of the register in `store`, which may be in use meanwhile. Changes nothing."""
    keys = {
        key for prefix in BESIDE for key in store.keys(prefix)
    }  # before the rows: a photograph is there before its row
    records, damages = _read(store)
    lost = _those(lambda record: store.tail(PHOTOS + record.image, 0) is None, _without_file(records, keys))
    named = _stems(records) - _stems(lost)
    strays = [] if damages else [key for key in keys if stem_of(key) not in named]
    evidences = [key for key in keys if key.endswith(".json") and stem_of(key) in named]
    return Diagnosis(
        damages=damages,
        doubled=_doubled(records),
        lost=lost,
        odd=list(_odd(records)),
        orphans=sorted(_those(lambda key: _is_old(store, key, now), strays)),
        unreadable=sorted(_those(lambda key: not _is_evidence(store, key), evidences)),
    )


def mend(store: BlobStore, book: Ledger, diagnosis: Diagnosis, now: datetime) -> str:
    """Mend the register, and return the prefix under which everything that this changed or removed is kept as it was.

    Rows with an id that another row has get the next free one. Rows without their photograph name none any more.
    Files that no row names are removed, and evidence that cannot be read.
    """
    copies = f"{COPIES}{now:%Y%m%d_%H%M%S}/"
    removed = [*diagnosis.orphans, *diagnosis.unreadable]
    for key in (ledger.KEY, ledger.LAST_ID_KEY, *removed):
        if blob := store.get(key):
            store.put(copies + key, blob.data, replaces=None)
    if diagnosis.doubled or diagnosis.lost:
        lost = {record.image for record in diagnosis.lost}
        book.rewrite(lambda record: replace(record, image="") if record.image in lost else record)
    named = _stems(book.records())
    for key in removed:
        if key in diagnosis.unreadable or stem_of(key) not in named:
            store.delete(key)
    return copies


def _read(store: BlobStore) -> tuple[list[Record], list[DamagedLedger]]:
    """The records of all rows that are some, and what is wrong with the others."""
    blob = store.get(ledger.KEY)
    found = list(_rows(blob.data)) if blob else []
    return (
        [each for each in found if isinstance(each, Record)],
        [each for each in found if isinstance(each, DamagedLedger)],
    )


def _rows(data: bytes) -> Iterator[Record | DamagedLedger]:
    try:
        for line, row in rows.split(data):
            try:
                yield from rows.parse(row) if line == 1 else filter(None, [rows.record_of(line, row)])
            except DamagedLedger as damage:
                yield damage
    except DamagedLedger as damage:  # a quotation mark that never closes takes all rows after it
        yield damage


def _doubled(records: Iterable[Record]) -> list[Record]:
    """The records whose id one before them has."""
    seen: set[int] = set()
    doubled = []
    for record in records:
        if record.id in seen:
            doubled.append(record)
        seen.add(record.id)
    return doubled


def _without_file(records: Iterable[Record], keys: Set[str]) -> list[Record]:
    return [record for record in records if record.image and PHOTOS + record.image not in keys]


def _odd(records: Sequence[Record]) -> Iterator[tuple[Record, str]]:
    images = Counter(record.image for record in records)
    for record in records:
        if record.plate != (plates.clean(record.plate) or NOT_READ):
            yield record, "its plate is none"
        if not is_date(record.registered_at):
            yield record, "its date is not YYYY-MM-DD HH:MM:SS"
        if record.image and images[record.image] > 1:
            yield record, "another row names its photograph too"


def is_date(text: str) -> bool:
    """Whether the text is a `registered_at`."""
    try:
        return f"{datetime.strptime(text, DATE):{DATE}}" == text
    except ValueError:
        return False


def _is_old(store: BlobStore, key: str, now: datetime) -> bool:
    blob = store.tail(key, 0)
    return blob is not None and blob.written < now - SAFE_AGE


def _is_evidence(store: BlobStore, key: str) -> bool:
    try:
        if blob := store.get(key):
            evidence.load(blob.data)
    except ValueError:
        return False
    return True


def _stems(records: Iterable[Record]) -> set[str]:
    return {stem_of(record.image) for record in records}


def _those(test: Callable[[T], bool], items: Iterable[T]) -> list[T]:
    """The items that pass a test which asks the storage."""
    items = list(items)
    with ThreadPoolExecutor(PARALLEL) as threads:
        return [item for item, passes in zip(items, threads.map(test, items), strict=True) if passes]
