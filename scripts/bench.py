"""Measure what CoroNet takes: `bench.py [NAME...]` prints a table of each benchmark, by default of all."""

import argparse
import base64
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from PIL import Image
from requests import Request

import aws
from coronet.access import Right, new_api_key
from coronet.album import PHOTOS, REVIEW, stem_of
from coronet.evidence import dump
from coronet.ledger import Ledger
from coronet.model import Attempt, Candidate, Corners, Entry, Evidence, Reading, Record, Sighting
from coronet.photo import Photo
from coronet.ports import BlobStore
from coronet.register import PAGE, Register
from coronet.search import Query
from coronet.storage.local import LocalStore
from coronet.storage.s3 import S3Store
from drawing import encoded, with_plate
from emulator import emulating
from servers import PROJECT

BUILT = PROJECT / ".aws-sam" / "build"
SAM = PROJECT / ".venv-sam"
SIZES = (1_000, 10_000, 100_000)
CORNERS: Corners = ((0.4, 0.6), (0.6, 0.6), (0.6, 0.7), (0.4, 0.7))
SIGHTING = Sighting(
    Reading("1234BCD", 0.98, "onnx", CORNERS, (0.99,) * 7, (Candidate("I234BCD", 0.01, CORNERS),)),
    (Attempt("onnx", "read", 130),),
)


@dataclass(frozen=True)
class Line:
    """What was measured, on how many records, and the seconds of each run."""

    what: str
    size: int
    seconds: Sequence[float]

    def __str__(self) -> str:
        middle, worst = statistics.median(self.seconds) * 1000, max(self.seconds) * 1000
        return f"{self.what:<48} {self.size:>9,} {middle:>10.1f} {worst:>10.1f}"


def register() -> Iterator[Line]:
    """The register on this machine's disk."""
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            yield from _register(Path(folder), size)


