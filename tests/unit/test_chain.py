"""The chain: order, time, failures, and what the log says of them."""

import logging
from collections.abc import Callable

import pytest
from PIL import Image

from coronet.errors import ReaderUnavailable
from coronet.model import Attempt, Reading
from coronet.photo import Photo
from coronet.readers.chain import ReaderChain

PHOTO = Photo(Image.new("RGB", (8, 8)))
PLATE = Reading("1234ABC", 0.9, "second")


class Clock:
    """Time that passes only when a reader spends it."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Reader:
    """A reader that does as told, and notes the time it was given."""

    def __init__(self, name: str, does: Callable[[float], Reading | None]) -> None:
        self.name = name
        self._does = does
        self.given: list[float] = []

    def read(self, photo: Photo, *, seconds: float) -> Reading | None:
        assert photo is PHOTO
        self.given.append(seconds)
        return self._does(seconds)


def sees_nothing(seconds: float) -> None:
    return None


def sees_a_plate(seconds: float) -> Reading:
    return PLATE


def is_unavailable(seconds: float) -> None:
    raise ReaderUnavailable("no network")


def is_broken(seconds: float) -> None:
    raise ZeroDivisionError("a bug")


def spends(clock: Clock, part: float) -> Callable[[float], None]:
    def spend(seconds: float) -> None:
        clock.now += seconds * part

    return spend


def test_the_first_plate_ends_the_chain() -> None:
    first, second, third = Reader("first", sees_nothing), Reader("second", sees_a_plate), Reader("third", sees_a_plate)

    sighting = ReaderChain([first, second, third], 10, clock=Clock()).read(PHOTO)

    assert sighting.reading is PLATE
    assert sighting.attempts == (Attempt("first", "nothing", 0), Attempt("second", "read", 0))
    assert not third.given


@pytest.mark.parametrize("readers", [[], [Reader("only", sees_nothing)]])
def test_no_reading_where_nobody_sees_a_plate(readers: list[Reader]) -> None:
    sighting = ReaderChain(readers, 10).read(PHOTO)

    assert sighting.reading is None
    assert [attempt.outcome for attempt in sighting.attempts] == ["nothing"] * len(readers)


def test_after_an_unavailable_reader_the_next_is_asked_and_the_log_says_why(caplog: pytest.LogCaptureFixture) -> None:
    sighting = ReaderChain([Reader("first", is_unavailable), Reader("second", sees_a_plate)], 10, clock=Clock()).read(
        PHOTO
    )

    assert sighting.reading is PLATE
    assert sighting.attempts == (Attempt("first", "unavailable", 0, "no network"), Attempt("second", "read", 0))
    assert [(r.levelno, r.getMessage(), r.exc_info) for r in caplog.records] == [
        (logging.WARNING, "reader first is unavailable: no network", None)
    ]


def test_after_a_broken_reader_the_next_is_asked_and_the_log_has_the_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sighting = ReaderChain([Reader("first", is_broken), Reader("second", sees_a_plate)], 10, clock=Clock()).read(PHOTO)

    assert sighting.reading is PLATE
    assert sighting.attempts[0] == Attempt("first", "unavailable", 0, "bug: ZeroDivisionError")
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage() == "reader first is broken"
    assert record.exc_info and record.exc_info[0] is ZeroDivisionError


def test_a_reader_that_uses_up_its_time_leaves_as_much_to_the_others() -> None:
    clock = Clock()
    slow, slower, last = (Reader(name, spends(clock, 1)) for name in ("slow", "slower", "last"))

    sighting = ReaderChain([slow, slower, last], 10, clock=clock).read(PHOTO)

    assert [slow.given, slower.given, last.given] == [[5], [2.5], [2.5]]
    assert [attempt.milliseconds for attempt in sighting.attempts] == [5000, 2500, 2500]
    assert clock.now == 110


def test_time_that_is_not_used_goes_to_those_after() -> None:
    clock = Clock()
    quick, last = Reader("quick", spends(clock, 0.2)), Reader("last", sees_nothing)

    ReaderChain([quick, last], 10, clock=clock).read(PHOTO)

    assert (quick.given, last.given) == ([5], [9])


def test_a_reader_without_time_is_not_asked(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    greedy, late = Reader("greedy", spends(clock, 2)), Reader("late", sees_a_plate)

    sighting = ReaderChain([greedy, late], 10, clock=clock).read(PHOTO)

    assert not late.given
    assert sighting.reading is None
    assert sighting.attempts[1] == Attempt("late", "unavailable", 0, "no time left")
    assert "reader late is unavailable: no time left" in caplog.text
