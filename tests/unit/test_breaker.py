"""The circuit breaker: when a failing reader is asked again. Time is a number that the tests set."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from coronet.errors import ReaderUnavailable, UnusableAnswer
from coronet.model import Reading
from coronet.photo import Photo
from coronet.readers.breaker import CircuitBreaker

PHOTO = Photo(Image.new("RGB", (8, 8)))
PLATE = Reading("1234ABC", 0.9, "remote")


class Remote:
    """A reader that raises `failure` while it is set, waits for `meeting` twice, and counts how often it was asked."""

    name = "remote"

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.meeting = threading.Barrier(1)
        self.asked = 0

    def read(self, photo: Photo, *, seconds: float) -> Reading | None:
        self.asked += 1
        self.meeting.wait(timeout=30)
        self.meeting.wait(timeout=30)
        if self.failure:
            raise self.failure
        return PLATE


class Scene:
    """A remote reader behind a breaker, and the time."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.now = 0.0
        self.remote = Remote(failure)
        self.breaker = CircuitBreaker(self.remote, failures=3, pause=30, longest_pause=600, clock=lambda: self.now)

    def read(self) -> str:
        """The plate, or why there is none."""
        try:
            reading = self.breaker.read(PHOTO, seconds=5)
        except Exception as error:
            return str(error)
        return reading.text if reading else ""

    def is_asked(self) -> bool:
        """Whether a reading now reaches the remote reader."""
        before = self.remote.asked
        self.read()
        return self.remote.asked > before


@pytest.fixture
def down() -> Scene:
    """A reader that is down and was just asked three times."""
    scene = Scene(ReaderUnavailable("HTTP 500"))
    for _ in range(3):
        assert scene.read() == "HTTP 500"
    return scene


def test_it_goes_by_the_readers_name_and_passes_its_readings_on() -> None:
    scene = Scene()
    assert scene.breaker.name == "remote"
    assert scene.breaker.read(PHOTO, seconds=5) is PLATE


def test_after_three_failures_in_a_row_the_reader_is_left_in_peace(
    down: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    down.now = 10
    assert down.read() == "not asked for another 20 s after: HTTP 500"
    assert down.remote.asked == 3


def test_the_log_says_when_a_pause_begins_and_ends(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene(ReaderUnavailable("HTTP 500"))
    for _ in range(5):
        scene.read()
    scene.now, scene.remote.failure = 30, None
    scene.read()
    assert [record.getMessage() for record in caplog.records] == [
        "reader remote is not asked for 30 s: HTTP 500",
        "reader remote answers again",
    ]


def test_failures_that_are_not_in_a_row_do_not_count() -> None:
    scene = Scene()
    for _ in range(3):
        scene.remote.failure = ReaderUnavailable("HTTP 500")
        scene.read()
        scene.read()
        scene.remote.failure = None
        assert scene.read() == "1234ABC"


def test_a_pause_doubles_up_to_the_longest_and_then_the_reader_comes_back_by_itself(down: Scene) -> None:
    for pause in (30, 60, 120, 240, 480, 600, 600):
        down.now += pause - 1
        assert not down.is_asked()
        down.now += 1
        assert down.is_asked()
        assert not down.is_asked()
    down.remote.failure = None
    assert not down.is_asked()
    down.now += 600
    assert down.read() == "1234ABC"
    assert down.read() == "1234ABC"


def test_an_hour_of_outage_costs_few_requests_and_the_next_one_starts_with_a_short_pause(down: Scene) -> None:
    for _ in range(3600):
        down.now += 1
        down.read()
    assert down.remote.asked == 3 + 9  # after 30, 90, 210, 450, 930, 1530, 2130, 2730 and 3330 s
    down.remote.failure = None
    down.now += 600
    assert down.read() == "1234ABC"
    down.remote.failure = ReaderUnavailable("HTTP 500")
    for _ in range(3):
        assert down.is_asked()
    assert down.read() == "not asked for another 30 s after: HTTP 500"


def test_an_unusable_answer_is_no_failure() -> None:
    scene = Scene(UnusableAnswer("the model refused"))
    for _ in range(10):
        assert scene.read() == "the model refused"
    assert scene.remote.asked == 10


def test_an_unusable_answer_ends_a_pause(down: Scene) -> None:
    down.now, down.remote.failure = 30, UnusableAnswer("the model refused")
    assert down.read() == "the model refused"
    assert down.is_asked()


def test_a_bug_is_a_failure_whose_message_is_not_repeated() -> None:
    scene = Scene(RuntimeError("1234ABC"))
    for _ in range(3):
        assert scene.read() == "1234ABC"
    assert scene.read() == "not asked for another 30 s after: RuntimeError"


def test_failures_of_readings_under_way_do_not_prolong_the_pause() -> None:
    scene = Scene(ReaderUnavailable("HTTP 500"))
    scene.remote.meeting = threading.Barrier(8)
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda _: scene.read(), range(8))) == ["HTTP 500"] * 8
    assert scene.read() == "not asked for another 30 s after: HTTP 500"


def test_after_a_pause_one_reading_alone_tries(down: Scene) -> None:
    down.now, down.remote.failure, down.remote.meeting = 30, None, threading.Barrier(2)
    asked = down.remote.asked
    with ThreadPoolExecutor(1) as thread:
        trial = thread.submit(down.read)
        down.remote.meeting.wait(timeout=30)
        assert down.read() == "not asked for another 30 s after: HTTP 500"
        down.remote.meeting.wait(timeout=30)
        assert trial.result(timeout=30) == "1234ABC"
    assert down.remote.asked == asked + 1
