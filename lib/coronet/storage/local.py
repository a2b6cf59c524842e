"""Objects as files of one folder."""

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from coronet.errors import StoreConflict, StoreUnavailable
from coronet.model import Blob


class LocalStore:
    """A folder; keys are paths below it."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def get(self, key: str) -> Blob | None:
        """See ports.BlobStore."""
        return self.tail(key, 1 << 62)

    def tail(self, key: str, size: int) -> Blob | None:
        """See ports.BlobStore."""
        with _storage_errors():
            try:
                with (self._home / key).open("rb") as file:
                    status = os.fstat(file.fileno())
                    file.seek(max(0, status.st_size - size))
                    return Blob(file.read(), _version(status), status.st_size)
            except FileNotFoundError:
                return None

    def put(self, key: str, data: bytes, *, replaces: str | None, notes: Mapping[str, str] | None = None) -> str:
        """See ports.BlobStore."""
        path = self._home / key
        with _storage_errors(), self._locked(path):
            self._check(path, replaces)
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
                try:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                    Path(file.name).replace(path)
                except BaseException:
                    Path(file.name).unlink(missing_ok=True)
                    raise
            return _version(path.stat())

    def append(self, key: str, data: bytes, *, replaces: str | None, notes: Mapping[str, str] | None = None) -> str:
        """See ports.BlobStore."""
        blob = self.get(key)
        return self.put(key, (blob.data if blob else b"") + data, replaces=replaces)

    def delete(self, key: str) -> None:
        """See ports.BlobStore."""
        with _storage_errors():
            (self._home / key).unlink(missing_ok=True)

    def keys(self, prefix: str) -> Iterator[str]:
        """See ports.BlobStore."""
        paths = (path.relative_to(self._home).as_posix() for path in self._home.rglob("*") if path.is_file())
        yield from sorted(key for key in paths if key.startswith(prefix))

    @contextlib.contextmanager
    def _locked(self, path: Path) -> Iterator[None]:
        path.parent.mkdir(parents=True, exist_ok=True)
        (self._home / "data").mkdir(parents=True, exist_ok=True)
        with (self._home / "data" / ".lock").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _check(self, path: Path, replaces: str | None) -> None:
        current = _version(path.stat()) if path.exists() else None
        if current != replaces:
            raise StoreConflict("the object was written by somebody else")


def _version(status: os.stat_result) -> str:
    return f"{status.st_ino}-{status.st_size}-{status.st_mtime_ns}"


@contextlib.contextmanager
def _storage_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(f"local storage: {error.strerror}") from error
