"""What the core asks of the outside: protocols, with what each promises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from coronet.model import Blob, Reading

if TYPE_CHECKING:
    from coronet.photo import Photo


class PlateReader(Protocol):
    """Reads the plate of a vehicle from a photograph."""

    @property
    def name(self) -> str:
        """The reader's name in `CORONET_READERS`, in evidence and in logs."""
        ...

    def read(self, photo: Photo, *, seconds: float) -> Reading | None:
        """Read the photograph's main plate within `seconds`.

        None means that there is no plate here. Raises ReaderUnavailable, and nothing else, where the reader could
        not look; its message says why without personal data.
        """
        ...


class BlobStore(Protocol):
    """Keeps objects under keys such as `uploads/X.jpg`. Every write is on durable storage when the call returns.

    A write takes the version that it replaces (compare-and-swap): None means that there must be no such object yet.
    It raises StoreConflict, having changed nothing, where that is not what is stored; a write of its own whose answer
    was lost is no conflict. All methods raise StoreUnavailable where the storage cannot do its work, and InvalidInput
    for a key that it cannot hold: every store holds relative paths without control characters whose parts have at
    most 240 bytes and do not start with a full stop. Safe to share between threads and processes.

    `notes` are kept with the object in one step and come back with exactly the version that they were written with:
    a few short ASCII texts under lower-case names. A store may lose them, and an object that somebody else wrote has
    none, so they may only save work.
    """

    def get(self, key: str) -> Blob | None:
        """The whole object; None where there is none."""
        ...

    def tail(self, key: str, size: int) -> Blob | None:
        """The last `size` bytes of the object, or all of it where it is smaller; None where there is none.

        With `size` 0 it tells the version and the notes only.
        """
        ...

    def put(self, key: str, data: bytes, *, replaces: str | None, notes: Mapping[str, str] | None = None) -> str:
        """Write the object whole and return its new version. A reader sees the old or the new one, never a mixture."""
        ...

    def append(self, key: str, data: bytes, *, replaces: str | None, notes: Mapping[str, str] | None = None) -> str:
        """Add `data` to the object's end and return its new version.

        All of it or nothing, for readers at every instant and after a crash. Where `replaces` is None it is `put`.
        """
        ...

    def delete(self, key: str) -> None:
        """Remove the object; nothing happens where there is none."""
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """Every key that starts with `prefix`, sorted."""
        ...

    def forget(self, prefix: str, *, before: datetime | None = None) -> None:
        """Remove what the storage may still have from earlier of keys that start with `prefix`.

        Only what `get` returns now stays, and versions written after `before`, where that is given.
        """
        ...

    def sweep(self, *, before: datetime) -> int:
        """Remove what writes that were cut off `before` then left behind, which no key shows; return how many."""
        ...


class Downloads(Protocol):
    """Where files wait to be fetched that an answer cannot hold."""

    def offer(self, data: bytes, *, name: str, content_type: str) -> str:
        """An address at which whoever has it gets `data` as a file of that name, for five minutes.

        Raises StoreUnavailable.
        """
        ...
