"""Local storage where things go wrong: half-written appends, edits by hand, a full or read-only disk."""

import errno
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from coronet.errors import StoreConflict, StoreUnavailable
from coronet.ledger import KEY, Ledger
from coronet.model import Entry
from coronet.storage.local import LocalStore

ENTRY = Entry(registered_at="2026-11-23 09:30:15", plate="1234BCD", owner="José, «el ñ»", image="x.jpg")


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path)


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return tmp_path / KEY


def opened(file: int) -> Path:
    """The path of an open file."""
    return Path(f"/proc/self/fd/{file}").readlink()


def killed_while_appending(csv: Path, before: bytes, row: bytes, size: int) -> None:
    """Leave what a process leaves that is killed when `size` bytes of its append were written."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)

        def cut_short(file: int, data: memoryview) -> int:
            if opened(file) != csv:
                return real_write(file, data)
            if size:
                real_write(file, data[:size])
            os.kill(os.getpid(), signal.SIGKILL)
            raise AssertionError

        real_write, os.write = os.write, cut_short  # type: ignore[assignment]
        blob = LocalStore(csv.parents[1]).get(KEY)
        assert blob
        LocalStore(csv.parents[1]).append(KEY, row, replaces=blob.version)
        os._exit(0)
    os.close(write)
    os.close(read)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert csv.read_bytes() == before + row[:size]


def test_an_append_cut_short_at_any_byte_was_none(tmp_path: Path) -> None:
    store, csv = LocalStore(tmp_path), tmp_path / KEY
    Ledger(store).append([ENTRY])
    before = csv.read_bytes()
    row = before.splitlines(keepends=True)[-1].replace(b"1,", b"2,", 1)
    for size in range(len(row)):
        csv.write_bytes(before)
        killed_while_appending(csv, before, row, size)
        ledger = Ledger(LocalStore(tmp_path))
        assert [record.id for record in ledger.records()] == [1]
        assert ledger.page(limit=5).total == 1
        blob, end = store.get(KEY), store.tail(KEY, 10)
        assert blob and end and (blob.data, blob.size) == (before, len(before))
        assert (end.data, end.version) == (before[-10:], blob.version)
        [record] = ledger.append([ENTRY])
        assert record.id == 2
        assert csv.read_bytes() == before + row


def test_a_whole_write_after_a_half_append(store: LocalStore, csv: Path) -> None:
    ledger = Ledger(store)
    ledger.append([ENTRY, ENTRY])
    before = csv.read_bytes()
    row = before.splitlines(keepends=True)[-1].replace(b"2,", b"3,", 1)
    killed_while_appending(csv, before, row, 7)
    assert [record.id for record in ledger.remove([1])] == [1]
    assert [record.id for record in Ledger(store).records()] == [2]
    killed_while_appending(csv, csv.read_bytes(), row, 7)
    store.delete(KEY)
    assert store.get(KEY) is None
    store.put(KEY, b"id", replaces=None)
    assert csv.read_bytes() == b"id"


def test_a_line_end_that_a_person_removed_hides_no_row(store: LocalStore, csv: Path) -> None:
    ledger = Ledger(store)
    ledger.append([ENTRY])
    ledger.append([ENTRY])
    whole = csv.read_bytes()
    with csv.open("r+b") as file:
        file.truncate(len(whole) - 1)
    assert len(Ledger(store).records()) == 2
    assert ledger.append([ENTRY])[0].id == 3
    assert csv.read_bytes().startswith(whole)


@pytest.mark.parametrize("journal", [b"", b"{", b"null", b"[]", b'{"offset": 1}', b"\0" * 100, b"\xff"])
def test_a_broken_journal_says_nothing(store: LocalStore, csv: Path, journal: bytes) -> None:
    ledger = Ledger(store)
    ledger.append([ENTRY])
    (csv.parent / ".registros.csv.journal").write_bytes(journal)
    assert len(Ledger(store).records()) == 1
    assert ledger.append([ENTRY])[0].id == 2
    assert Ledger(store).page(limit=1).total == 2


@contextmanager
def no_space_after(size: int) -> Iterator[None]:
    """A disk that takes `size` more bytes."""
    real_write, left = os.write, size

    def write(file: int, data: memoryview) -> int:
        nonlocal left
        if left == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = real_write(file, data[:left])
        left -= written
        return written

    os.write = write  # type: ignore[assignment]
    try:
        yield
    finally:
        os.write = real_write


def test_a_disk_that_fills_up_leaves_nothing_half(store: LocalStore, csv: Path, tmp_path: Path) -> None:
    ledger = Ledger(store)
    ledger.append([ENTRY])
    before, files = csv.read_bytes(), sorted(tmp_path.rglob("*"))
    for size in range(0, 600, 7):
        with no_space_after(size):
            try:
                ledger.append([replace(ENTRY, image="y.jpg")])
            except StoreUnavailable as error:
                assert "ENOSPC" in str(error)
                assert "registros" not in str(error)
            else:
                break
            with pytest.raises(StoreUnavailable):
                store.put("uploads/x.jpg", b"x" * 1000, replaces=None)
        assert csv.read_bytes() == before
        assert [record.id for record in Ledger(store).records()] == [1]
        assert sorted(path for path in tmp_path.rglob("*") if path.name != "uploads") == files
    assert size > 100
    assert [record.id for record in Ledger(store).records()] == [1, 2]
    assert store.get("uploads/x.jpg") is None


@pytest.fixture
def plain_user() -> Iterator[Path]:
    """Be nobody, whom permissions hold back, with a folder that nobody owns."""
    with TemporaryDirectory() as folder:
        if os.geteuid() == 0:
            os.chown(folder, 65534, 65534)
            os.seteuid(65534)
            try:
                yield Path(folder)
            finally:
                os.seteuid(0)
        else:
            yield Path(folder)


def test_a_folder_that_may_not_be_written_is_still_read(plain_user: Path) -> None:
    store = LocalStore(plain_user)
    ledger = Ledger(store)
    ledger.append([ENTRY])
    for path, mode in ((plain_user / KEY, 0o444), (plain_user / "data", 0o555), (plain_user, 0o555)):
        path.chmod(mode)
    for write in (
        lambda: ledger.append([replace(ENTRY, image="y.jpg")]),
        lambda: store.put("uploads/x.jpg", b"", replaces=None),
    ):
        with pytest.raises(StoreUnavailable, match="EACCES"):
            write()
    with pytest.raises(StoreUnavailable, match="EACCES"):
        ledger.remove([1])
    assert len(Ledger(store).records()) == 1
    for path in (plain_user, plain_user / "data"):
        path.chmod(0o755)


def test_a_write_is_on_the_disk_before_it_is_told(
    store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def recorded(name: str, call: Callable[..., object]) -> Callable[..., object]:
        def wrapper(file: int, *args: object) -> object:
            calls.append(f"{name} {opened(file).suffix or opened(file).name}")
            return call(file, *args)

        return wrapper

    monkeypatch.setattr(os, "write", recorded("write", os.write))
    monkeypatch.setattr(os, "fsync", recorded("fsync", os.fsync))
    (tmp_path / "data").mkdir()
    version = store.put("data/x.csv", b"one", replaces=None)
    assert calls == ["write .tmp", "fsync .tmp", "fsync data"]
    calls.clear()
    store.append("data/x.csv", b"two", replaces=version)
    journal = ["write .journal", "fsync .journal", "fsync data"]
    assert calls == [*journal, "write .csv", "fsync .csv", "write .journal"]


def test_somebody_elses_file_in_the_place_is_no_crash(store: LocalStore, tmp_path: Path) -> None:
    (tmp_path / "uploads" / "folder.jpg").mkdir(parents=True)
    assert store.get("uploads/folder.jpg") is None
    with pytest.raises((StoreConflict, StoreUnavailable)):
        store.put("uploads/folder.jpg", b"x", replaces=None)
    (tmp_path / "uploads" / "file").write_bytes(b"")
    assert store.get("uploads/file/x") is None
    with pytest.raises(StoreUnavailable):
        store.put("uploads/file/x", b"x", replaces=None)
    store.delete("uploads/file/x")
    assert {path.name for path in (tmp_path / "uploads").iterdir()} == {"folder.jpg", "file"}
