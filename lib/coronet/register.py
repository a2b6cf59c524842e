"""The use cases: save a vehicle, search, correct, show, delete, export."""

import json
import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING

from coronet import evidence, history, plates
from coronet.album import PARALLEL, REVIEW, TYPED, Album, plate_of, thumbnail_of
from coronet.errors import DamagedLedger, InvalidInput, NotFound, StoreConflict
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
PAGE = 40
"""Records on a page that nobody asked to be longer: about 35 KB of HTML."""
PICTURE_SIDE = 120
"""Pixels of a spreadsheet's pictures, longer side."""
NOW = timedelta(0)

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
        return plate_of(self.record.image) if reading and reading.corners else None

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
        self._album = Album(store)
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
        image = self._album.put(photo, seen, _names(plate, moment, origin), notice=self._notice())
        entry = Entry(registered_at=f"{moment:%Y-%m-%d %H:%M:%S}", plate=plate, image=image, **texts)
        try:
            [record] = self._ledger.append([entry])
        except (DamagedLedger, StoreConflict):  # surely not written; after another failure the row may be there
            self._album.abandon(image)
            raise
        if record.image != image:  # the same was saved at the same time, and came first
            self._album.abandon(image)
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
        image = next(_names(plate, moment, origin))
        self._album.put_once(photo, Evidence(sighting), image, notice=self._notice())
        return Entry(registered_at=f"{moment:%Y-%m-%d %H:%M:%S}", plate=plate, image=image)

    def enter(self, held: Sequence[Entry]) -> list[Record]:
        """Add the rows of what is held in one write; for an origin that has a row already it is that row's record."""
        records = self._ledger.append(held)
        for entry, record in zip(held, records, strict=True):
            if record.image != entry.image:
                self._album.abandon(entry.image)
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
            return Listing(list(self._seen(page.records)), page.total, start, page.next, None)
        found = self.select(query)
        start = query.start(found)
        rows = found[start : start + limit]
        return Listing(
            list(self._seen(rows)),
            total=len(found),
            start=start,
            next=rows[-1].id if start + limit < len(found) else None,
            previous=found[start - limit - 1].id if start > limit else None,
        )

    def select(self, query: Query) -> Sequence[Record]:
        """All records that `query` asks for, in its order."""
        return query.apply(self._ledger.records(), self._album.marked(REVIEW) if query.review else ())

    def find(self, id: int) -> Seen:
        """The record with that id. Raises NotFound."""
        record = self._ledger.find(id)
        return Seen(record, self._album.evidence(record.image))

    def settled(self) -> Iterator[Seen]:
        """The records whose plate, as it stands, a person gave or confirmed. Reads the evidence of all."""
        return filter(lambda seen: seen.is_settled, self._seen(self._ledger.records()))

    def find_all(self, ids: Collection[int]) -> list[Seen]:
        """The records with these ids, as far as there are any, oldest first."""
        return list(self._seen([record for record in self._ledger.records() if record.id in ids]))

    def find_photograph(self, image: str) -> Seen | None:
        """The record of the photograph with that file name; None where there is none."""
        record = self._ledger.marked(image)
        return Seen(record, self._album.evidence(image)) if record else None

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
            self._album.discard(record.image)
        return len(removed)

    def photo(self, name: str) -> Blob:
        """See `Album.get`."""
        return self._album.get(name)

    def export(self, query: Query = Query()) -> bytes:  # noqa: B008 - immutable
        """What `query` asks for as CSV, safe to open in a spreadsheet; oldest first unless it names an order."""
        found = self.select(query)
        return self._ledger.export(found[::-1] if query.sort == NEWEST_FIRST else found)

    def pictures(self, records: Sequence[Record]) -> Iterator[bytes | None]:
        """A small JPEG of each record's photograph; None where there is none."""
        with ThreadPoolExecutor(PARALLEL) as threads:
            yield from threads.map(self._picture, records)

    @property
    def today(self) -> date:
        """The day that it is at the gate."""
        return self._now().date()

    def summary(self, since: date, until: date) -> Summary:
        """What happened on the days from `since` to `until`, both included."""
        return summarize(self._ledger.records(), since, until, self._album.marked(TYPED))

    def _time(self) -> str:
        return f"{self._now():%Y-%m-%d %H:%M:%S}"

    def _notice(self) -> datetime | None:
        return self._now() if self._announces else None

    def _seen(self, records: Sequence[Record]) -> Iterator[Seen]:
        return map(Seen, records, self._album.evidence_of_each([record.image for record in records]))

    def _amend(self, id: int, change: _Change) -> Seen:
        """Write the evidence and values that `change` returns; the evidence first, so that nothing changes unsigned.

        A crash in between leaves a correction in the evidence that the row does not have, which settles nothing.
        """
        record = self._ledger.find(id)
        kept, values = self._album.amend(record.image, lambda kept: change(record, kept))
        if values:
            record = self._ledger.update(id, lambda current: _changed(current, values))
        seen = Seen(record, kept)
        self._album.mark_for_review(record.image, waits=seen.needs_review)
        return seen

    def _picture(self, record: Record) -> bytes | None:
        try:
            return self._open_photo(self.photo(thumbnail_of(record.image)).data).jpeg(PICTURE_SIDE, 75)
        except (NotFound, InvalidInput):
            return None

    def _repeated(self, record: Record, request: str) -> Seen:
        seen = Seen(record, self._album.evidence(record.image))
        if seen.evidence.request not in ("", request):
            raise InvalidInput("an origin of something else", key="error.key_reused", field="Idempotency-Key")
        return seen


def _changed(record: Record, values: _Values) -> Record:
    return replace(record, **values)  # type: ignore[arg-type]  # never the id, which alone is no text


def _names(plate: str, moment: datetime, origin: str | None) -> Iterator[str]:
    """The names that a photograph may have, the best first."""
    stem, ending = f"{plate}_{moment:%Y%m%d_%H%M%S}", f"_{origin}.jpg" if origin else ".jpg"
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
