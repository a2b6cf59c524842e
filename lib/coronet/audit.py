"""Who did what to the register: a log of its own, a JSON object a line."""

import json
import logging
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

log = logging.getLogger(__name__)


class AuditLog:
    """A file that only its owner can read, or standard output where `path` is None.

    A line is `{"time": "2026-11-23T07:14:34Z", "who": "clave:puerta", "what": "saved", "records": [12]}`: records by
    their number, never by what is in them. Several processes may write to one file.
    """

    def __init__(self, path: Path | None, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._path = path
        self._now = now

    def write(self, who: str, what: str, *records: int) -> None:
        """Add a line. What was done is done: where the log cannot be written, that is logged, and nothing raised."""
        line = {"time": f"{self._now():%Y-%m-%dT%H:%M:%SZ}", "who": who, "what": what, "records": records}
        try:
            self._append(json.dumps(line, ensure_ascii=False) + "\n")
        except OSError as error:
            log.error("a line of the audit log is lost: %s", error.strerror)

    def _append(self, line: str) -> None:
        if self._path is None:
            print(line, end="", file=sys.stdout, flush=True)
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, line.encode())
        finally:
            os.close(file)
