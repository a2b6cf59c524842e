"""Sessions of people who logged in: each an object of the store until it ends."""

import re
import secrets
import time
from collections.abc import Callable

from coronet.ports import BlobStore

PREFIX = "data/sesiones/"
HOURS = 12
_ID = re.compile(r"(\d{10})-[0-9a-f]{32}")
_TRUSTED_SECONDS = 30
_REMEMBERED = 1000


class Sessions:
    """Who is logged in. An id is `EXPIRES-RANDOM`, EXPIRES in seconds since 1970; its object is `data/sesiones/ID`.

    That an id holds is remembered for half a minute, so that a page of photographs does not ask the store for each:
    where several processes serve, one that has ended elsewhere holds that much longer.
    """

    def __init__(self, store: BlobStore, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock
        self._seen: dict[str, float] = {}

    def begin(self) -> str:
        """A new session's id; it holds for HOURS. Sessions that expired are cleared away."""
        for key in list(self._store.keys(PREFIX)):
            if self._expired(key.removeprefix(PREFIX)):
                self._store.delete(key)
        id = f"{int(self._clock()) + HOURS * 3600}-{secrets.token_hex(16)}"
        self._store.put(PREFIX + id, b"", replaces=None)
        return id

    def end(self, id: str) -> None:
        """End the session, if there is one of that id."""
        self._seen.pop(id, None)
        if _ID.fullmatch(id):
            self._store.delete(PREFIX + id)

    def holds(self, id: str) -> bool:
        """Whether that session began, has not ended and has not expired."""
        if self._expired(id):
            return False
        if self._seen.get(id, float("-inf")) + _TRUSTED_SECONDS > self._clock():
            return True
        if self._store.get(PREFIX + id) is None:
            return False
        if len(self._seen) >= _REMEMBERED:
            self._seen.clear()
        self._seen[id] = self._clock()
        return True

    def _expired(self, id: str) -> bool:
        match = _ID.fullmatch(id)
        return match is None or int(match[1]) <= self._clock()
