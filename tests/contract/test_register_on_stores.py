"""The register's rows on every store, as small and as large as its ways of writing differ."""

from dataclasses import replace

import pytest

from coronet.ledger import KEY, Ledger
from coronet.model import Entry
from coronet.ports import BlobStore


def entries(first: int, number: int) -> list[Entry]:
    return [
        Entry(registered_at="2026-11-23 09:30:15", plate="1234BCD", note="ñ, «x»" * 100, image=f"{each}.jpg")
        for each in range(first, first + number)
    ]


@pytest.mark.parametrize("rows", [3, 6_000])
def test_the_register_on_every_store(store: BlobStore, rows: int) -> None:
    writer, reader = Ledger(store), Ledger(store)
    assert len(writer.append(entries(1, rows))) == rows
    assert reader.page(limit=2).total == rows
    assert len(reader.records()) == rows

    assert [record.id for record in writer.append(entries(rows + 1, 2))] == [rows + 1, rows + 2]
    assert [record.id for record in reader.page(limit=3).records] == [rows + 2, rows + 1, rows]
    assert len(reader.records()) == rows + 2

    reader.update(2, lambda record: replace(record, plate="9999ZZZ"))
    assert writer.find(2).plate == "9999ZZZ"
    assert [record.id for record in writer.remove([1, rows + 2])] == [1, rows + 2]
    assert reader.append(entries(rows + 3, 1))[0].id == rows + 3
    assert [record.id for record in writer.records()] == [*range(2, rows + 2), rows + 3]

    blob = store.get(KEY)
    assert blob and (len(blob.data) > 5 * 1024 * 1024) == (rows > 3)
    store.put(KEY, blob.data.replace(b"\n", b"\r\n"), replaces=blob.version)  # a spreadsheet
    assert writer.append(entries(rows + 4, 1))[0].id == rows + 4
    assert reader.page(limit=1).total == rows + 2
    assert list(reader.records()) == list(writer.records()) == list(Ledger(store).records())
