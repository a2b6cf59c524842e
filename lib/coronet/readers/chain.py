"""Readers asked one after the other, within one time limit."""

import logging
import time
from collections.abc import Callable, Sequence

from coronet.errors import ReaderUnavailable
from coronet.model import Attempt, Reading, Sighting
from coronet.photo import Photo
from coronet.ports import PlateReader

_log = logging.getLogger(__name__)


class ReaderChain:
    """Asks `readers` in their order until one finds a plate.

    The whole chain has `seconds`. Each reader may use half of what is left when its turn comes, the last one all of
    it: whoever uses up its time, as a remote reader that does not answer, leaves as much as it took to those after
    it, and time that is not used goes to them. The chain interrupts nobody: it keeps within its limit because every
    PlateReader promises to keep within the seconds it is given.
    """

    def __init__(
        self, readers: Sequence[PlateReader], seconds: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._readers = tuple(readers)
        self._seconds = seconds
        self._clock = clock

    def read(self, photo: Photo) -> Sighting:
        """The first plate found and what each reader asked did; never raises."""
        deadline = self._clock() + self._seconds
        attempts: list[Attempt] = []
        for place, reader in enumerate(self._readers, start=1):
            left = deadline - self._clock()
            share = left if place == len(self._readers) else left / 2
            reading, attempt = self._ask(reader, photo, share)
            attempts.append(attempt)
            if reading is not None:
                return Sighting(reading, tuple(attempts))
        return Sighting(None, tuple(attempts))

    def _ask(self, reader: PlateReader, photo: Photo, seconds: float) -> tuple[Reading | None, Attempt]:
        reading, reason = None, ""
        started = self._clock()
        try:
            if seconds <= 0:
                raise ReaderUnavailable("no time left")
            reading = reader.read(photo, seconds=seconds)
            outcome = "nothing" if reading is None else "read"
        except ReaderUnavailable as error:
            outcome, reason = "unavailable", str(error)
            _log.warning("reader %s is unavailable: %s", reader.name, reason)
        except Exception as error:  # a bug of one reader must not cost the record
            outcome, reason = "unavailable", f"bug: {type(error).__name__}"
            _log.exception("reader %s is broken", reader.name)
        milliseconds = round(1000 * (self._clock() - started))
        return reading, Attempt(reader.name, outcome, milliseconds, reason)
