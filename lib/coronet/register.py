"""The use cases: save a vehicle, search, correct, show, delete, export."""

import contextlib
import json
import logging
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING

from coronet import evidence, history, plates
from coronet.errors import CoroNetError, DamagedLedger, InvalidInput, NotFound, StoreConflict, StoreUnavailable
from coronet.history import Vehicle
from coronet.ledger import Ledger
from coronet.model import NOT_READ, Blob, Entry, Evidence, Record, Sighting
from coronet.ports import BlobStore
from coronet.search import NEWEST_FIRST, Query
from coronet.summary import Summary, summarize

if TYPE_CHECKING:
    from coronet.photo import Photo

log = logging.getLogger(__name__)

MAX_TEXT = 200
PHOTOS = "uploads/"
PAGE = 40
"""Records on a page that nobody asked to be longer: about 35 KB of HTML."""
PICTURE_SIDE = 120
"""Pixels of a spreadsheet's pictures, longer side."""
NOTICES = "data/avisos/"
"""Under it an object for each photograph whose record somebody is to be told of: when it was saved, in Unix seconds."""
MARKS = "data/marcas/"
"""Under it empty objects named as the photographs that they mark: lists that no save has to rewrite."""
REVIEW = f"{MARKS}revisar/"
"""Photographs whose reading waits for a person."""
TYPED = f"{MARKS}escritas/"
"""Photographs whose plate was typed when they were saved."""
BESIDE = (PHOTOS, MARKS, NOTICES)
"""Where everything is whose name begins as a photograph's does."""
NOW = timedelta(0)
_PHOTO_NAME = re.compile(r"([A-Za-z0-9_-]{1,80})(\.jpg|\.mini\.webp|\.placa\.webp)")
_PARALLEL_GETS = 16  # a page asks for the evidence of all its rows: on S3 each takes tens of milliseconds
_EVIDENCE_TRIES = 20
_PARTS = (".json", ".mini.webp", ".placa.webp", ".jpg")  # in the order of removal: the photograph holds the name

_Values = Mapping[str, str]
_Change = Callable[[Record, Evidence], tuple[Evidence, _Values]]


@dataclass(frozen=True, slots=True)
class Seen:
    """A record with what was seen in its photograph and corrected since (nothing, where nothing was kept)."""

    record: Record
    evidence: Evidence

    @property
    def sighting(self) -> Sighting:
        """What the readers saw; no reading where the plate was typed or none was found."""
        return self.evidence.sighting

    @property
    def plate_image(self) -> str | None:
        """The file name of the plate's cut-out; None where the reader did not say where the plate is."""
        reading = self.sighting.reading
        return _part(self.record.image, ".placa.webp") if reading and reading.corners else None

    @property
    def is_settled(self) -> bool:
        """Whether a person gave or confirmed the plate as it stands."""
        return self.evidence.settled_plate == self.record.plate

    @property
    def needs_review(self) -> bool:
        """Whether a person should look: the plate was read without certainty, and nobody has settled it."""
        reading = self.sighting.reading
        unsure = reading and reading.text == self.record.plate and reading.confidence < plates.CERTAIN
        return bool(unsure) and not self.is_settled


