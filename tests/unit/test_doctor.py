"""The doctor on registers that something happened to, in a real folder."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from coronet import doctor
from coronet.config import PROJECT
from coronet.doctor import Diagnosis
from coronet.ledger import KEY, Ledger
from coronet.model import Reading, Sighting
from coronet.photo import open_photo
from coronet.register import Register
from coronet.storage.local import LocalStore
from drawing import encoded, street
from servers import clean_environ

PHOTOGRAPH = encoded(street((64, 48)))
LATER = timedelta(hours=2)


class Ward:
    """A register of three vehicles, one of which is to be reviewed, and its doctor, who comes hours later."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.store = LocalStore(home)
        self.ledger = Ledger(self.store)
        self.register = Register(
            store=self.store,
            ledger=self.ledger,
            open_photo=open_photo,
            read=lambda photo: Sighting(
                Reading("1234BCD", 0.5, "onnx", ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)))
            ),
            now=lambda: datetime(2026, 11, 23, 9, 30, 15),
            visit=timedelta(minutes=5),
        )
        self.register.save(PHOTOGRAPH, note="a\n'=b")
        for plate in ("2222BBB", "3333CCC"):
            self.register.save(PHOTOGRAPH, plate=plate, owner="Ana")

    @property
    def csv(self) -> Path:
        return self.home / KEY

    def examine(self) -> Diagnosis:
        return doctor.examine(self.store, datetime.now(UTC) + LATER)

    def mend(self) -> Path:
        now = datetime.now(UTC) + LATER
        return self.home / doctor.mend(self.store, self.ledger, doctor.examine(self.store, now), now)

    def files(self) -> dict[str, bytes]:
        """Every object by its key, but for the doctor's copies."""
        keys = [key for key in self.store.keys("") if not key.startswith(doctor.COPIES)]
        return {key: (self.home / key).read_bytes() for key in keys}

    def edit(self, change: Callable[[bytes], bytes]) -> None:
        """Change the CSV as somebody with an editor does."""
        self.csv.write_bytes(change(self.csv.read_bytes()))


@pytest.fixture
def ward(tmp_path: Path) -> Ward:
    return Ward(tmp_path)


def test_a_whole_register_is_healthy_and_left_alone(ward: Ward) -> None:
    before = ward.files()
    assert ward.examine().healthy
    assert not ward.examine().mendable
    assert ward.files() == before


def test_an_empty_register_is_healthy(tmp_path: Path) -> None:
    assert doctor.examine(LocalStore(tmp_path), datetime.now(UTC)).healthy


def test_files_without_a_row_are_removed_and_kept_in_the_copy(ward: Ward) -> None:
    whole = ward.files()
    strays = {"uploads/9999ZZZ_20261123_093015.jpg": b"\xff\xd8", "uploads/x.json": b"{}", "data/marcas/revisar/x": b""}
    for key, data in strays.items():
        ward.store.put(key, data, replaces=None)
    assert list(ward.examine().orphans) == sorted(strays)
    copies = ward.mend()
    assert ward.files() == whole
    for key, data in strays.items():
        assert (copies / key).read_bytes() == data


def test_a_save_in_progress_is_left_alone(ward: Ward) -> None:
    ward.store.put("uploads/9999ZZZ_20261123_093015.jpg", b"\xff\xd8", replaces=None)
    assert doctor.examine(ward.store, datetime.now(UTC)).healthy


def test_a_crash_in_a_delete_leaves_what_the_doctor_finds(ward: Ward) -> None:
    [record] = ward.ledger.remove([1])  # the row goes first; here the crash comes
    stem = record.image.removesuffix(".jpg")
    assert {key.partition(stem)[2] for key in ward.examine().orphans} == {
        "",
        ".jpg",
        ".json",
        ".mini.webp",
        ".placa.webp",
    }
    ward.mend()
    assert ward.examine().healthy
    assert not [key for key in ward.files() if stem in key]
    assert [each.id for each in ward.ledger.records()] == [2, 3]


def test_a_lost_photograph_is_named_no_more(ward: Ward) -> None:
    image = ward.ledger.find(2).image
    (ward.home / "uploads" / image).unlink()
    assert [record.id for record in ward.examine().lost] == [2]
    csv = ward.csv.read_bytes()
    copies = ward.mend()
    assert ward.ledger.find(2).image == ""
    assert ward.ledger.find(2).plate == "2222BBB"
    assert (copies / KEY).read_bytes() == csv
    assert ward.examine().healthy


