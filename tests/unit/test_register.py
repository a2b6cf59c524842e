"""The use cases, on a real folder, with a reader that answers what the test says."""

import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from coronet import evidence
from coronet.errors import DamagedLedger, InvalidInput, NotFound, StoreUnavailable
from coronet.ledger import Ledger
from coronet.model import NOT_READ, Attempt, Candidate, Corners, Reading, Sighting
from coronet.photo import Photo, open_photo
from coronet.register import Register
from coronet.storage.local import LocalStore
from drawing import encoded, photograph, vehicle

CORNERS: Corners = ((0.4, 0.6), (0.6, 0.6), (0.6, 0.7), (0.4, 0.7))
READING = Reading("1234BCD", 0.97, "onnx", CORNERS, (0.99,) * 7, (Candidate("I234BCD", 0.02, CORNERS),))


class Gate:
    """A register, what its reader will say, and its clock."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.sighting = Sighting(READING, (Attempt("onnx", "read", 120),))
        self.photos: list[Photo] = []
        self.now = datetime(2026, 11, 23, 9, 30, 15)
        self.store = LocalStore(home)
        self.register = Register(
            store=self.store, ledger=Ledger(self.store), open_photo=open_photo, read=self._read, now=lambda: self.now
        )

    def _read(self, photo: Photo) -> Sighting:
        self.photos.append(photo)
        return self.sighting

    @property
    def files(self) -> set[str]:
        return {path.name for path in (self.home / "uploads").glob("*")}


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    yield Gate(tmp_path)


def test_a_reading_becomes_a_record_with_everything_beside_it(gate: Gate) -> None:
    seen = gate.register.save(photograph(), owner=" Ana ", vehicle_type="Camión", note="a\r\nb")
    record = seen.record
    assert (record.id, record.plate, record.registered_at) == (1, "1234BCD", "2026-11-23 09:30:15")
    assert (record.owner, record.vehicle_type, record.note) == ("Ana", "Camión", "a\nb")
    assert record.image == "1234BCD_20261123_093015.jpg"
    stem = "1234BCD_20261123_093015"
    assert gate.files == {f"{stem}.jpg", f"{stem}.mini.webp", f"{stem}.placa.webp", f"{stem}.json"}
    assert evidence.load((gate.home / "uploads" / f"{stem}.json").read_bytes()) == gate.sighting
    [row] = gate.register.page().rows
    assert (row.record, row.sighting, row.plate_image) == (record, gate.sighting, f"{stem}.placa.webp")
    assert not row.needs_review


def test_a_reading_without_certainty_is_to_be_reviewed(gate: Gate) -> None:
    gate.sighting = Sighting(Reading("1234BCD", 0.5, "onnx"))
    assert gate.register.save(photograph()).needs_review


def test_a_typed_plate_goes_before_any_reading(gate: Gate) -> None:
    assert gate.register.save(photograph(), plate=" 9999 zzz ").record.plate == "9999ZZZ"
    assert gate.photos == []


def test_nothing_read_is_said(gate: Gate) -> None:
    gate.sighting = Sighting(None)
    assert gate.register.save(photograph()).record.plate == NOT_READ


def test_readers_see_full_resolution_and_less_is_stored(gate: Gate) -> None:
    record = gate.register.save(encoded(vehicle(size=(4000, 3000)))).record
    assert gate.photos[0].size == (4000, 3000)
    assert Image.open(io.BytesIO(gate.register.photo(record.image).data)).size == (1920, 1440)


def test_photographs_of_one_second_do_not_overwrite_each_other(gate: Gate) -> None:
    images = [gate.register.save(photograph()).record.image for _ in range(3)]
    assert images == [f"1234BCD_20261123_093015{ending}.jpg" for ending in ("", "_2", "_3")]


def test_an_id_is_never_given_twice(gate: Gate) -> None:
    gate.register.save(photograph())
    last = gate.register.save(photograph()).record.id
    gate.register.delete(last)
    assert gate.register.save(photograph()).record.id == last + 1


def test_a_deleted_record_leaves_nothing(gate: Gate) -> None:
    record = gate.register.save(photograph()).record
    gate.register.delete(record.id)
    assert gate.files == set()
    assert gate.register.page().rows == []
    with pytest.raises(NotFound):
        gate.register.delete(record.id)


@pytest.mark.parametrize("field", ["owner", "vehicle_type", "note"])
def test_a_text_of_200_characters_is_the_longest(gate: Gate, field: str) -> None:
    gate.register.save(photograph(), **{field: "ñ" * 200})
    with pytest.raises(InvalidInput):
        gate.register.save(photograph(), **{field: "ñ" * 201})
    assert gate.register.page().total == 1


@pytest.mark.parametrize(
    "name", ["x.json", "x.jpg.json", "../data/registros.csv", ".jpg", "x/y.jpg", "x.JPG", "x\n.jpg"]
)
def test_only_pictures_are_shown(gate: Gate, name: str) -> None:
    (gate.home / "uploads").mkdir()
    (gate.home / "uploads" / "x.json").write_text("{}")
    with pytest.raises(NotFound):
        gate.register.photo(name)


def test_a_photograph_without_thumbnail_is_its_own(gate: Gate) -> None:
    record = gate.register.save(photograph()).record
    stem = record.image.removesuffix(".jpg")
    gate.store.delete(f"uploads/{stem}.mini.webp")
    assert gate.register.photo(f"{stem}.mini.webp").data == gate.register.photo(record.image).data


def test_damaged_evidence_is_passed_over(gate: Gate) -> None:
    record = gate.register.save(photograph()).record
    (gate.home / "uploads" / record.image.replace(".jpg", ".json")).write_text('{"reading": [], "attempts": 1}')
    assert gate.register.page().rows[0].sighting is None


def test_a_damaged_register_takes_nothing_and_keeps_no_photograph(gate: Gate) -> None:
    (gate.home / "data").mkdir()
    csv = gate.home / "data" / "registros.csv"
    csv.write_bytes(b"id,fecha_hora,matricula\n1,2,3\n")
    with pytest.raises(DamagedLedger):
        gate.register.save(photograph())
    assert csv.read_bytes() == b"id,fecha_hora,matricula\n1,2,3\n"
    assert gate.files == set()


def test_what_could_not_be_kept_whole_is_not_kept(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    put = gate.store.put

    def full(key: str, *args: object, **kwargs: object) -> str:
        if key.endswith(".json"):
            raise StoreUnavailable("no space left on device")
        return put(key, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(gate.store, "put", full)
    with pytest.raises(StoreUnavailable):
        gate.register.save(photograph())
    assert gate.files == set()
    assert gate.register.page().total == 0


def test_a_clock_that_jumps_back_changes_no_id(gate: Gate) -> None:
    first = gate.register.save(photograph()).record
    gate.now -= timedelta(days=400)
    second = gate.register.save(photograph()).record
    assert second.id == first.id + 1
    assert [row.record.id for row in gate.register.page().rows] == [second.id, first.id]
