"""A BlobStore in this process's memory: what the register is tested on, and held to the same contract."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import count
from threading import Lock

from coronet.errors import StoreConflict
from coronet.model import Blob
from coronet.storage import check_key


class MemoryStore:
    def __init__(self) -> None:
        self._blobs: dict[str, Blob] = {}
        self._versions = count(1)
        self._lock = Lock()

    def get(self, key: str) -> Blob | None:
        return self._blobs.get(check_key(key))

    def tail(self, key: str, size: int) -> Blob | None:
        blob = self._blobs.get(check_key(key))
        return blob and Blob(blob.data[max(0, blob.size - size) :], blob.version, blob.size, blob.written, blob.notes)

    def put(self, key: str, data: bytes, *, replaces: str | None, notes: Mapping[str, str] | None = None) -> str:
        with self._lock:
            old = self._blobs.get(check_key(key))
            if (old.version if old else None) != replaces:
                raise StoreConflict("the object is not the one to replace")
            version = str(next(self._versions))
            self._blobs[key] = Blob(data, version, len(data), datetime.now(UTC), dict(notes or {}))
            return version

    def append(self, key: str, data: bytes, *, replaces: str | None, notes: Mapping[str, str] | None = None) -> str:
        old = self._blobs.get(check_key(key))
        return self.put(key, (old.data if old else b"") + data, replaces=replaces, notes=notes)

    def delete(self, key: str) -> None:
        with self._lock:
            self._blobs.pop(check_key(key), None)

    def keys(self, prefix: str) -> Iterator[str]:
        return iter(sorted(key for key in self._blobs if key.startswith(prefix)))

    def forget(self, prefix: str, *, before: datetime | None = None) -> None:
        pass

    def sweep(self, *, before: datetime) -> int:
        return 0