def test_doubled_ids_are_renumbered_and_no_row_is_lost(ward: Ward) -> None:
    ward.register.delete(3)  # ids are not given twice, not by the doctor either
    ward.register.save(PHOTOGRAPH, plate="4444DDD")
    ward.edit(lambda csv: csv.replace(b"\n4,", b"\n2,"))
    assert [record.plate for record in ward.examine().doubled] == ["4444DDD"]
    ward.mend()
    assert ward.examine().healthy
    assert {record.id: record.plate for record in ward.ledger.records()} == {1: "1234BCD", 2: "2222BBB", 4: "4444DDD"}
    assert ward.register.save(PHOTOGRAPH, plate="5555FFF").record.id == 5


def test_evidence_that_cannot_be_read_is_removed(ward: Ward) -> None:
    key = f"uploads/{ward.ledger.find(1).image.removesuffix('.jpg')}.json"
    (ward.home / key).write_text('{"reading": 1')
    assert list(ward.examine().unreadable) == [key]
    assert (ward.mend() / key).read_text() == '{"reading": 1'
    assert ward.examine().healthy


def test_every_damaged_line_is_told_at_once_and_nothing_is_touched(ward: Ward) -> None:
    ward.edit(lambda csv: csv.replace(b"\n2,", b"\nx,").replace(b"3333CCC,Ana", b"3333CCC;\xff"))
    before = ward.files()
    diagnosis = ward.examine()
    assert [damage.line for damage in diagnosis.damages] == [4, 5]  # the first record's note has two lines
    assert not diagnosis.mendable
    assert not diagnosis.orphans  # whose rows they are cannot be told
    assert ward.files() == before


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [(b"id,fecha_hora", b"id;fecha_hora", 1), (b"Ana", b'"Ana', 4), (b"Ana", b'A"na', 4), (b",Ana", b"", 4)],
)
def test_a_damaged_line_is_found(ward: Ward, before: bytes, after: bytes, line: int) -> None:
    ward.edit(lambda csv: csv.replace(before, after, 1))
    assert [damage.line for damage in ward.examine().damages][:1] == [line]


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"2222BBB,", b"2222 bbb,"), (b"2026-11-23 09:30:15,2", b"23/11/2026 9:30,2"), (b",3333CCC_2", b",2222BBB_2")],
)
def test_what_coronet_would_not_write_is_told(ward: Ward, before: bytes, after: bytes) -> None:
    ward.edit(lambda csv: csv.replace(before, after, 1))
    diagnosis = ward.examine()
    assert diagnosis.odd
    assert not diagnosis.damages


def test_the_copy_is_enough_to_go_back(ward: Ward) -> None:
    (ward.home / "uploads" / ward.ledger.find(2).image).unlink()
    ward.store.put("uploads/x.jpg", b"\xff\xd8", replaces=None)
    ward.edit(lambda csv: csv.replace(b"\n3,", b"\n1,"))
    before = ward.files()
    copies = ward.mend()
    assert ward.files() != before
    for path in filter(Path.is_file, copies.rglob("*")):
        (ward.home / path.relative_to(copies)).write_bytes(path.read_bytes())
    assert ward.files() == before


def test_the_command(ward: Ward) -> None:
    assert command(ward.home) == (0, "The register is whole\n")
    stray = ward.home / "uploads" / "x.jpg"
    unfinished = ward.home / "uploads" / ".0123.tmp"
    for path in (stray, unfinished):
        path.write_bytes(b"x")
        os.utime(path, (0, 0))
    status, report = command(ward.home)
    assert (status, stray.exists(), unfinished.exists()) == (1, True, False)
    assert "uploads/x.jpg" in report
    status, report = command(ward.home, "--repair")
    assert (status, stray.exists()) == (0, False)
    assert doctor.COPIES in report


def test_the_command_where_the_register_cannot_be_read(ward: Ward) -> None:
    ward.csv.unlink()
    ward.csv.symlink_to(ward.csv)
    assert command(ward.home) == (2, "")


def command(home: Path, *flags: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, str(PROJECT / "scripts" / "doctor.py"), *flags],
        env={**clean_environ(), "CORONET_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout
