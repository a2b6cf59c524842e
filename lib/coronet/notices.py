"""Telling others of saved records: every record at least once, whatever ends or fails in between."""

import contextlib
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from coronet import representation
from coronet.album import NOTICES
from coronet.errors import CoroNetError, ReceiverRefuses, ReceiverUnavailable
from coronet.ports import BlobStore
from coronet.register import Register

log = logging.getLogger(__name__)

SAVING_SECONDS = 15 * 60
"""A notice without a record is of a save that has not finished yet or, when this old, of one that never will."""
KEPT_SECONDS = 14 * 24 * 3600
"""How long a notice is tried."""

_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 3600.0
_LOOK_SECONDS = 60.0


class Notices:
    """The notices that wait under `data/avisos/`, one a saved photograph, each put there before its record is."""

    def __init__(
        self,
        *,
        store: BlobStore,
        register: Register,
        send: Callable[[str, bytes], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._register = register
        self._send = send
        self._clock = clock

    def waiting(self) -> Iterator[str]:
        """The notices' keys."""
        return self._store.keys(NOTICES)

    def deliver(self, key: str) -> bool:
        """Send the record that the notice is of, as it is now, and forget the notice; False while it is being saved.

        The id that the receiver gets, `registro-ID`, is always the same for one record. Raises ReceiverUnavailable or
        ReceiverRefuses where it was not taken: deliver it again, later.
        """
        notice = self._store.get(key)
        if notice is None:
            return True
        age = self._clock() - float(notice.data or b"0")
        seen = self._register.find_photograph(f"{key.removeprefix(NOTICES)}.jpg")
        if seen is None and age < SAVING_SECONDS:
            return False
        if seen and age < KEPT_SECONDS:
            body = json.dumps(representation.record(seen), ensure_ascii=False, separators=(",", ":")).encode()
            self._send(f"registro-{seen.record.id}", body)
        elif seen:
            log.error("notice of record %d given up", seen.record.id)
        self._store.delete(key)
        return True


@dataclass(slots=True)
class _Trouble:
    """A notice that was not taken: how often, and the time (of `time.monotonic`) to try it again."""

    failures: int
    again: float


class Courier:
    """A thread that delivers what waits: at once, and after a failure later and later, up to an hour."""

    def __init__(
        self,
        notices: Notices,
        *,
        first_pause: float = _FIRST_PAUSE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._notices = notices
        self._first_pause = first_pause
        self._clock = clock
        self._troubles: dict[str, _Trouble] = {}
        self._something_new = threading.Event()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        """Begin, with what was left by an earlier process."""
        self._thread.start()

    def wake(self) -> None:
        """Look now whether something waits."""
        self._something_new.set()

    def _run(self) -> None:
        while True:
            pause = _LOOK_SECONDS
            with contextlib.suppress(CoroNetError):  # the store is away: its adapter said so, and this goes on
                pause = self.round()
            self._something_new.wait(pause)
            self._something_new.clear()

    def round(self) -> float:
        """Try everything that is due, and return the seconds until something else will be.

        Where the receiver does not answer, the rest is spared the same.
        """
        waiting = list(self._notices.waiting())
        self._troubles = {key: trouble for key, trouble in self._troubles.items() if key in waiting}
        for key in waiting:
            if key in self._troubles and self._troubles[key].again > self._clock():
                continue
            try:
                if self._notices.deliver(key):
                    self._troubles.pop(key, None)
                else:
                    self._put_off(key, "its record is not saved yet")
            except ReceiverRefuses as error:
                self._put_off(key, str(error))
            except ReceiverUnavailable as error:
                return self._put_off(key, str(error))
        times = [trouble.again - self._clock() for trouble in self._troubles.values()]
        return max(0.0, min([_LOOK_SECONDS, *times]))

    def _put_off(self, key: str, reason: str) -> float:
        failures = self._troubles[key].failures + 1 if key in self._troubles else 0
        pause = min(self._first_pause * 2.0 ** min(failures, 16), _LONGEST_PAUSE)
        self._troubles[key] = _Trouble(failures, self._clock() + pause)
        log.warning("a notice was not taken: %s; again in %.0f s", reason, pause)
        return pause
