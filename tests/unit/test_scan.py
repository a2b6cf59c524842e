"""Batch scans: each photograph becomes one record, whatever happens in between."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from coronet.errors import StoreUnavailable
from coronet.ledger import Ledger
from coronet.model import NOT_READ, Entry, Reading, Record, Sighting
from coronet.photo import Photo, open_photo
from coronet.register import Register
from coronet.scan import Outcome, scan
from coronet.storage.folder_inbox import FolderInbox
from coronet.storage.local import LocalStore
from drawing import photograph

ARRIVED = datetime(2026, 11, 23, 8, 30, 15, tzinfo=UTC)


class Desk:
    """A register in one folder, and another folder whose photographs are scanned into it."""

    def __init__(self, scratch: Path) -> None:
        self.home, self.folder = scratch / "home", scratch / "in"
        self.folder.mkdir()
        self.plate = "1234BCD"
        self.ledger = Ledger(LocalStore(self.home))
        self.inbox = FolderInbox(self.folder)

    def put(self, name: str, data: bytes | None = None) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if data is not None else photograph())
        os.utime(path, (ARRIVED.timestamp(), ARRIVED.timestamp()))
        return name

    def register(self, ledger: Ledger | None = None) -> Register:
        return Register(
            store=LocalStore(self.home),
            ledger=ledger or self.ledger,
            open_photo=open_photo,
            read=self._read,
            now=lambda: datetime.now(UTC),
            visit=timedelta(minutes=5),
        )

    def _read(self, photo: Photo) -> Sighting:
        return Sighting(Reading(self.plate, 0.99, "onnx") if self.plate else None)

    def scan(self, *names: str) -> list[Outcome]:
        return list(scan(self.register(), self.inbox, names).values())

    @property
    def photographs(self) -> set[str]:
        return {path.name for path in self.home.glob("uploads/*.jpg")}

    @property
    def images(self) -> list[str]:
        return [record.image for record in self.ledger.records()]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


class Failing(Ledger):
    """A ledger that does something else instead of its next append."""

    def __init__(self, desk: Desk, instead: Callable[[], None]) -> None:
        super().__init__(LocalStore(desk.home))
        self._instead = instead

    def append(self, entries: object) -> list[Record]:
        self._instead()
        raise AssertionError


def lost() -> None:
    raise StoreUnavailable("the storage is gone")


def test_a_batch_is_one_write(desk: Desk) -> None:
    writes = []

    class Counting(Ledger):
        def append(self, entries: object) -> list[Record]:
            assert isinstance(entries, list)
            writes.append(len(entries))
            return super().append(entries)

    names = [desk.put("a.jpg"), desk.put("Ana Ñandú/b + 1.jpg")]
    outcomes = scan(desk.register(Counting(LocalStore(desk.home))), desk.inbox, names)
    assert outcomes == dict.fromkeys(names, Outcome.READ)
    assert writes == [2]
    assert [record.registered_at for record in desk.ledger.records()] == ["2026-11-23 08:30:15"] * 2
    assert desk.photographs == set(desk.images)


def test_done_again_it_skips(desk: Desk) -> None:
    name = desk.put("a.jpg")
    assert desk.scan(name, name) == [Outcome.READ]
    assert desk.scan(name) == [Outcome.SKIPPED]
    assert len(desk.images) == 1


def test_the_same_photograph_under_two_names_is_two_records(desk: Desk) -> None:
    desk.scan(desk.put("a.jpg"), desk.put("b.jpg"))
    assert len(set(desk.images)) == 2


def test_what_shows_no_plate_is_registered_all_the_same(desk: Desk) -> None:
    desk.plate = ""
    assert desk.scan(desk.put("a.jpg")) == [Outcome.NOT_READ]
    assert [record.plate for record in desk.ledger.records()] == [NOT_READ]


def test_what_is_no_photograph_keeps_nothing_back(desk: Desk) -> None:
    names = [desk.put("a.jpg", b"text"), desk.put("b.jpg"), desk.put("c.jpg", bytes(21 << 20)), "gone.jpg"]
    assert desk.scan(*names) == [Outcome.REJECTED, Outcome.READ, Outcome.REJECTED, Outcome.SKIPPED]
    assert len(desk.images) == 1


def test_cut_off_before_the_row_it_is_done_again_without_a_trace(desk: Desk) -> None:
    name = desk.put("a.jpg")
    assert scan(desk.register(Failing(desk, lost)), desk.inbox, [name]) == {name: Outcome.FAILED}
    assert (len(desk.photographs), desk.images) == (1, [])

    assert desk.scan(name) == [Outcome.READ]
    assert (desk.photographs, len(desk.images)) == (set(desk.images), 1)


def test_read_otherwise_by_somebody_who_came_first(desk: Desk) -> None:
    name = desk.put("a.jpg")

    class Overtaken(Ledger):
        def append(self, entries: object) -> list[Record]:
            desk.plate = "1234BCO"
            assert desk.scan(name) == [Outcome.READ]
            assert isinstance(entries, list) and all(isinstance(entry, Entry) for entry in entries)
            return super().append(entries)

    assert scan(desk.register(Overtaken(LocalStore(desk.home))), desk.inbox, [name]) == {name: Outcome.READ}
    assert [record.plate for record in desk.ledger.records()] == ["1234BCO"]
    assert desk.photographs == set(desk.images)


def test_a_surprise_at_one_photograph_keeps_nothing_back(desk: Desk) -> None:
    names = [desk.put("a.jpg"), desk.put("b.jpg")]

    class Surprised(FolderInbox):
        def open(self, name: str):  # type: ignore[no-untyped-def]
            if name == "a.jpg":
                raise RuntimeError("surprise")
            return super().open(name)

    outcomes = scan(desk.register(), Surprised(desk.folder), names)
    assert outcomes == {"a.jpg": Outcome.FAILED, "b.jpg": Outcome.READ}


def test_hidden_files_do_not_wait(desk: Desk) -> None:
    for name in ("b.jpg", "a/.oculto.jpg", ".git/x.jpg", "a/c.jpg"):
        desk.put(name)
    assert list(desk.inbox.names()) == ["a/c.jpg", "b.jpg"]
