"""The objects as files in a folder of this machine."""

import errno
import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from coronet.errors import InvalidInput, StoreConflict, StoreUnavailable
from coronet.model import Blob
from coronet.storage import check_key

_LONGEST_NAME = 240  # bytes of 255: a journal's name is a little longer
_TEMPORARY = ".tmp"


class LocalStore:
    """A BlobStore in the folder `home`: the key is the file's path in it.

    Writers of one folder take turns (flock on the folder); readers never wait. A whole object is written beside its
    place and renamed. What is appended is first written to a journal beside the object, so that readers do not see,
    and the next writer cuts off, exactly what a killed process left half there. Other programs may edit the files.
    """

    def __init__(self, home: Path) -> None:
        self._home = home

    def get(self, key: str) -> Blob | None:
        """See BlobStore."""
        return self._read(key, None)

    def tail(self, key: str, size: int) -> Blob | None:
        """See BlobStore."""
        return self._read(key, size)

    def put(self, key: str, data: bytes, *, replaces: str | None, notes: Mapping[str, str] | None = None) -> str:
        """See BlobStore."""
        path = self._path(key)
        with _failures():
            _expect(path, replaces)  # most conflicts show before anything is written
            _make_folder(path.parent)
            with _temporary(path.parent, data) as temporary, _writing(path.parent) as folder:
                _expect(path, replaces)
                _cut_half_append(path)
                temporary.replace(path)
                os.fsync(folder)
                version = _version(path.stat())
                _settle(path, version, notes)
                return version

    def append(self, key: str, data: bytes, *, replaces: str | None, notes: Mapping[str, str] | None = None) -> str:
        """See BlobStore."""
        path = self._path(key)
        if replaces is None:
            return self.put(key, data, replaces=None, notes=notes)
        if not path.is_file():
            raise StoreConflict("the object is gone")
        with _failures(), _writing(path.parent) as folder:
            _expect(path, replaces)
            _cut_half_append(path)
            with path.open("r+b", buffering=0) as file:
                _announce(path, _Journal(offset=file.seek(0, os.SEEK_END), data=data), folder)
                version = _append(file.fileno(), data)
            _settle(path, version, notes)
            return version

    def delete(self, key: str) -> None:
        """See BlobStore."""
        path = self._path(key)
        with _failures(), suppress(FileNotFoundError, NotADirectoryError), _writing(path.parent) as folder:
            path.unlink()
            _journal_path(path).unlink(missing_ok=True)
            os.fsync(folder)

    def keys(self, prefix: str) -> Iterator[str]:
        """See BlobStore."""
        above = prefix.rpartition("/")[0]
        top = self._path(above) if above else self._home
        found = []
        with _failures():
            for folder, folders, files in os.walk(top, onerror=_raise):
                folders[:] = [name for name in folders if not name.startswith(".")]
                inside = Path(folder).relative_to(self._home)
                found += [(inside / name).as_posix() for name in files if not name.startswith(".")]
        yield from sorted(key for key in found if key.startswith(prefix))

    def forget(self, prefix: str, *, before: datetime | None = None) -> None:
        """See BlobStore: a folder keeps nothing that was replaced or removed."""

    def sweep(self, *, before: datetime) -> int:
        """See BlobStore."""
        swept = 0
        with _failures():
            for path in self._home.rglob(f".*{_TEMPORARY}"):
                with suppress(FileNotFoundError):
                    if path.stat().st_mtime < before.timestamp():
                        path.unlink()
                        swept += 1
        return swept

    def _path(self, key: str) -> Path:
        path = self._home / check_key(key)
        if any(part.startswith(".") or len(part.encode()) > _LONGEST_NAME for part in key.split("/")):
            raise InvalidInput("not a key of local storage")
        return path

    def _read(self, key: str, size: int | None) -> Blob | None:
        path = self._path(key)
        with _failures(), suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
            while True:
                with path.open("rb") as file:
                    status = os.fstat(file.fileno())
                    version = _version(status)
                    journal = _read_journal(path)
                    if version != _version(path.stat()):
                        continue  # written just now: this journal may belong to another state of the file
                    end = journal.visible_end(file.fileno(), status.st_size)
                    file.seek(0 if size is None else max(0, end - size))
                    notes = journal.notes if journal.version == version else {}
                    written = datetime.fromtimestamp(status.st_mtime, UTC)
                    return Blob(file.read(end - file.tell()), version, end, written, notes)
        return None