def _register(home: Path, size: int) -> Iterator[Line]:
    store = LocalStore(home)
    Ledger(store).append([_entry(number) for number in range(size)])
    numbers = count(size)
    photo = _Prepared(with_plate("1234BCD").convert("RGB"))

    def fresh() -> Ledger:
        return Ledger(LocalStore(home))

    def append(ledger: Ledger) -> object:
        return ledger.append([_entry(next(numbers))])

    def desk(ledger: Ledger) -> Register:
        return _desk(store, ledger, photo)

    def elsewhere() -> object:
        return append(fresh())

    warm = fresh()
    warm.records()
    query = Query(plate="12*B", owner="garcía")
    for what, runs, call, before in (
        ("row appended, first of a process", 10, lambda: append(fresh()), None),
        ("row appended", 50, lambda: append(warm), None),
        ("row appended after another process's", 20, lambda: append(warm), elsewhere),
        ("photograph, evidence and row kept, first", 10, lambda: desk(fresh()).save(b"x"), None),
        ("photograph, evidence and row kept", 50, lambda: desk(warm).save(b"x"), None),
        ("page, first of a process", 10, lambda: desk(fresh()).search(), None),
        ("page", 10, lambda: desk(warm).search(), None),
        ("search, first of a process", 3, lambda: desk(fresh()).search(query), None),
        ("search", 10, lambda: desk(warm).search(query), None),
        ("search after another process's row", 10, lambda: desk(warm).search(query), elsewhere),
        ("record corrected", 5, lambda: warm.update(size // 2, _noted), None),
        ("record removed", 5, lambda: warm.remove([warm.records()[0].id]), None),
        ("download", 3, warm.export, None),
    ):
        yield Line(what, size, [_seconds(call, before) for _ in range(runs)])


def office() -> Iterator[Line]:
    """What the office asks of the register, kept in memory since the process's first question, on this disk."""
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            yield from _office(Path(folder), size)


def _office(home: Path, size: int) -> Iterator[Line]:
    store = LocalStore(home)
    book = Ledger(store)
    desk = _desk(store, book)
    book.append([_entry(number) for number in range(size)])
    to_review = home / REVIEW
    to_review.mkdir(parents=True)
    for record in book.records()[:: 1 if size < 5_000 else size // 5_000]:
        (to_review / record.image.removesuffix(".jpg")).touch()
    questions: Sequence[tuple[str, Callable[[], object]]] = (
        ("plate by pattern", lambda: desk.search(Query(plate="1?3*"))),
        ("owner and note, by owner", lambda: desk.search(Query(owner="nunez", note="PUERTA", sort="propietario"))),
        ("part of the owner", lambda: desk.search(Query(owner="nunez"))),
        ("all by owner", lambda: desk.search(Query(sort="-propietario"))),
        ("the last page of all by plate", lambda: desk.search(Query(sort="matricula", after=size - 5))),
        ("to be reviewed (5,000 at most)", lambda: desk.search(Query(review=True))),
        ("a vehicle's visits", lambda: desk.vehicle("1234BCD")),
        ("summary of a month", lambda: desk.summary(date(2026, 11, 1), date(2026, 11, 30))),
        ("what was searched as CSV", lambda: desk.export(Query(owner="nunez"))),
    )
    for what, ask in questions:
        yield Line(what, size, [_seconds(ask, None) for _ in range(5)])


def s3() -> Iterator[Line]:
    """The register in S3, which here is moto's server beside it: slower at answering than S3, and nearer."""
    with tempfile.TemporaryDirectory() as folder, aws.moto_server(Path(folder)) as url:
        os.environ.update(aws.ENVIRON, AWS_ENDPOINT_URL=url)
        for size in SIZES:
            aws.session().client("s3", endpoint_url=url).create_bucket(Bucket=f"bench-{size}")
            yield from _s3(S3Store(f"bench-{size}"), size)


def _s3(store: S3Store, size: int) -> Iterator[Line]:
    Ledger(store).append([_entry(number) for number in range(size)])
    for number in range(size - PAGE, size):
        store.put(f"{PHOTOS}{stem_of(_entry(number).image)}.json", dump(Evidence(SIGHTING)), replaces=None)
    warm = _desk(store, Ledger(store))
    query = Query(owner="garcía")
    for what, runs, call in (
        ("page, first of a process", 10, lambda: _desk(store, Ledger(store)).search()),
        ("page", 20, warm.search),
        ("search, first of a process", 3, lambda: _desk(store, Ledger(store)).search(query)),
        ("search", 10, lambda: warm.search(query)),
    ):
        yield Line(what, size, [_seconds(call, None) for _ in range(runs)])


def _desk(store: BlobStore, book: Ledger, photo: Photo | None = None) -> Register:
    return Register(
        store=store,
        ledger=book,
        open_photo=lambda data: photo or _Prepared(with_plate("1234BCD").convert("RGB")),
        read=lambda photo: SIGHTING,
        now=lambda: datetime.now(UTC),
        visit=timedelta(minutes=5),
    )


def functions() -> Iterator[Line]:
    """Functions as `make build` made them, under Lambda's runtime emulator, with moto's server as AWS."""
    with tempfile.TemporaryDirectory() as folder, aws.moto_server(Path(folder)) as url:
        key, kept = new_api_key("bench", Right)
        secret = {"CORONET_API_KEYS": str(kept), "CORONET_SECRET_KEY": "x" * 64}
        aws.session().client("s3", endpoint_url=url).create_bucket(Bucket="bench")
        secrets = aws.session().client("secretsmanager", endpoint_url=url)
        secrets.create_secret(Name="bench", SecretString=json.dumps(secret))
        environ = {
            "PYTHONPATH": ":".join(map(str, [*BUILT.glob("*/python"), SAM / "runtime"])),
            "AWS_ENDPOINT_URL": url,
            "CORONET_STORAGE": "s3",
            "CORONET_BUCKET": "bench",
            "CORONET_SECRET": "bench",
            "CORONET_READERS": "onnx,tesseract",
        }
        for name, changes in (("inicio", {}), ("guardar", _upload(encoded(with_plate("1234 BCD"))))):
            kept_event = json.loads((PROJECT / "tests" / "events" / f"{name}.json").read_text("utf-8"))
            headers = {**kept_event["headers"], **changes.get("headers", {}), "x-api-key": key}
            event = {**kept_event, **changes, "headers": headers}
            yield from _function(name, Path(folder), environ, event)


def _function(name: str, scratch: Path, environ: Mapping[str, str], event: Any) -> Iterator[Line]:
    python = str((SAM / "bin" / "python").resolve())  # without sam's own packages: Lambda has none of them
    first, later = [], []
    for _ in range(3):
        with emulating(name, scratch, environ=environ, python=python, memory=1769) as invoke:
            first.append(_seconds(lambda: invoke(event), None))
            later += [_seconds(lambda: invoke(event), None) for _ in range(10)]
    yield Line(f"{name}, an instance's first request", 0, first)
    yield Line(f"{name}, later requests", 0, later)


def _upload(photograph: bytes) -> dict[str, Any]:
    """The body of a form with the photograph, and its headers."""
    form = Request("POST", "http://localhost", files={"imagen": ("foto.jpg", photograph)}).prepare()
    body: Any = form.body
    return {
        "body": base64.b64encode(body).decode(),
        "headers": {"content-type": form.headers["Content-Type"], "content-length": str(len(body))},
    }


class _Prepared(Photo):
    """A photograph whose pictures are ready: scaling them costs the same in a register of any size."""

    def __init__(self, image: Image.Image) -> None:
        super().__init__(image)
        self._jpeg, self._thumbnail = super().jpeg(), super().thumbnail()
        self._plate = super().plate(CORNERS)

    def jpeg(self, longest: int = 0, quality: int = 0) -> bytes:
        return self._jpeg

    def thumbnail(self) -> bytes:
        return self._thumbnail

    def plate(self, corners: Corners) -> bytes:
        return self._plate


def _entry(number: int) -> Entry:
    owner = ("María García", "José «Pepe» Núñez", "Transportes Ebro, S.L.", "")[number % 4]
    return Entry(
        registered_at=f"2026-11-{number % 28 + 1:02} 09:30:15",
        plate=f"{number % 10_000:04}BCD",
        owner=owner,
        vehicle_type="Turismo",
        note="puerta 2" if number % 3 else "",
        image=f"{number % 10_000:04}BCD_20261123_{number:06}.jpg",
    )


def _noted(record: Record) -> Record:
    return replace(record, note=f"{time.monotonic()}")


def _seconds(call: Callable[[], object], before: Callable[[], object] | None) -> float:
    if before:
        before()
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


BENCHMARKS: dict[str, Callable[[], Iterator[Line]]] = {
    "register": register,
    "office": office,
    "s3": s3,
    "functions": functions,
}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    for name in parser.parse_args().names or BENCHMARKS:
        print(f"\n{name}: {BENCHMARKS[name].__doc__}")
        print(f"{'':<48} {'records':>9} {'median ms':>10} {'worst ms':>10}")
        for line in BENCHMARKS[name]():
            print(line, flush=True)


if __name__ == "__main__":
    main()
