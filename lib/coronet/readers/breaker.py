"""A circuit breaker: a reader that keeps failing is left in peace for a while."""

import logging
import threading
import time
from collections.abc import Callable

from coronet.errors import ReaderUnavailable, UnusableAnswer
from coronet.model import Reading
from coronet.photo import Photo
from coronet.ports import PlateReader

_log = logging.getLogger(__name__)


class CircuitBreaker:
    """The reader `reader`, which is not asked for a while after `failures` failures in a row.

    The first pause lasts `pause` seconds; then a single photograph is tried, and each such trial that fails doubles
    the pause, up to `longest_pause`. Whatever the reader answers ends it. During a pause reading raises
    ReaderUnavailable at once, with the failure that began it. Every exception is a failure, a refused key like a
    lost network (neither heals by being asked at every vehicle), but UnusableAnswer: who gives one is there.
    Safe to share between threads; each process has its own.
    """

    def __init__(
        self,
        reader: PlateReader,
        *,
        failures: int = 3,
        pause: float = 30,
        longest_pause: float = 600,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = reader.name
        self._reader = reader
        self._failures_allowed = failures
        self._first_pause = pause
        self._longest_pause = longest_pause
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._pause = 0.0  # 0 while the reader is asked
        self._resume_at = 0.0
        self._reason = ""

    def read(self, photo: Photo, *, seconds: float) -> Reading | None:
        """Read as the wrapped reader does; raises ReaderUnavailable at once during a pause."""
        is_trial = self._admit(seconds)
        try:
            reading = self._reader.read(photo, seconds=seconds)
        except UnusableAnswer:
            self._answered()
            raise
        except Exception as error:
            self._failed(str(error) if isinstance(error, ReaderUnavailable) else type(error).__name__, is_trial)
            raise
        self._answered()
        return reading

    def _admit(self, seconds: float) -> bool:
        """Whether this reading is a pause's trial; raises ReaderUnavailable where it has to wait."""
        with self._lock:
            if not self._pause:
                return False
            now = self._clock()
            if now < self._resume_at:
                raise ReaderUnavailable(f"not asked for another {self._resume_at - now:.0f} s after: {self._reason}")
            self._resume_at = now + max(seconds, self._pause)  # others wait for this trial's outcome
            return True

    def _answered(self) -> None:
        with self._lock:
            if self._pause:
                _log.warning("reader %s answers again", self.name)
            self._failures, self._pause = 0, 0.0

    def _failed(self, reason: str, is_trial: bool) -> None:
        with self._lock:
            if self._pause and not is_trial:
                return  # asked before the pause began, and failed during it: no news
            self._failures += 1
            if self._failures < self._failures_allowed:
                return
            self._pause = min(2 * self._pause or self._first_pause, self._longest_pause)
            self._resume_at = self._clock() + self._pause
            self._reason = reason
            _log.warning("reader %s is not asked for %.0f s: %s", self.name, self._pause, reason)