@dataclass(frozen=True, slots=True)
class Arrival:
    """What was known when a record was made: its vehicle's earlier visits, or None, and which of them may be this
    same visit, registered a moment before, or None."""

    vehicle: Vehicle | None
    repeats: Record | None


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of what was asked for: `total` records in all, of which `start` come before this page, if that is known.

    `next` and `previous` are what `Query.after` is on the pages beside it. `next` is None where this is the last one;
    `previous` is None where the page before is the first, or not known.
    """

    rows: list[Seen]
    total: int
    start: int | None
    next: int | None
    previous: int | None


class Register:
    """Vehicles, kept as rows of the ledger with their photographs beside it."""

    def __init__(
        self,
        *,
        store: BlobStore,
        ledger: Ledger,
        open_photo: Callable[[bytes], "Photo"],
        read: Callable[["Photo"], Sighting],
        now: Callable[[], datetime],
        announces: bool = False,
        visit: timedelta,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._open_photo = open_photo
        self._read = read
        self._now = now
        self._announces = announces
        self._visit = visit

    def save(
        self,
        data: bytes,
        *,
        plate: str = "",
        owner: str = "",
        vehicle_type: str = "",
        note: str = "",
        complete: bool = False,
        age: timedelta = NOW,
        origin: str | None = None,
    ) -> Seen:
        """Register the vehicle on the photograph in `data`, taken `age` ago; a typed `plate` goes before any reading.

        `complete` fills an owner and a type that were not given with the vehicle's usual ones. `origin`, 16 hexadecimal
        digits, tells what is sent again from what is new: there is one record of an origin, however often and however
        closely together it is saved. Raises InvalidInput, with nothing stored, for a photograph or a text that cannot
        be accepted, and for an origin whose record was made of something else.
        """
        typed = _typed_plate(plate)
        texts = {
            "owner": _text("owner", owner),
            "vehicle_type": _text("vehicle_type", vehicle_type),
            "note": _text("note", note),
        }
        request = _digest(data, plate, owner, vehicle_type, note) if origin else ""
        if origin and (standing := self._ledger.marked(origin)):
            return self._repeated(standing, request)
        photo = self._open_photo(data)
        sighting = Sighting(None) if typed else self._read(photo)
        plate = typed or (sighting.reading.text if sighting.reading else NOT_READ)
        moment = self._now() - age
        if complete and (vehicle := self.vehicle(plate)):
            texts["owner"] = texts["owner"] or vehicle.owner
            texts["vehicle_type"] = texts["vehicle_type"] or vehicle.vehicle_type
        seen = Evidence(sighting, request=request)
        image = self._keep(photo, seen, _stems(plate, moment, origin))
        entry = Entry(registered_at=f"{moment:%Y-%m-%d %H:%M:%S}", plate=plate, image=image, **texts)
        try:
            [record] = self._ledger.append([entry])
        except (DamagedLedger, StoreConflict):  # surely not written; after another failure the row may be there
            self._abandon(image)
            raise
        if record.image != image:  # the same was saved at the same time, and came first
            self._abandon(image)
            return self._repeated(record, request)
        return Seen(record, seen)

    def has(self, origin: str) -> bool:
        """Whether a record of that origin is there."""
        return self._ledger.marked(origin) is not None

    def hold(self, data: bytes, *, origin: str, moment: datetime) -> Entry:
        """Read the photograph in `data` and store it, for `enter` to add its row later.

        `moment` is aware. Of one origin and moment the photograph is stored once, however often it is held, as long as
        the same plate is read. Raises InvalidInput, with nothing stored, for a photograph that cannot be accepted.
        """
        photo = self._open_photo(data)
        sighting = self._read(photo)
        plate = sighting.reading.text if sighting.reading else NOT_READ
        moment = moment.astimezone(self._now().tzinfo)
        stem = next(_stems(plate, moment, origin))
        for key, content in {
            f"{PHOTOS}{stem}.jpg": photo.jpeg(),
            **self._beside(photo, Evidence(sighting), stem),
        }.items():
            with contextlib.suppress(StoreConflict):  # from when it was held before
                self._store.put(key, content, replaces=None)
        return Entry(registered_at=f"{moment:%Y-%m-%d %H:%M:%S}", plate=plate, image=f"{stem}.jpg")

    def enter(self, held: Sequence[Entry]) -> list[Record]:
        """Add the rows of what is held in one write; for an origin that has a row already it is that row's record."""
        records = self._ledger.append(held)
        for entry, record in zip(held, records, strict=True):
            if record.image != entry.image:
                self._abandon(entry.image)
        return records

    def read(self, data: bytes) -> tuple[Sighting, tuple[int, int]]:
        """What the readers see in the photograph in `data`, and its width and height in pixels; nothing is kept.

        Raises InvalidInput for a photograph that cannot be accepted.
        """
        photo = self._open_photo(data)
        return self._read(photo), photo.size

    def search(self, query: Query = Query(), *, limit: int = PAGE) -> Listing:  # noqa: B008 - immutable
        """A page of the records that `query` asks for. Where that is all of them, the whole CSV need not be read."""
        if query == Query(after=query.after):
            page = self._ledger.page(before=query.after, limit=limit)
            start = None if query.after else 0
            return Listing(self._seen(page.records), page.total, start, page.next, None)
        found = self.select(query)
        start = query.start(found)
        rows = found[start : start + limit]
        return Listing(
            self._seen(rows),
            total=len(found),
            start=start,
            next=rows[-1].id if start + limit < len(found) else None,
            previous=found[start - limit - 1].id if start > limit else None,
        )

    def select(self, query: Query) -> Sequence[Record]:
        """All records that `query` asks for, in its order."""
        return query.apply(self._ledger.records(), self._marked(REVIEW) if query.review else ())

    def find(self, id: int) -> Seen:
        """The record with that id. Raises NotFound."""
        record = self._ledger.find(id)
        return Seen(record, self._evidence(record.image))

    def settled(self) -> Iterator[Seen]:
        """The records whose plate, as it stands, a person gave or confirmed. Reads the evidence of all."""
        with ThreadPoolExecutor(_PARALLEL_GETS) as threads:
            records = self._ledger.records()
            for record, kept in zip(
                records, threads.map(lambda each: self._evidence(each.image), records), strict=True
            ):
                if (seen := Seen(record, kept)).is_settled:
                    yield seen

    def find_all(self, ids: Collection[int]) -> list[Seen]:
        """The records with these ids, as far as there are any, oldest first."""
        return self._seen([record for record in self._ledger.records() if record.id in ids])

    def find_photograph(self, image: str) -> Seen | None:
        """The record of the photograph with that file name; None where there is none."""
        record = self._ledger.marked(image)
        return Seen(record, self._evidence(image)) if record else None

    def vehicle(self, plate: str) -> Vehicle | None:
        """The vehicle with that plate, hyphens aside; None where it was never registered."""
        return history.vehicle(plate, self._ledger.records())

    def arrival(self, record: Record) -> Arrival:
        """What was known when the record was made."""
        known = (each for each in self._ledger.records() if each.id < record.id)
        vehicle = history.vehicle(record.plate, known)
        return Arrival(vehicle, vehicle.visit_near(record.registered_at, self._visit) if vehicle else None)

    def correct(
        self,
        id: int,
        *,
        by: str,
        plate: str | None = None,
        owner: str | None = None,
        vehicle_type: str | None = None,
        note: str | None = None,
    ) -> Seen:
        """Change what is given of a record, and keep in its evidence what it was before, when, and `by` whom.

        An empty plate says that the photograph shows none. Raises NotFound, or InvalidInput with nothing changed.
        """
        given = {
            "plate": None if plate is None else (plate != NOT_READ and _typed_plate(plate)) or NOT_READ,
            "owner": owner and _text("owner", owner),
            "vehicle_type": vehicle_type and _text("vehicle_type", vehicle_type),
            "note": note and _text("note", note),
        }

        def change(record: Record, kept: Evidence) -> tuple[Evidence, _Values]:
            values = {name: value for name, value in given.items() if value not in (None, getattr(record, name))}
            return evidence.with_correction(kept, record, values, by=by, at=self._time()) if values else kept, values

        return self._amend(id, change)

    def confirm(self, id: int, *, by: str) -> Seen:
        """Keep that a person says that the plate is right as it stands. Raises NotFound."""

        def change(record: Record, kept: Evidence) -> tuple[Evidence, _Values]:
            values = {"plate": record.plate}
            return evidence.with_correction(kept, record, values, by=by, at=self._time()), values

        return self._amend(id, change)

    def undo(self, id: int, *, by: str) -> Seen:
        """Take back the last correction that stands; it remains in the evidence as undone.

        Raises NotFound, or InvalidInput where there is none.
        """
        return self._amend(id, lambda _, kept: evidence.without_last_correction(kept, by=by, at=self._time()))

    def delete(self, *ids: int) -> int:
        """Remove the records, then their photographs and what was kept with them; return how many there were.

        Raises NotFound where there was none.
        """
        removed = self._ledger.remove(ids)
        if not removed:
            raise NotFound("no such record")
        for record in removed:
            self._discard(record.image)
        return len(removed)

    def photo(self, name: str) -> Blob:
        """The photograph `X.jpg`, its thumbnail `X.mini.webp` (the photograph where it has none) or its plate
        `X.placa.webp`. Raises NotFound for every other name."""
        if not (match := _PHOTO_NAME.fullmatch(name)):
            raise NotFound("no photograph of that name")
        stem, part = match.groups()
        blob = self._store.get(PHOTOS + name)
        if blob is None and part == ".mini.webp":
            blob = self._store.get(f"{PHOTOS}{stem}.jpg")
        if blob is None:
            raise NotFound("no photograph of that name")
        return blob

    def export(self, query: Query = Query()) -> bytes:  # noqa: B008 - immutable
        """What `query` asks for as CSV, safe to open in a spreadsheet; oldest first unless it names an order."""
        found = self.select(query)
        return self._ledger.export(found[::-1] if query.sort == NEWEST_FIRST else found)

    def pictures(self, records: Sequence[Record]) -> Iterator[bytes | None]:
        """A small JPEG of each record's photograph; None where there is none."""
        with ThreadPoolExecutor(_PARALLEL_GETS) as threads:
            yield from threads.map(self._picture, records)

    @property
    def today(self) -> date:
        """The day that it is at the gate."""
        return self._now().date()

    def summary(self, since: date, until: date) -> Summary:
        """What happened on the days from `since` to `until`, both included."""
        return summarize(self._ledger.records(), since, until, self._marked(TYPED))

    def _time(self) -> str:
        return f"{self._now():%Y-%m-%d %H:%M:%S}"

    def _seen(self, records: Sequence[Record]) -> list[Seen]:
        with ThreadPoolExecutor(_PARALLEL_GETS) as threads:
            return list(threads.map(lambda record: Seen(record, self._evidence(record.image)), records))

    def _evidence(self, image: str) -> Evidence:
        return _loaded(self._store.get(_evidence_key(image)) if _PHOTO_NAME.fullmatch(image) else None)

    def _amend(self, id: int, change: _Change) -> Seen:
        """Write the evidence and values that `change` returns; the evidence first, so that nothing changes unsigned.

        A crash in between leaves a correction in the evidence that the row does not have, which settles nothing.
        """
        record = self._ledger.find(id)
        kept, values = self._amend_evidence(record, change)
        if values:
            record = self._ledger.update(id, lambda current: _changed(current, values))
        seen = Seen(record, kept)
        self._mark_for_review(seen)
        return seen

    def _amend_evidence(self, record: Record, change: _Change) -> tuple[Evidence, _Values]:
        if not _PHOTO_NAME.fullmatch(record.image):  # a row from elsewhere: nothing to keep evidence beside
            return change(record, Evidence())
        for _ in range(_EVIDENCE_TRIES):
            blob = self._store.get(_evidence_key(record.image))
            old = _loaded(blob)
            new, values = change(record, old)
            if new == old:
                return new, values
            with contextlib.suppress(StoreConflict):
                self._store.put(
                    _evidence_key(record.image), evidence.dump(new), replaces=blob.version if blob else None
                )
                return new, values
        raise StoreConflict("too many writers")

    def _picture(self, record: Record) -> bytes | None:
        try:
            return self._open_photo(self.photo(thumbnail_of(record.image)).data).jpeg(PICTURE_SIDE, 75)
        except (NotFound, InvalidInput):
            return None

    def _marked(self, mark: str) -> set[str]:
        return {f"{key.removeprefix(mark)}.jpg" for key in self._store.keys(mark)}

    def _mark_for_review(self, seen: Seen) -> None:
        """Enter the photograph among those that wait for a person, or take it out."""
        if not _PHOTO_NAME.fullmatch(seen.record.image):
            return
        key = REVIEW + _part(seen.record.image, "")
        if not seen.needs_review:
            self._store.delete(key)
        elif not self._store.get(key):
            with contextlib.suppress(StoreConflict):
                self._store.put(key, b"", replaces=None)

    def _repeated(self, record: Record, request: str) -> Seen:
        seen = Seen(record, self._evidence(record.image))
        if seen.evidence.request not in ("", request):
            raise InvalidInput("an origin of something else", key="error.key_reused", field="Idempotency-Key")
        return seen

    def _keep(self, photo: "Photo", seen: Evidence, stems: Iterator[str]) -> str:
        """Store the photograph and what belongs to it under the first of the names that is free, and return that."""
        jpeg = photo.jpeg()
        for stem in stems:
            with contextlib.suppress(StoreConflict):
                self._store.put(f"{PHOTOS}{stem}.jpg", jpeg, replaces=None)
                break
        try:
            for key, content in self._beside(photo, seen, stem).items():
                self._store.put(key, content, replaces=None)
        except CoroNetError:
            self._abandon(f"{stem}.jpg")
            raise
        return f"{stem}.jpg"

    def _beside(self, photo: "Photo", seen: Evidence, stem: str) -> dict[str, bytes]:
        """What is stored with a photograph, by key."""
        reading = seen.sighting.reading
        beside = {f"{PHOTOS}{stem}.mini.webp": photo.thumbnail(), f"{PHOTOS}{stem}.json": evidence.dump(seen)}
        if reading and reading.corners:
            beside[f"{PHOTOS}{stem}.placa.webp"] = photo.plate(reading.corners)
        if reading and reading.confidence < plates.CERTAIN:
            beside[REVIEW + stem] = b""
        if not reading and not stem.startswith(NOT_READ):
            beside[TYPED + stem] = b""
        if self._announces:
            beside[NOTICES + stem] = str(self._now().timestamp()).encode()
        return beside

    def _abandon(self, image: str) -> None:
        """Discard a photograph that no row names, if that is possible: `make doctor` finds what stays."""
        with contextlib.suppress(StoreUnavailable):  # on AWS who saves may not delete
            self._discard(image)

    def _discard(self, image: str) -> None:
        for key in keys_of(image):
            self._store.delete(key)


