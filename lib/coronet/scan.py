"""Registers photographs by the batch, each exactly once however often it is sent."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from coronet.errors import CoroNetError, InvalidInput
from coronet.model import MAX_PHOTO_BYTES, NOT_READ, Entry
from coronet.register import Register

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A photograph that waits.

    `origin`, 16 hexadecimal digits, tells it from every other for ever, and `moment` (aware) is when it arrived: both
    are the same however often it is opened. `version` is the inbox's own.
    """

    origin: str
    moment: datetime
    data: bytes
    version: str = ""


class Inbox(Protocol):
    """Where photographs wait, each under a name. All methods raise StoreUnavailable where it cannot be reached."""

    def open(self, name: str) -> Incoming | None:
        """The photograph; None where it waits no more. Raises InvalidInput where it is too large to be looked at."""
        ...

    def settle(self, name: str, incoming: Incoming) -> None:
        """It is registered and need not wait any more; what took its name since then stays."""
        ...

    def reject(self, name: str, error: InvalidInput) -> None:
        """It can never be registered: put it aside with the reason."""
        ...


def too_large() -> InvalidInput:
    """What an inbox raises for a photograph over the limit."""
    return InvalidInput("photograph over the size limit", key="error.photo.too_large", megabytes=MAX_PHOTO_BYTES >> 20)


class Outcome(StrEnum):
    """What became of a photograph. After FAILED it waits on, and may be scanned again."""

    READ = "read"
    NOT_READ = "not read"
    REJECTED = "rejected"
    SKIPPED = "skipped"
    FAILED = "failed"


def scan(register: Register, inbox: Inbox, names: Iterable[str]) -> dict[str, Outcome]:
    """Register the photographs of these names in one write of the register; what became of each, by name.

    The photograph is stored first, its row added next, and only then it waits no more. Cut off at any instant and done
    again, or done by several processes at once, it comes to the same. Nothing is raised but what ends the process.
    """
    batch = _Batch(register, inbox)
    outcomes = {name: batch.hold(name) for name in dict.fromkeys(names)}
    return outcomes | batch.enter()


class _Batch:
    def __init__(self, register: Register, inbox: Inbox) -> None:
        self._register = register
        self._inbox = inbox
        self._held: dict[str, tuple[Incoming, Entry]] = {}

    def hold(self, name: str) -> Outcome:
        """What becomes of the photograph if its row can be written."""
        try:
            return self._hold(name)
        except Exception as error:  # one photograph must not keep the others of its batch back
            return _failed(error)

    def enter(self) -> dict[str, Outcome]:
        """Write the rows; the outcomes that are now other ones."""
        if not self._held:
            return {}
        try:
            self._register.enter([entry for _, entry in self._held.values()])
        except Exception as error:
            return dict.fromkeys(self._held, _failed(error))
        failures = {}
        for name, (incoming, _) in self._held.items():
            try:
                self._inbox.settle(name, incoming)
            except Exception as error:
                failures[name] = _failed(error)
        return failures

    def _hold(self, name: str) -> Outcome:
        try:
            incoming = self._inbox.open(name)
            if incoming is None:
                return Outcome.SKIPPED
            if self._register.has(incoming.origin):
                self._inbox.settle(name, incoming)
                return Outcome.SKIPPED
            entry = self._register.hold(incoming.data, origin=incoming.origin, moment=incoming.moment)
        except InvalidInput as error:
            self._inbox.reject(name, error)
            return Outcome.REJECTED
        self._held[name] = incoming, entry
        return Outcome.NOT_READ if entry.plate == NOT_READ else Outcome.READ


def _failed(error: Exception) -> Outcome:
    if isinstance(error, CoroNetError):
        log.error("not scanned: %s: %s", type(error).__name__, error)
    else:
        log.exception("not scanned")
    return Outcome.FAILED
