"""Everything about one vehicle exported and erased, and everything old purged."""

import io
import zipfile
from collections.abc import Callable, Iterable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

from coronet import ledger, rows
from coronet.album import BESIDE, MARKS, NOTICES, PARALLEL, PHOTOS, keys_of, stem_of
from coronet.doctor import COPIES, DATE, is_date
from coronet.errors import NotFound
from coronet.ledger import Ledger
from coronet.model import NOT_READ, Record
from coronet.ports import BlobStore
from coronet.search import bare

MOST_BYTES = 4_000_000
"""How large a part of an export becomes, unless one visit alone is larger: a Lambda answers 6 MB, in base64."""

REJECTED = "rechazadas/"
DOWNLOADS = "descargas/"
"""Under it files that somebody is about to fetch, which may hold the whole register."""


T = TypeVar("T")
U = TypeVar("U")


def visits(book: Ledger, plate: str) -> list[Record]:
    """The records of the vehicle with that plate, hyphens aside, oldest first. Raises NotFound where there is none."""
    found = [record for record in book.records() if _is_of(record, plate)]
    if not found:
        raise NotFound("no such vehicle")
    return found


def parts(store: BlobStore, records: Sequence[Record]) -> list[list[Record]]:
    """The records as an export is cut up: each part fits into one answer."""
    found: list[list[Record]] = []
    room = 0
    for record, size in zip(records, _each(lambda record: _size(store, record), records), strict=True):
        room -= size
        if room < 0:
            found.append([])
            room = MOST_BYTES - size
        found[-1].append(record)
    return found


def archive(store: BlobStore, records: Sequence[Record]) -> bytes:
    """A ZIP of the records: their rows as CSV, their photographs and evidence, each under its key."""
    keys = [key for record in records for key in keys_of(record.image) if key.startswith(PHOTOS)]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zip_file:
        zip_file.writestr(ledger.KEY, b"".join([rows.HEADER, *map(rows.encode, records)]))
        for key, blob in zip(keys, _each(store.get, keys), strict=True):
            if blob:
                zip_file.writestr(key, blob.data)
    return file.getvalue()


def erase(store: BlobStore, book: Ledger, plate: str) -> list[Record]:
    """Remove the vehicle's rows, files and earlier versions as if it had never been here; return what was in the rows.

    Files that are named after its plate go too where no row names them: a crash, here or in a delete, left them.
    Earlier versions of the CSV, the doctor's copies and downloads go as a whole, for they have the vehicle's rows.
    """
    removed = book.remove_where(lambda record: _is_of(record, plate))
    staying = _stems(book.records())
    prefixes = {f"{PHOTOS}{each}_" for each in {plate, *(record.plate for record in removed)}}
    named = {stem_of(key) for prefix in prefixes for key in store.keys(prefix)}
    _remove(store, _stems(removed) | named - staying)
    _each(store.forget, prefixes)  # of records that were deleted before
    _forget_rows(store)
    return removed


def purge(store: BlobStore, book: Ledger, before: datetime) -> int:
    """Remove every row registered `before`, its files and their earlier versions; return how many rows.

    So go files that no row names, rejected photographs and earlier versions of any file that were written before,
    and, whatever their age, earlier versions of the CSV, the doctor's copies and downloads, which may hold older rows.
    A row whose date is none stays; the doctor tells of it. `before` is in the register's time zone.
    """
    limit = f"{before:{DATE}}"
    removed = book.remove_where(lambda record: is_date(record.registered_at) and record.registered_at < limit)
    staying = _stems(book.records())
    _remove(store, _stems(removed) - staying)
    files = [key for prefix in (*BESIDE, REJECTED) for key in store.keys(prefix) if stem_of(key) not in staying]
    ages = zip(files, _each(lambda key: store.tail(key, 0), files), strict=True)
    _each(store.delete, [key for key, blob in ages if blob and blob.written < before])
    for prefix in (PHOTOS, REJECTED):
        store.forget(prefix, before=before)
    _forget_rows(store)
    store.sweep(before=before)
    return len(removed)


def _is_of(record: Record, plate: str) -> bool:
    return record.plate != NOT_READ and bare(record.plate) == bare(plate)


def _size(store: BlobStore, record: Record) -> int:
    return sum(blob.size for key in keys_of(record.image) if (blob := store.tail(key, 0)))


def _stems(records: Iterable[Record]) -> set[str]:
    return {stem_of(record.image) for record in records}


def _remove(store: BlobStore, stems: Set[str]) -> None:
    _each(store.delete, [key for stem in stems for key in keys_of(f"{stem}.jpg")])
    _each(store.forget, [f"{PHOTOS}{stem}." for stem in stems])
    for prefix in (MARKS, NOTICES):
        store.forget(prefix)


def _forget_rows(store: BlobStore) -> None:
    _each(store.delete, [key for prefix in (COPIES, DOWNLOADS) for key in store.keys(prefix)])
    for prefix in (COPIES, DOWNLOADS, ledger.KEY):
        store.forget(prefix)


def _each(work: Callable[[T], U], items: Iterable[T]) -> list[U]:
    """What `work` returns for each of the items, many of which are in work at a time."""
    with ThreadPoolExecutor(PARALLEL) as threads:
        return list(threads.map(work, items))