def stem_of(name: str) -> str:
    """What the names of a photograph and of all that is kept beside it have in common, from any of them or its key."""
    return name.rpartition("/")[2].partition(".")[0]


def keys_of(image: str) -> list[str]:
    """Every key under which something may be kept for a photograph, in the order of removal."""
    if not _PHOTO_NAME.fullmatch(image):
        return []
    stem = stem_of(image)
    return [REVIEW + stem, TYPED + stem, NOTICES + stem, *(PHOTOS + stem + part for part in _PARTS)]


def thumbnail_of(image: str) -> str:
    """The file name of a photograph's thumbnail."""
    return _part(image, ".mini.webp")


def _changed(record: Record, values: _Values) -> Record:
    return replace(record, **values)  # type: ignore[arg-type]  # never the id, which alone is no text


def _evidence_key(image: str) -> str:
    return PHOTOS + _part(image, ".json")


def _loaded(blob: Blob | None) -> Evidence:
    if blob is None:
        return Evidence()
    try:
        return evidence.load(blob.data)
    except ValueError as error:
        log.warning("evidence passed over: %s", error)
        return Evidence()


def _part(image: str, ending: str) -> str:
    return image.removesuffix(".jpg") + ending


def _stems(plate: str, moment: datetime, origin: str | None) -> Iterator[str]:
    stem, ending = f"{plate}_{moment:%Y%m%d_%H%M%S}", f"_{origin}" if origin else ""
    yield stem + ending
    for number in count(2):
        yield f"{stem}_{number}{ending}"


def _digest(data: bytes, *texts: str) -> str:
    return sha256(json.dumps(texts).encode() + b"\0" + data).hexdigest()


def _typed_plate(text: str) -> str:
    plate = plates.clean(text)
    if text.strip() and not plate:
        raise InvalidInput("typed plate refused", key="error.plate.invalid", field="plate")
    return plate


def _text(field: str, text: str) -> str:
    text = "\n".join(text.split("\r\n")).strip()  # forms send CRLF
    if len(text) > MAX_TEXT:
        raise InvalidInput(f"{field} too long", key="error.text.too_long", field=field, limit=MAX_TEXT)
    return text
