"""Who is told of saved records: signed, at least once, and never at the cost of a save."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest
import standardwebhooks

from coronet import representation
from coronet.album import NOTICES
from coronet.errors import ReceiverRefuses, ReceiverUnavailable
from coronet.ledger import Ledger
from coronet.model import Reading, Sighting
from coronet.notices import KEPT_SECONDS, SAVING_SECONDS, Courier, Notices
from coronet.photo import open_photo
from coronet.register import Register, Seen
from coronet.storage.local import LocalStore
from coronet.webhook import Webhook, parse_secret, parse_url, signature
from crashes import Crash, crash
from drawing import photograph
from receiver import Receiver, receiving
from servers import free_port

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


class Office:
    """A register that announces what it saves, and what waits to be told."""

    def __init__(self, home: Path, url: str) -> None:
        self.store = LocalStore(home)
        self.ledger = Ledger(self.store)
        self.register = Register(
            store=self.store,
            ledger=self.ledger,
            open_photo=open_photo,
            read=lambda _: Sighting(Reading("1234BCD", 0.97, "onnx")),
            now=lambda: datetime.now(UTC),
            visit=timedelta(minutes=5),
            announces=True,
        )
        self.late = 0.0
        self.notices = Notices(
            store=self.store,
            register=self.register,
            send=Webhook(url, parse_secret(SECRET)).send,
            clock=lambda: time.time() + self.late,
        )

    def save(self) -> Seen:
        return self.register.save(photograph())

    def waiting(self) -> list[str]:
        return list(self.notices.waiting())


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def office(tmp_path: Path, receiver: Receiver) -> Office:
    return Office(tmp_path, receiver.url)


def test_a_saved_record_is_told_once_and_signed(office: Office, receiver: Receiver) -> None:
    seen = office.save()
    [key] = office.waiting()
    assert office.notices.deliver(key)
    headers, body = receiver.got.get(timeout=5)
    told = standardwebhooks.Webhook(SECRET).verify(body, headers)
    assert told == json.loads(json.dumps(representation.record(seen)))
    assert headers["webhook-id"] == f"registro-{seen.record.id}"
    assert headers["content-type"] == "application/json"
    assert office.waiting() == []
    assert office.notices.deliver(key)  # somebody else was faster
    assert receiver.got.empty()


def test_the_signature_is_that_of_the_specifications_example() -> None:
    secret = parse_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body) == expected


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (500, ReceiverUnavailable),
        (503, ReceiverUnavailable),
        (429, ReceiverUnavailable),
        (400, ReceiverRefuses),
        (410, ReceiverRefuses),
        (302, ReceiverRefuses),
        (307, ReceiverRefuses),
    ],
)
def test_what_is_not_taken_waits(office: Office, receiver: Receiver, status: int, error: type[Exception]) -> None:
    office.save()
    receiver.refusals.append(status)
    [key] = office.waiting()
    with pytest.raises(error):
        office.notices.deliver(key)
    assert receiver.got.qsize() == 1  # a redirect is not followed
    assert office.waiting() == [key]
    assert office.notices.deliver(key)
    first, second = receiver.got.get(), receiver.got.get()
    assert first[0]["webhook-id"] == second[0]["webhook-id"]


def test_nobody_there_is_unavailable(tmp_path: Path) -> None:
    office = Office(tmp_path, f"http://127.0.0.1:{free_port()}")
    office.save()
    [key] = office.waiting()
    with pytest.raises(ReceiverUnavailable):
        office.notices.deliver(key)


def test_a_crash_after_the_row_loses_nothing_and_one_before_it_tells_nothing(
    office: Office, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, pytest.raises(Crash):
        patch.setattr(office.ledger, "append", crash)
        office.save()
    [key] = office.waiting()
    assert not office.notices.deliver(key)  # for all it knows, the save is still going on
    assert office.waiting() == [key]
    office.late = SAVING_SECONDS + 1
    assert office.notices.deliver(key)
    assert office.waiting() == []
    assert receiver.got.empty()

    append = office.ledger.append

    def append_and_crash(entries: object) -> NoReturn:
        append(entries)  # type: ignore[arg-type]
        raise Crash

    with monkeypatch.context() as patch, pytest.raises(Crash):
        patch.setattr(office.ledger, "append", append_and_crash)
        office.save()
    [key] = office.waiting()
    assert office.notices.deliver(key)
    assert receiver.got.qsize() == 1


def test_what_nobody_takes_for_two_weeks_is_given_up(office: Office, receiver: Receiver) -> None:
    office.save()
    office.late = KEPT_SECONDS + 1
    [key] = office.waiting()
    assert office.notices.deliver(key)
    assert office.waiting() == []
    assert receiver.got.empty()


def test_a_deleted_record_is_not_told(office: Office) -> None:
    seen = office.save()
    office.register.delete(seen.record.id)
    assert office.waiting() == []


def test_a_register_without_a_receiver_keeps_no_notices(tmp_path: Path) -> None:
    office = Office(tmp_path, "http://127.0.0.1:9")
    silent = Register(
        store=office.store,
        ledger=office.ledger,
        open_photo=open_photo,
        read=lambda _: Sighting(None),
        now=lambda: datetime.now(UTC),
        visit=timedelta(minutes=5),
    )
    silent.save(photograph())
    assert office.waiting() == []


def test_rounds_come_later_and_later_and_begin_anew_with_what_is_saved(office: Office, receiver: Receiver) -> None:
    now = 0.0
    courier = Courier(office.notices, first_pause=5, clock=lambda: now)
    office.save()
    receiver.refusals += [500, 400, 500]
    pauses = []
    for _ in range(3):
        pauses.append(courier.round())
        now += pauses[-1] + 0.001
    assert pauses == [5, 10, 20]
    assert receiver.got.qsize() == 3
    assert courier.round() == 60
    assert (receiver.got.qsize(), office.waiting()) == (4, [])


def test_a_refused_notice_does_not_hold_up_the_others_and_a_silent_receiver_is_asked_once(
    office: Office, receiver: Receiver
) -> None:
    for _ in range(3):
        office.save()
    receiver.refusals.append(400)
    now = 0.0
    courier = Courier(office.notices, first_pause=5, clock=lambda: now)
    assert courier.round() == 5
    assert (receiver.got.qsize(), len(office.waiting())) == (3, 1)
    for _ in range(2):
        office.save()
    receiver.refusals.append(503)
    now = 6
    courier.round()
    assert (receiver.got.qsize(), len(office.waiting())) == (4, 3)


def test_the_courier_delivers_what_is_left_and_what_comes(office: Office, receiver: Receiver) -> None:
    receiver.refusals += [500, 500]
    office.save()
    courier = Courier(office.notices, first_pause=0.01)
    courier.start()
    for _ in range(3):
        receiver.got.get(timeout=10)
    office.save()
    courier.wake()
    receiver.got.get(timeout=10)
    _until(lambda: not office.waiting())


def _until(done: Callable[[], bool]) -> None:
    for _ in range(200):
        if done():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come to pass")


@pytest.mark.parametrize(
    "text", ["ftp://example.org/x", "file:///etc/passwd", "example.org", "http://", "javascript:x"]
)
def test_an_address_is_http_or_https(text: str) -> None:
    with pytest.raises(ValueError, match="http"):
        parse_url(text)


@pytest.mark.parametrize("text", ["secreto", "whsec_", "whsec_c2hvcnQ=", SECRET.removeprefix("whsec_"), f"{SECRET}!"])
def test_a_secret_is_as_the_specification_writes_it(text: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        parse_secret(text)


def test_neither_is_neither() -> None:
    assert (parse_url(""), parse_secret("")) == ("", b"")
    assert NOTICES == "data/avisos/"


def test_a_batch_scan_tells_too(office: Office, receiver: Receiver) -> None:
    entry = office.register.hold(photograph(), origin="0123456789abcdef", moment=datetime.now(UTC))
    [key] = office.waiting()
    assert not office.notices.deliver(key)
    office.register.enter([entry])
    assert office.notices.deliver(key)
    assert receiver.got.qsize() == 1
