"""Photographs of a folder that are registered and stay where they are."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from coronet.errors import InvalidInput, StoreUnavailable
from coronet.model import MAX_PHOTO_BYTES
from coronet.scan import Incoming, too_large


class FolderInbox:
    """The files below a folder, by their relative paths; a file's origin is its path and its content."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> Iterator[str]:
        """Every file, sorted, but hidden ones."""
        for path in sorted(self._folder.rglob("*")):
            name = path.relative_to(self._folder)
            if path.is_file() and not any(part.startswith(".") for part in name.parts):
                yield name.as_posix()

    def open(self, name: str) -> Incoming | None:
        """See Inbox."""
        path = self._folder / name
        try:
            status = path.stat()
            if status.st_size > MAX_PHOTO_BYTES:
                raise too_large()
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreUnavailable(f"a file cannot be read: {error.strerror}") from error
        digest = hashlib.sha256(name.encode("utf-8", "surrogateescape") + b"\0" + hashlib.sha256(data).digest())
        return Incoming(digest.hexdigest()[:16], datetime.fromtimestamp(status.st_mtime, UTC), data)

    def settle(self, name: str, incoming: Incoming) -> None:
        """See Inbox; the file stays, and its origin in the register tells that it is done."""

    def reject(self, name: str, error: InvalidInput) -> None:
        """See Inbox; the file stays."""