@dataclass(frozen=True, slots=True)
class _Journal:
    """What stands beside an object: before an append what is going to be added where, and after a write its notes."""

    offset: int = 0
    data: bytes = b""
    version: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)

    def visible_end(self, file: int, size: int) -> int:
        """Where the object in a file of `size` bytes ends: before this journal's append where that was cut short.

        A missing line end would prove nothing: spreadsheets leave files like that. The journal's own bytes do.
        """
        there = size - self.offset
        half = 0 < there < len(self.data) and os.pread(file, there, self.offset) == self.data[:there]
        return self.offset if half else size

    def encoded(self) -> bytes:
        content = {"offset": self.offset, "data": self.data.decode("latin-1")}
        return json.dumps({**content, "version": self.version, "notes": dict(self.notes)}).encode()


def _journal_path(path: Path) -> Path:
    return path.with_name(f".{path.name}.journal")


def _read_journal(path: Path) -> _Journal:
    try:
        content = json.loads(_journal_path(path).read_bytes())
        return _Journal(**{**content, "data": content["data"].encode("latin-1")})
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return _Journal()  # cut short itself: then what it announces was not begun


def _announce(path: Path, journal: _Journal, folder: int) -> None:
    """Write the journal so that it is there before the append can be."""
    is_new = not _journal_path(path).exists()
    _overwrite(_journal_path(path), journal, durable=True)
    if is_new:
        os.fsync(folder)


def _settle(path: Path, version: str, notes: Mapping[str, str] | None) -> None:
    """Replace the journal by the notes of what has been written; losing them costs time, nothing else."""
    if notes or _journal_path(path).exists():
        with suppress(OSError):
            _overwrite(_journal_path(path), _Journal(version=version, notes=notes or {}), durable=False)


def _overwrite(path: Path, journal: _Journal, *, durable: bool) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o666)
    try:
        content = journal.encoded()
        _write_all(file, content)
        os.ftruncate(file, len(content))
        if durable:
            os.fsync(file)
    finally:
        os.close(file)


def _append(file: int, data: bytes) -> str:
    end = os.fstat(file).st_size
    try:
        _write_all(file, data)
        os.fsync(file)
    except OSError:
        os.ftruncate(file, end)
        raise
    return _version(os.fstat(file))


def _cut_half_append(path: Path) -> None:
    journal = _read_journal(path)
    if journal.data and path.exists():
        with path.open("r+b") as file:
            size = os.fstat(file.fileno()).st_size
            end = journal.visible_end(file.fileno(), size)
            if end < size:
                file.truncate(end)
                os.fsync(file.fileno())


def _expect(path: Path, replaces: str | None) -> None:
    try:
        version = _version(path.stat())
    except FileNotFoundError:
        version = None
    if version != replaces:
        raise StoreConflict("the object is not the one to replace")


def _version(status: os.stat_result) -> str:
    return f"{status.st_ino:x}-{status.st_size:x}-{status.st_mtime_ns:x}"


def _write_all(file: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]


@contextmanager
def _temporary(folder: Path, data: bytes) -> Iterator[Path]:
    """A file in `folder` that holds `data`, on disk, and is gone afterwards unless it was renamed."""
    path = folder / f".{secrets.token_hex(8)}{_TEMPORARY}"
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            _write_all(file, data)
            os.fsync(file)
        finally:
            os.close(file)
        yield path
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def _writing(folder: Path) -> Iterator[int]:
    """Be the only writer, of all processes and threads, in `folder`, whose descriptor this gives."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        with _writing(folder.parent) as above:
            os.fsync(above)


def _raise(error: OSError) -> None:
    """What cannot be listed is not empty; what is not there is."""
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise error


@contextmanager
def _failures() -> Iterator[None]:
    """Turn the system's errors into StoreUnavailable, without the file's name: it holds a plate."""
    try:
        yield
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, "OSError")
        raise StoreUnavailable(f"local storage: {name}, {os.strerror(error.errno or 0)}") from None
