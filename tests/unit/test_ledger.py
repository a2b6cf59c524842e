"""The register's rows: numbers, pages, corrections, and what edits by hand and lost races do to them."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from coronet import ledger as ledger_module
from coronet import rows
from coronet.errors import DamagedLedger, InvalidInput, NotFound, StoreConflict, StoreUnavailable
from coronet.ledger import KEY, LAST_ID_KEY, Ledger, origin_of
from coronet.model import Blob, Entry
from memory_store import MemoryStore


def entry(number: int = 0, **changes: str) -> Entry:
    return replace(
        Entry(registered_at="2026-11-23 09:30:15", plate="1234BCD", owner=f"Dueña {number}", image=f"{number}.jpg"),
        **changes,
    )


def with_origin(number: int, name: str = "a") -> Entry:
    return entry(number, image=f"{name}_20261123_093015_{number:016x}.jpg")


def csv(store: MemoryStore) -> bytes:
    blob = store.get(KEY)
    assert blob
    return blob.data


def edit(store: MemoryStore, data: bytes) -> None:
    """What a spreadsheet or a person does: another file, without notes."""
    blob = store.get(KEY)
    store.put(KEY, data, replaces=blob.version if blob else None)


def ids(ledger: Ledger) -> list[int]:
    return [record.id for record in ledger.records()]


class Meddler(MemoryStore):
    """A store in which somebody else writes just before, or the answer is lost just after."""

    def __init__(self) -> None:
        super().__init__()
        self.before: list[Callable[[], object]] = []
        self.after: list[Callable[[], object]] = []
        self.reads: list[int] = []

    def get(self, key: str) -> Blob | None:
        blob = super().get(key)
        self.reads.append(len(blob.data) if blob else 0)
        return blob

    def tail(self, key: str, size: int) -> Blob | None:
        blob = super().tail(key, size)
        self.reads.append(len(blob.data) if blob else 0)
        return blob

    def put(self, key: str, data: bytes, *, replaces: str | None, notes: Mapping[str, str] | None = None) -> str:
        if key == KEY and self.before:
            self.before.pop(0)()
        version = super().put(key, data, replaces=replaces, notes=notes)
        if key == KEY and self.after:
            self.after.pop(0)()
        return version


def conflict() -> None:
    raise StoreConflict("injected")


def unavailable() -> None:
    raise StoreUnavailable("injected")


@pytest.fixture
def store() -> Meddler:
    return Meddler()


@pytest.fixture
def ledger(store: Meddler) -> Ledger:
    return Ledger(store)


def test_an_empty_register(ledger: Ledger) -> None:
    assert list(ledger.records()) == []
    assert ledger.page(limit=5).records == ()
    assert ledger.page(limit=5).total == 0
    assert ledger.remove([1]) == []
    assert ledger.append([]) == []
    assert ledger.export() == rows.HEADER
    with pytest.raises(NotFound):
        ledger.find(1)


def test_rows_are_numbered_and_written_as_documented(ledger: Ledger, store: Meddler) -> None:
    records = ledger.append([entry(1, note='dijo "hola", y\nse fue'), entry(2, owner="=1+1", vehicle_type="Camión")])
    assert [record.id for record in records] == [1, 2]
    assert csv(store).decode() == (
        "id,fecha_hora,matricula,propietario,tipo_vehiculo,observacion,imagen\n"
        '1,2026-11-23 09:30:15,1234BCD,Dueña 1,,"dijo ""hola"", y\nse fue",1.jpg\n'
        "2,2026-11-23 09:30:15,1234BCD,'=1+1,Camión,,2.jpg\n"
    )
    assert list(ledger.records()) == records == list(Ledger(store).records())
    assert ledger.find(2) == records[1]


def test_numbers_are_never_given_twice(ledger: Ledger, store: Meddler) -> None:
    ledger.append([entry(n) for n in range(3)])
    assert [record.id for record in ledger.remove([3])] == [3]
    assert ledger.append([entry(4)])[0].id == 4
    ledger.remove([1, 2, 4])
    assert ledger.append([entry(5)])[0].id == 5
    ledger.remove([5])
    edit(store, csv(store).replace(b"\n", b"\r\n"))  # the notes are gone, data/ultimo_id is not
    assert Ledger(store).append([entry(6)])[0].id == 6
    store.delete(KEY)
    assert Ledger(store).append([entry(7)])[0].id == 6  # the row with 6 was never deleted by us: its file was


def test_removing_names_what_went_and_leaves_the_rest_alone(ledger: Ledger, store: Meddler) -> None:
    ledger.append([entry(n) for n in range(5)])
    edit(store, b"\xef\xbb\xbf" + csv(store).replace(b"\n", b"\r\n"))
    before = csv(store).splitlines(keepends=True)
    gone = ledger.remove([2, 4, 99])
    assert [record.id for record in gone] == [2, 4]
    assert csv(store) == b"".join(before[i] for i in (0, 1, 3, 5))
    assert ledger.remove([2, 4]) == []


def test_what_is_kept_in_memory_after_a_change_is_what_is_stored(ledger: Ledger, store: Meddler) -> None:
    ledger.append([entry(n) for n in range(4)])
    edit(
        store, csv(store) + csv(store).splitlines(keepends=True)[2].replace(b"1.jpg", b"other.jpg")
    )  # 2 is there twice
    for change in (
        lambda: ledger.update(2, lambda record: replace(record, owner="Eva")),
        lambda: ledger.remove_where(lambda record: record.image == "other.jpg"),
        lambda: ledger.append([entry(9)]),
        lambda: ledger.remove([1, 5]),
        lambda: ledger.update(3, lambda record: replace(record, note="=1")),
    ):
        change()
        store.reads.clear()
        assert list(ledger.records()) == sorted(rows.parse(csv(store)), key=lambda record: record.id)
        assert ledger.page(limit=9) == Ledger(store).page(limit=9)


def test_a_correction_changes_its_row_only(ledger: Ledger, store: Meddler) -> None:
    ledger.append([entry(n) for n in range(3)])
    edit(store, csv(store).replace(b"\n", b"\r\n"))
    before = csv(store).splitlines(keepends=True)
    new = ledger.update(2, lambda record: replace(record, plate="9999ZZZ"))
    assert ledger.find(2) == new
    assert new.plate == "9999ZZZ"
    after = csv(store).splitlines(keepends=True)
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, True, False, True]
    version = ledger_version(store)
    assert ledger.update(2, lambda record: record) == new
    assert ledger_version(store) == version
    with pytest.raises(NotFound):
        ledger.update(9, lambda record: record)


def ledger_version(store: MemoryStore) -> str:
    blob = store.get(KEY)
    assert blob
    return blob.version


def test_pages_are_newest_first(ledger: Ledger) -> None:
    ledger.append([entry(n) for n in range(7)])
    ledger.remove([4])
    first = ledger.page(limit=3)
    assert ([r.id for r in first.records], first.total, first.next) == ([7, 6, 5], 6, 5)
    second = ledger.page(before=first.next, limit=3)
    assert ([r.id for r in second.records], second.total, second.next) == ([3, 2, 1], 6, None)
    assert ledger.page(before=4, limit=3) == second
    assert ledger.page(before=1, limit=3).records == ()


@pytest.mark.parametrize("note", ["", 'dijo "sí",\nluego\n7,a,b,c,d,e,f\nfin', '"', "x" * 200, "\n\n"])
def test_pages_of_a_large_register_need_its_end_only(store: Meddler, note: str) -> None:
    Ledger(store).append([entry(n, note=note) for n in range(20_000)])
    ledger = Ledger(store)
    store.reads.clear()
    ids, before = [], None
    for _ in range(4):
        page = ledger.page(before=before, limit=50)
        assert page.total == 20_000
        assert all(record.note == note for record in page.records)
        ids += [record.id for record in page.records]
        before = page.next
    assert ids == list(range(20_000, 19_800, -1))
    assert max(store.reads) <= 64 * 1024
    assert [record.id for record in ledger.page(before=101, limit=100).records] == list(range(100, 0, -1))
    assert ledger.page(before=101, limit=100).next is None


def test_appending_needs_none_of_it(store: Meddler) -> None:
    Ledger(store).append([entry(n) for n in range(2_000)])
    store.reads.clear()
    assert Ledger(store).append([entry(1)])[0].id == 2_001
    assert store.reads[0] == 0


def test_only_what_was_added_is_read(store: Meddler, ledger: Ledger) -> None:
    other = Ledger(store)
    other.append([entry(n) for n in range(2_000)])
    assert len(ledger.records()) == 2_000
    old = ledger.records()
    other.append([entry(2_001)])
    store.reads.clear()
    assert ledger.records()[:2_000] == old
    assert ids(ledger)[-1] == 2_001
    assert max(store.reads) <= 64 * 1024
    assert ledger.records() is ledger.records()


def test_an_emptied_register_fills_again(ledger: Ledger) -> None:
    for number in (1, 2, 3):
        assert ids(ledger) == []
        ledger.append([entry(number)])
        assert ids(ledger) == [number]
        ledger.remove([number])


def test_an_edit_by_hand_is_seen(store: Meddler, ledger: Ledger) -> None:
    ledger.append([entry(n) for n in range(3)])
    ledger.records()
    edit(store, csv(store).replace("Dueña 1".encode(), b"Juan"))
    assert ledger.find(2).owner == "Juan"
    edit(store, csv(store) + csv(store).splitlines(keepends=True)[-1].replace(b"3,", b"12,", 1))
    assert ids(ledger) == [1, 2, 3, 12]
    assert ledger.append([entry()])[0].id == 13


@pytest.mark.parametrize(
    "edited",
    [
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data + b"\n",
        lambda data: data.rstrip(b"\n"),
        lambda data: data + b",,,,,,\r\n",
        lambda data: b"".join(sorted(data.splitlines(keepends=True), reverse=True)),
        lambda data: b"".join(b'"' + b'","'.join(line.split(b",")) + b'"\n' for line in data.splitlines()),
    ],
    ids=["CRLF", "BOM", "empty line", "no line end", "empty cells", "sorted", "all quoted"],
)
def test_work_goes_on_after_a_spreadsheet(edited: Callable[[bytes], bytes]) -> None:
    store = MemoryStore()
    writer = Ledger(store)
    old = writer.append([entry(n) for n in range(12)])
    edit(store, edited(csv(store)))
    for ledger in (writer, Ledger(store)):
        assert ledger.page(limit=2).records == tuple(reversed(ledger.records()))[:2]
        new = ledger.append([entry(50)])
        assert new[0].id == len(ledger.records())
        assert ledger.page(limit=1).records == tuple(new)
    assert list(writer.records())[:12] == old
    assert [record.id for record in writer.remove([3, 12])] == [3, 12]
    writer.update(4, lambda record: replace(record, note="x"))
    assert ids(Ledger(store)) == [1, 2, *range(4, 12), 13, 14]


@pytest.mark.parametrize("bare", [b"", b"\xef\xbb\xbf", rows.HEADER, rows.HEADER.rstrip(b"\n")])
def test_a_file_without_rows_takes_some(bare: bytes) -> None:
    store = MemoryStore()
    edit(store, bare)
    ledger = Ledger(store)
    assert ids(ledger) == []
    ledger.append([entry(1)])
    ledger.append([entry(2)])
    assert ids(Ledger(store)) == [1, 2]
    assert csv(store).startswith(bare)


def test_a_damaged_register_is_never_written(store: Meddler, ledger: Ledger) -> None:
    ledger.append([entry(n) for n in range(3)])
    damaged = csv(store) + b"4,2026-11-23 09:30:15,1234BCD\n"
    edit(store, damaged)
    calls: list[Callable[[Ledger], object]] = [
        lambda each: each.append([entry()]),
        lambda each: each.append([with_origin(1)]),
        lambda each: each.remove([1]),
        lambda each: each.update(1, lambda record: record),
        lambda each: each.page(limit=1),
        lambda each: each.records(),
        lambda each: each.find(1),
        lambda each: each.export(),
    ]
    for reader in (ledger, Ledger(store)):
        for call in calls:
            with pytest.raises(DamagedLedger) as error:
                call(reader)
            assert error.value.line == 5
    assert csv(store) == damaged
    edit(store, rows.HEADER + damaged[damaged.index(b"3,") :].splitlines(keepends=True)[0])
    assert ledger.append([entry()])[0].id == 4


def test_a_last_id_that_is_none_stops_numbering(store: Meddler, ledger: Ledger) -> None:
    store.put(LAST_ID_KEY, b"doce", replaces=None)
    with pytest.raises(DamagedLedger):
        ledger.append([entry()])
    assert store.get(KEY) is None


def test_the_export_is_neutral_whoever_wrote_it(ledger: Ledger, store: Meddler) -> None:
    ledger.append([entry(1, note="=1+1")])
    edit(store, csv(store) + b"2,2026,+34,@x,-1,'=9,z.jpg\r\n")
    assert ledger.export() == csv(store).splitlines(keepends=True)[0] + b"".join(map(rows.encode, ledger.records()))
    assert b"'=1+1" in ledger.export()
    assert ledger.export().endswith(b"2,2026,'+34,'@x,'-1,'=9,z.jpg\n")


def test_text_that_no_file_can_hold_is_refused(ledger: Ledger, store: Meddler) -> None:
    with pytest.raises(InvalidInput):
        ledger.append([entry(1), entry(2, owner="\udc80")])
    assert store.get(KEY) is None


def test_origins() -> None:
    assert origin_of("1234BCD_20261123_093015_0123456789abcdef.jpg") == "0123456789abcdef"
    for other in ("a.jpg", "a_0123456789ABCDEF.jpg", "a_0123456789abcde.jpg", "a_0123456789abcdef.jpg\n", ""):
        assert origin_of(other) is None


def test_an_origin_is_registered_once(ledger: Ledger, store: Meddler) -> None:
    [first] = ledger.append([with_origin(1)])
    again = ledger.append([with_origin(2), with_origin(1, "b"), entry(3), with_origin(2, "c"), entry(3)])
    assert [record.id for record in again] == [2, 1, 3, 2, 4]
    assert again[1] == first
    assert again[0] == again[3]
    for reader in (ledger, Ledger(store)):
        assert reader.append([with_origin(1), with_origin(2)]) == [first, again[0]]
    assert ids(ledger) == [1, 2, 3, 4]
    ledger.remove([1])
    assert ledger.append([with_origin(1)])[0].id == 5


def test_an_origin_in_a_note_is_none(ledger: Ledger) -> None:
    ledger.append([entry(1, note="x_0000000000000001.jpg")])
    assert ledger.append([with_origin(1)])[0].id == 2


def test_a_lost_race_is_run_again(store: Meddler, ledger: Ledger) -> None:
    other = Ledger(store)
    ledger.append([entry(1), entry(2)])
    store.before = [lambda: other.append([entry(3)])]
    assert ledger.append([entry(4)])[0].id == 4
    store.before = [lambda: other.append([entry(5)])]
    ledger.update(1, lambda record: replace(record, note="x"))
    store.before = [lambda: other.update(2, lambda record: replace(record, note="y"))]
    assert [record.note for record in ledger.remove([1])] == ["x"]
    assert [(record.id, record.note) for record in other.records()] == [(2, "y"), (3, ""), (4, ""), (5, "")]


def test_a_number_removed_while_another_appends_is_not_given_again(store: Meddler, ledger: Ledger) -> None:
    other = Ledger(store)
    ledger.append([entry(1), entry(2)])
    edit(store, csv(store) + b"\n")  # no notes: appending has to look for the last id
    store.before = [lambda: other.remove([2])]
    assert ledger.append([entry(3)])[0].id == 3
    assert ids(ledger) == [1, 3]


def test_an_origin_that_another_registers_meanwhile_is_not_added(store: Meddler, ledger: Ledger) -> None:
    other = Ledger(store)
    store.before = [lambda: other.append([with_origin(1)])]
    assert [record.id for record in ledger.append([with_origin(1), with_origin(2)])] == [1, 2]
    assert ids(ledger) == [1, 2]


@pytest.mark.parametrize("lost", [conflict, unavailable])
def test_a_write_whose_answer_was_lost_is_found(store: Meddler, ledger: Ledger, lost: Callable[[], None]) -> None:
    other = Ledger(store)
    ledger.append([entry(0)])

    def another_writes_and_the_answer_is_lost() -> None:
        store.after = []
        other.append([entry(3)])
        lost()

    store.after = [another_writes_and_the_answer_is_lost]
    assert [record.id for record in ledger.append([entry(1), entry(2)])] == [2, 3]
    assert ids(ledger) == [1, 2, 3, 4]
    store.after = [conflict]
    assert [record.id for record in ledger.remove([4])] == [4]
    assert ids(ledger) == [1, 2, 3]


def test_a_write_that_did_not_happen_is_told(store: Meddler, ledger: Ledger) -> None:
    ledger.append([entry(0)])
    store.before = [unavailable]
    with pytest.raises(StoreUnavailable):
        ledger.append([entry(1)])
    assert ids(ledger) == [1]


def test_a_race_that_is_never_won_is_told(store: Meddler, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_module, "_PATIENCE", 0.05)
    monkeypatch.setattr(ledger_module, "_TRIES", 5)
    store.before = [conflict] * 1000
    with pytest.raises(StoreConflict):
        ledger.append([entry(1)])
    with pytest.raises(StoreConflict):
        ledger.append([entry(1, image="")])
    store.before = []
    assert ids(ledger) == []


def test_notes_of_another_file_are_not_believed(store: Meddler, ledger: Ledger) -> None:
    ledger.append([entry(n) for n in range(3)])
    blob = store.get(KEY)
    assert blob
    store.put(KEY, blob.data + b"9,a,b,c,d,e,f\n", replaces=blob.version, notes=blob.notes)
    assert ledger.append([entry()])[0].id == 10
