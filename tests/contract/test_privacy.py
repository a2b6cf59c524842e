"""Export, erasure and retention, on a folder and on a bucket that keeps versions."""

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest

from coronet import doctor, privacy
from coronet.errors import NotFound
from coronet.ledger import KEY, Ledger
from coronet.model import Reading, Sighting
from coronet.photo import open_photo
from coronet.ports import BlobStore
from coronet.register import Register
from coronet.storage.local import LocalStore
from coronet.storage.s3 import S3Store
from drawing import encoded, street

PHOTOGRAPH = encoded(street((64, 48)))
TODAY = datetime(2026, 11, 23, 9, 30, 15)


class Archive:
    """A register of three visits: 1234BCD a year ago and today, 9999ZZZ a month ago."""

    def __init__(self, store: BlobStore, bucket: str | None) -> None:
        self.store = store
        self.bucket = bucket
        self.ledger = Ledger(store)
        self.now = TODAY
        self.register = Register(
            store=store,
            ledger=self.ledger,
            open_photo=open_photo,
            read=lambda photo: Sighting(
                Reading("1234BCD", 0.5, "onnx", ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)))
            ),
            now=lambda: self.now,
            visit=timedelta(0),
        )
        for plate, age in (("1234BCD", 365), ("9999ZZZ", 30), ("", 0)):
            self.now = TODAY - timedelta(days=age)
            self.register.save(PHOTOGRAPH, plate=plate, owner=f"dueño de {plate or '1234BCD'}")

    @property
    def plates(self) -> list[str]:
        return [record.plate for record in self.ledger.records()]

    def purge(self, *, days: int) -> int:
        return privacy.purge(self.store, self.ledger, TODAY.replace(tzinfo=UTC) - timedelta(days=days))

    def traces(self, text: str) -> list[str]:
        """Where `text` still stands, in names or contents: of all versions, where the storage keeps them."""
        return [key for key, data in self._everything() if text in key or text.encode() in data]

    def _everything(self) -> Iterator[tuple[str, bytes]]:
        if self.bucket is None:
            yield from ((key, blob.data) for key in self.store.keys("") if (blob := self.store.get(key)))
            return
        client = boto3.Session().client("s3")
        there = client.list_object_versions(Bucket=self.bucket)
        assert not there["IsTruncated"]
        for version in there.get("Versions", []):
            at = client.get_object(Bucket=self.bucket, Key=version["Key"], VersionId=version["VersionId"])
            yield version["Key"], at["Body"].read()
        yield from ((marker["Key"], b"") for marker in there.get("DeleteMarkers", []))


EVERYWHERE = pytest.mark.parametrize("archive", ["local", "s3"], indirect=True)


@pytest.fixture
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Archive:
    """The register in a folder or, as "s3", in a bucket that keeps versions."""
    if getattr(request, "param", "local") == "local":
        return Archive(LocalStore(tmp_path), None)
    bucket: str = request.getfixturevalue("bucket")
    boto3.resource("s3").BucketVersioning(bucket).enable()
    return Archive(S3Store(bucket), bucket)


def test_an_export_holds_everything_of_a_vehicle_and_nothing_of_another(archive: Archive) -> None:
    visits = privacy.visits(archive.ledger, "1234-BCD")
    with zipfile.ZipFile(io.BytesIO(privacy.archive(archive.store, visits))) as exported:
        rows = list(csv.DictReader(io.StringIO(exported.read(KEY).decode())))
        names = set(exported.namelist())
        for row in rows:
            blob = archive.store.get(f"uploads/{row['imagen']}")
            assert blob and exported.read(f"uploads/{row['imagen']}") == blob.data
    assert [row["id"] for row in rows] == ["1", "3"]
    stems = {row["imagen"].removesuffix(".jpg") for row in rows}
    assert names == {KEY} | {
        f"uploads/{stem}{part}"
        for stem in stems
        for part in (".jpg", ".json", ".mini.webp", ".placa.webp")
        if archive.store.get(f"uploads/{stem}{part}")
    }
    assert not [name for name in names if "9999ZZZ" in name]


def test_a_large_export_comes_in_parts(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    visits = privacy.visits(archive.ledger, "1234BCD")
    assert privacy.parts(archive.store, visits) == [visits]
    monkeypatch.setattr(privacy, "MOST_BYTES", 100)
    assert privacy.parts(archive.store, visits) == [[visit] for visit in visits]


@pytest.mark.parametrize("plate", ["1111AAA", "NO_DETECTADA", ""])
def test_there_is_nothing_of_a_vehicle_that_was_never_here(archive: Archive, plate: str) -> None:
    with pytest.raises(NotFound):
        privacy.visits(archive.ledger, plate)


@EVERYWHERE
def test_an_erased_vehicle_was_never_here(archive: Archive) -> None:
    archive.register.correct(1, by="Ana", note="una nota")
    archive.register.delete(3)
    mended(archive)
    assert [record.id for record in privacy.erase(archive.store, archive.ledger, "1234BCD")] == [1]
    assert archive.plates == ["9999ZZZ"]
    assert not archive.traces("1234BCD")
    assert archive.traces("9999ZZZ")
    assert doctor.examine(archive.store, datetime.now(UTC) + timedelta(days=1)).healthy
    assert archive.register.save(PHOTOGRAPH).record.id == 4


def test_an_erasure_that_was_cut_off_can_be_repeated(archive: Archive) -> None:
    archive.ledger.remove([1, 3])  # here the crash came
    assert privacy.erase(archive.store, archive.ledger, "1234BCD") == []
    assert not archive.traces("1234BCD")
    assert archive.plates == ["9999ZZZ"]


@EVERYWHERE
def test_what_is_too_old_is_purged(archive: Archive) -> None:
    mended(archive)
    assert archive.purge(days=366) == 0
    assert archive.purge(days=365) == 0
    assert archive.purge(days=364) == 1
    assert archive.plates == ["9999ZZZ", "1234BCD"]
    assert not archive.traces("1234BCD_2025")
    assert not archive.traces("2025-11-23")
    assert archive.purge(days=29) == 1
    assert not archive.traces("9999ZZZ")
    assert archive.plates == ["1234BCD"]


def test_an_old_file_without_a_row_is_purged_and_a_young_one_is_not(archive: Archive) -> None:
    for key in ("uploads/7777XXX_20261123_093015.jpg", "rechazadas/7777XXX.jpg"):
        archive.store.put(key, PHOTOGRAPH, replaces=None)
    now = datetime.now(UTC)
    privacy.purge(archive.store, archive.ledger, now - timedelta(hours=1))
    assert len(archive.traces("7777XXX")) == 2
    privacy.purge(archive.store, archive.ledger, now + timedelta(hours=1))
    assert not archive.traces("7777XXX")


def test_a_row_whose_date_is_none_stays(archive: Archive) -> None:
    archive.ledger.update(1, lambda record: replace(record, registered_at="23/11/2025 9:30"))
    assert archive.purge(days=29) == 1
    assert archive.plates == ["1234BCD", "1234BCD"]


def mended(archive: Archive) -> None:
    """Leave a copy that the doctor made, and the register as somebody was about to download it."""
    archive.store.put(f"{privacy.DOWNLOADS}x", archive.ledger.export(), replaces=None)
    archive.store.put("uploads/7777XXX.jpg", b"x", replaces=None)
    now = datetime.now(UTC) + timedelta(days=1)
    doctor.mend(archive.store, archive.ledger, doctor.examine(archive.store, now), now)
    assert list(archive.store.keys(doctor.COPIES))
