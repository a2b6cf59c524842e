"""The use cases, on a real folder, with a reader that answers what the test says."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from coronet import evidence
from coronet.errors import DamagedLedger, InvalidInput, NotFound, StoreUnavailable
from coronet.ledger import Ledger
from coronet.model import NOT_READ, Attempt, Candidate, Corners, Correction, Entry, Evidence, Reading, Record, Sighting
from coronet.photo import Photo, open_photo
from coronet.register import Arrival, Register, Seen
from coronet.search import Query
from coronet.storage.local import LocalStore
from crashes import Crash, crash
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
        self.ledger = Ledger(self.store)
        self.register = Register(
            store=self.store,
            ledger=self.ledger,
            open_photo=open_photo,
            read=self._read,
            now=lambda: self.now,
            visit=timedelta(minutes=5),
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
    assert evidence.load((gate.home / "uploads" / f"{stem}.json").read_bytes()).sighting == gate.sighting
    [row] = gate.register.search().rows
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
    assert gate.register.search().rows == []
    with pytest.raises(NotFound):
        gate.register.delete(record.id)


@pytest.mark.parametrize("field", ["owner", "vehicle_type", "note"])
def test_a_text_of_200_characters_is_the_longest(gate: Gate, field: str) -> None:
    def save(text: str) -> None:
        texts: dict[str, Any] = {field: text}
        gate.register.save(photograph(), **texts)

    save("ñ" * 200)
    with pytest.raises(InvalidInput):
        save("ñ" * 201)
    assert gate.register.search().total == 1


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
    assert gate.register.search().rows[0].evidence == Evidence()


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
    assert gate.register.search().total == 0


def test_a_clock_that_jumps_back_changes_no_id(gate: Gate) -> None:
    first = gate.register.save(photograph()).record
    gate.now -= timedelta(days=400)
    second = gate.register.save(photograph()).record
    assert second.id == first.id + 1
    assert [row.record.id for row in gate.register.search().rows] == [second.id, first.id]


def test_a_correction_keeps_what_was_read_and_who_changed_it(gate: Gate) -> None:
    gate.sighting = Sighting(Reading("1234BCD", 0.5, "onnx"))
    record = gate.register.save(photograph(), owner="Ana").record
    gate.now += timedelta(hours=1)
    seen = gate.register.correct(record.id, by="Luis", plate="1234 bcf", owner="Ana", note=" roja ")
    assert (seen.record.plate, seen.record.owner, seen.record.note) == ("1234BCF", "Ana", "roja")
    assert gate.register.find(record.id) == seen
    assert seen.sighting == gate.sighting
    assert seen.evidence.corrections == (
        Correction(
            "2026-11-23 10:30:15",
            "Luis",
            {"plate": "1234BCD", "note": ""},
            {"plate": "1234BCF", "note": "roja"},
        ),
    )
    assert seen.is_settled


def test_corrections_are_undone_one_by_one_and_remain_in_the_history(gate: Gate) -> None:
    id = gate.register.save(photograph(), owner="Ana").record.id
    gate.register.correct(id, by="Luis", owner="Eva")
    gate.register.correct(id, by="Luis", plate="")
    assert gate.register.find(id).record.plate == NOT_READ
    assert gate.register.undo(id, by="Marta").record.plate == "1234BCD"
    seen = gate.register.undo(id, by="Marta")
    assert (seen.record.owner, seen.record.plate) == ("Ana", "1234BCD")
    assert [each.undone_by for each in seen.evidence.corrections] == ["Marta", "Marta"]
    with pytest.raises(InvalidInput):
        gate.register.undo(id, by="Marta")


def test_a_correction_that_changes_nothing_leaves_no_trace(gate: Gate) -> None:
    id = gate.register.save(photograph(), owner="Ana").record.id
    assert (
        gate.register.correct(id, by="Luis", owner="Ana", plate="1234-BCD".replace("-", "")).evidence.corrections == ()
    )


@pytest.mark.parametrize("change", [{"plate": "LO SIENTO NO VEO"}, {"owner": "x" * 201}])
def test_a_correction_that_cannot_be_accepted_changes_nothing(gate: Gate, change: dict[str, str]) -> None:
    seen = gate.register.save(photograph())
    with pytest.raises(InvalidInput):
        gate.register.correct(seen.record.id, by="Luis", **change)
    assert gate.register.find(seen.record.id) == seen


def test_two_people_who_correct_at_once_are_both_in_the_history(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    id = gate.register.save(photograph()).record.id
    put = gate.store.put
    raced: list[str] = []

    def second_is_faster(key: str, *args: object, **kwargs: object) -> str:
        if key.endswith(".json") and not raced:
            raced.append(key)
            gate.register.correct(id, by="Marta", owner="Eva")
        return put(key, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(gate.store, "put", second_is_faster)
    seen = gate.register.correct(id, by="Luis", note="roja")
    assert [each.by for each in seen.evidence.corrections] == ["Marta", "Luis"]
    assert (seen.record.owner, seen.record.note) == ("Eva", "roja")


def test_what_waits_for_a_person_is_found_until_somebody_settles_it(gate: Gate) -> None:
    def waiting() -> list[int]:
        return [row.record.id for row in gate.register.search(Query(review=True)).rows]

    certain = gate.register.save(photograph()).record.id
    gate.sighting = Sighting(Reading("1234BCD", 0.5, "onnx"))
    confirmed, corrected, deleted = (gate.register.save(photograph()).record.id for _ in range(3))
    assert waiting() == [deleted, corrected, confirmed]
    assert not gate.register.confirm(confirmed, by="Luis").needs_review
    gate.register.correct(corrected, by="Luis", plate="9999ZZZ")
    gate.register.delete(deleted)
    assert waiting() == []
    gate.register.undo(confirmed, by="Luis")
    gate.register.undo(corrected, by="Luis")
    assert waiting() == [corrected, confirmed]
    assert certain not in waiting()


def test_what_people_gave_or_confirmed_is_known(gate: Gate) -> None:
    untouched, confirmed, corrected, noted, undone = (gate.register.save(photograph()).record.id for _ in range(5))
    gate.register.confirm(confirmed, by="Luis")
    gate.register.correct(corrected, by="Luis", plate="9999ZZZ")
    gate.register.correct(noted, by="Luis", note="roja")
    gate.register.confirm(undone, by="Luis")
    gate.register.undo(undone, by="Luis")
    settled = {seen.record.id: seen.record.plate for seen in gate.register.settled()}
    assert settled == {confirmed: "1234BCD", corrected: "9999ZZZ"}
    assert untouched not in settled


def test_evidence_from_before_there_were_corrections_is_read(gate: Gate) -> None:
    record = gate.register.save(photograph()).record
    path = gate.home / "uploads" / record.image.replace(".jpg", ".json")
    path.write_text('{"reading":null,"attempts":[{"reader":"onnx","outcome":"nothing","milliseconds":5,"reason":""}]}')
    assert gate.register.find(record.id).evidence == Evidence(Sighting(None, (Attempt("onnx", "nothing", 5),)))


def test_a_record_without_photograph_is_corrected_too(gate: Gate) -> None:
    (gate.home / "data").mkdir()
    (gate.home / "data" / "registros.csv").write_text(
        "id,fecha_hora,matricula,propietario,tipo_vehiculo,observacion,imagen\n7,2026-01-01 10:00:00,AAA111,,,,\n"
    )
    assert gate.register.correct(7, by="Luis", owner="Eva").record.owner == "Eva"
    assert gate.register.confirm(7, by="Luis").record.plate == "AAA111"


@pytest.mark.parametrize(
    ("query", "ids", "starts"),
    [
        (Query(), [[7, 6, 5], [4, 3, 2], [1]], [0, None, None]),
        (Query(owner="ana"), [[7, 6, 5], [4, 3, 2], [1]], [0, 3, 6]),
        (Query(sort="matricula"), [[1, 2, 3], [4, 5, 6], [7]], [0, 3, 6]),
    ],
)
def test_pages_lead_to_each_other(gate: Gate, query: Query, ids: list[list[int]], starts: list[int | None]) -> None:
    entries = [Entry(registered_at="2026-01-01 10:00:00", plate=f"P{number}", owner="Ana") for number in range(7)]
    gate.ledger.append(entries)
    pages = [gate.register.search(query, limit=3)]
    while pages[-1].next:
        pages.append(gate.register.search(replace(query, after=pages[-1].next), limit=3))
    assert [[row.record.id for row in page.rows] for page in pages] == ids
    assert [(page.start, page.total) for page in pages] == [(start, 7) for start in starts]
    back = [None, None, None if starts[1] is None else ids[0][-1]]
    assert [page.previous for page in pages] == back


def test_a_vehicle_has_its_visits_and_its_usual_owner(gate: Gate) -> None:
    owners = ["Ana", "Eva", "", "Eva", ""]
    gate.ledger.append(
        [
            Entry(registered_at=f"2026-01-0{day} 10:00:00", plate="ABC-123" if day % 2 else "ABC123", owner=owner)
            for day, owner in enumerate(owners, 1)
        ]
        + [Entry(registered_at="2026-01-09 10:00:00", plate=NOT_READ)]
    )
    vehicle = gate.register.vehicle("ABC123")
    assert vehicle is not None
    assert [visit.id for visit in vehicle.visits] == [5, 4, 3, 2, 1]
    assert (vehicle.plate, vehicle.last_visit, vehicle.owner, vehicle.vehicle_type) == (
        "ABC-123",
        "2026-01-05 10:00:00",
        "Eva",
        "",
    )
    assert vehicle.owners == [("Eva", 2), ("Ana", 1)]
    assert gate.register.vehicle("ABC12") is None
    assert gate.register.vehicle(NOT_READ) is None


def test_a_known_vehicle_is_told_with_its_visits_and_usual_owner(gate: Gate) -> None:
    first = gate.register.save(photograph(), owner="Ana", vehicle_type="Camión").record
    assert gate.register.arrival(first) == Arrival(None, None)
    gate.now += timedelta(hours=1)
    gate.register.save(photograph(), owner="Ana", vehicle_type="Furgoneta")
    gate.now += timedelta(hours=1)
    third = gate.register.save(photograph()).record
    assert (third.owner, third.vehicle_type) == ("", "")
    arrival = gate.register.arrival(third)
    assert arrival.vehicle is not None
    assert [visit.id for visit in arrival.vehicle.visits] == [2, 1]
    assert (arrival.vehicle.owner, arrival.vehicle.last_visit) == ("Ana", "2026-11-23 10:30:15")
    assert arrival.repeats is None


def test_a_record_is_completed_from_its_vehicle_where_nothing_was_given(gate: Gate) -> None:
    assert gate.register.save(photograph(), complete=True).record.owner == ""
    gate.register.save(photograph(), owner="Ana", vehicle_type="Camión")
    completed = gate.register.save(photograph(), complete=True, vehicle_type="Autobús").record
    assert (completed.owner, completed.vehicle_type) == ("Ana", "Autobús")
    gate.sighting = Sighting(None)
    assert gate.register.save(photograph(), complete=True).record.owner == ""


def test_the_same_plate_within_a_visit_is_kept_and_told(gate: Gate) -> None:
    gate.register.save(photograph(), plate="AB-12")
    gate.now += timedelta(minutes=4, seconds=59)
    second = gate.register.save(photograph(), plate="AB12").record
    repeats = gate.register.arrival(second).repeats
    assert repeats is not None
    assert repeats.id == 1
    gate.now += timedelta(minutes=5)
    assert gate.register.arrival(gate.register.save(photograph(), plate="AB-12").record).repeats is None


def test_vehicles_without_a_plate_are_not_one_vehicle(gate: Gate) -> None:
    gate.sighting = Sighting(None)
    gate.register.save(photograph(), owner="Ana")
    assert gate.register.arrival(gate.register.save(photograph()).record) == Arrival(None, None)


def test_a_photograph_that_waited_is_registered_at_the_time_it_was_taken(gate: Gate) -> None:
    record = gate.register.save(photograph(), age=timedelta(hours=2)).record
    assert record.registered_at == "2026-11-23 07:30:15"
    assert record.image == "1234BCD_20261123_073015.jpg"


ORIGIN = "0123456789abcdef"


def test_an_origin_is_saved_once(gate: Gate) -> None:
    photo = photograph()
    first = gate.register.save(photo, owner="Ana", origin=ORIGIN)
    assert first.record.image == f"1234BCD_20261123_093015_{ORIGIN}.jpg"
    gate.now += timedelta(days=1)
    gate.sighting = Sighting(None)
    assert gate.register.save(photo, owner="Ana", origin=ORIGIN) == first
    assert gate.register.search().total == 1
    assert len(gate.photos) == 1
    assert len(gate.files) == 4


@pytest.mark.parametrize("change", [{"owner": "Bea"}, {"plate": "OTRA1"}, {"data": photograph("9999ZZZ")}])
def test_an_origin_of_something_else_is_refused(gate: Gate, change: dict[str, Any]) -> None:
    request: dict[str, Any] = {"data": photograph(), "owner": "Ana", "origin": ORIGIN}
    gate.register.save(**request)
    with pytest.raises(InvalidInput) as refusal:
        gate.register.save(**{**request, **change})
    assert refusal.value.key == "error.key_reused"
    assert gate.register.search().total == 1
    assert len(gate.files) == 4


def test_an_origin_is_saved_once_after_a_crash_between_photograph_and_row(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, pytest.raises(Crash):
        patch.setattr(gate.ledger, "append", crash)
        gate.register.save(photograph(), origin=ORIGIN)
    assert gate.register.search().total == 0
    seen = gate.register.save(photograph(), origin=ORIGIN)
    assert seen.record.image == f"1234BCD_20261123_093015_2_{ORIGIN}.jpg"
    assert gate.register.save(photograph(), origin=ORIGIN) == seen
    assert gate.register.search().total == 1


def test_an_origin_is_saved_once_while_the_same_is_being_saved(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    first: list[Seen] = []
    append = gate.ledger.append

    def overtaken(entries: Sequence[Entry]) -> list[Record]:
        monkeypatch.setattr(gate.ledger, "append", append)
        first.append(gate.register.save(photograph(), origin=ORIGIN))
        return append(entries)

    monkeypatch.setattr(gate.ledger, "append", overtaken)
    assert gate.register.save(photograph(), origin=ORIGIN) == first[0]
    assert gate.register.search().total == 1
    assert len(gate.files) == 4  # nothing is left of the one that came second


@pytest.mark.parametrize("removals", range(6))
def test_a_delete_that_is_cut_off_stands_in_no_save_s_way(
    gate: Gate, monkeypatch: pytest.MonkeyPatch, removals: int
) -> None:
    """The clock may jump back, so that the next photograph would get the name of the one that is half gone."""
    gate.sighting = Sighting(Reading("1234BCD", 0.5, "onnx", CORNERS))
    record = gate.register.save(photograph()).record
    delete, calls = gate.store.delete, iter(range(removals))

    def cut_off(key: str) -> None:
        if next(calls, None) is None:
            raise StoreUnavailable("the power fails")
        delete(key)

    with monkeypatch.context() as patch, pytest.raises(StoreUnavailable):
        patch.setattr(gate.store, "delete", cut_off)
        gate.register.delete(record.id)
    assert gate.register.search().total == 0
    saved = gate.register.save(photograph())
    assert gate.register.photo(saved.record.image)
    assert saved.sighting == gate.register.find(saved.record.id).sighting
