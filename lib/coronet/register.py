"""The use cases: save a vehicle, list, show, delete, export."""

import contextlib
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING

from coronet import evidence, plates
from coronet.errors import CoroNetError, DamagedLedger, InvalidInput, NotFound, StoreConflict
from coronet.ledger import Ledger
from coronet.model import NOT_READ, Blob, Entry, Record, Sighting
from coronet.ports import BlobStore

if TYPE_CHECKING:
    from coronet.photo import Photo

log = logging.getLogger(__name__)

MAX_TEXT = 200
PHOTOS = "uploads/"
_PHOTO_NAME = re.compile(r"([A-Za-z0-9_-]{1,80})(\.jpg|\.mini\.webp|\.placa\.webp)")
_PARALLEL_GETS = 16  # a page asks for the evidence of all its rows: on S3 each takes tens of milliseconds
_PARTS = (".jpg", ".mini.webp", ".placa.webp", ".json")


@dataclass(frozen=True, slots=True)
class Seen:
    """A record with what was seen in its photograph.

    `sighting` has no reading where the plate was typed or none was found, and is None where nothing was kept.
    """

    record: Record
    sighting: Sighting | None

    @property
    def plate_image(self) -> str | None:
        """The file name of the plate's cut-out; None where the reader did not say where the plate is."""
        reading = self.sighting and self.sighting.reading
        return _part(self.record.image, ".placa.webp") if reading and reading.corners else None

    @property
    def needs_review(self) -> bool:
        """Whether a person should look: the plate was read, but without certainty."""
        reading = self.sighting and self.sighting.reading
        return bool(reading and reading.text == self.record.plate and reading.confidence < plates.CERTAIN)


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of the register: `total` records in all; `next` is the `before` of the page after this one, or None."""

    rows: list[Seen]
    total: int
    next: int | None


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
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._open_photo = open_photo
        self._read = read
        self._now = now

    def save(self, data: bytes, *, plate: str = "", owner: str = "", vehicle_type: str = "", note: str = "") -> Seen:
        """Register the vehicle on the photograph in `data`; a typed `plate` goes before any reading.

        Raises InvalidInput, with nothing stored, for a photograph or a text that cannot be accepted.
        """
        typed = _typed_plate(plate)
        texts = {
            "owner": _text("owner", owner),
            "vehicle_type": _text("vehicle_type", vehicle_type),
            "note": _text("note", note),
        }
        photo = self._open_photo(data)
        sighting = Sighting(None) if typed else self._read(photo)
        plate = typed or (sighting.reading.text if sighting.reading else NOT_READ)
        moment = self._now()
        image = self._keep(photo, sighting, plate, moment)
        entry = Entry(registered_at=f"{moment:%Y-%m-%d %H:%M:%S}", plate=plate, image=image, **texts)
        try:
            [record] = self._ledger.append([entry])
        except (DamagedLedger, StoreConflict):  # surely not written; after another failure the row may be there
            self._discard(image)
            raise
        return Seen(record, sighting)

    def page(self, *, before: int | None = None, limit: int = 50) -> Listing:
        """The newest records, newest first; `before` an id, those that came before it."""
        page = self._ledger.page(before=before, limit=limit)
        return Listing(self._seen(page.records), page.total, page.next)

    def find(self, id: int) -> Seen:
        """The record with what was seen. Raises NotFound."""
        [seen] = self._seen([self._ledger.find(id)])
        return seen

    def delete(self, id: int) -> None:
        """Remove the record, then its photograph and what was kept with it. Raises NotFound."""
        removed = self._ledger.remove([id])
        if not removed:
            raise NotFound(f"no record {id}")
        for record in removed:
            self._discard(record.image)

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

    def export(self) -> bytes:
        """The register as CSV, safe to open in a spreadsheet."""
        return self._ledger.export()

    def _seen(self, records: Sequence[Record]) -> list[Seen]:
        with ThreadPoolExecutor(_PARALLEL_GETS) as threads:
            return list(threads.map(lambda record: Seen(record, self._evidence(record.image)), records))

    def _evidence(self, image: str) -> Sighting | None:
        blob = self._store.get(PHOTOS + _part(image, ".json")) if _PHOTO_NAME.fullmatch(image) else None
        if blob is None:
            return None
        try:
            return evidence.load(blob.data)
        except ValueError as error:
            log.warning("evidence passed over: %s", error)
            return None

    def _keep(self, photo: "Photo", sighting: Sighting, plate: str, moment: datetime) -> str:
        """Store the photograph and what belongs to it under a name of its own, which is returned."""
        jpeg = photo.jpeg()
        for stem in _stems(plate, moment):
            with contextlib.suppress(StoreConflict):
                self._store.put(f"{PHOTOS}{stem}.jpg", jpeg, replaces=None)
                break
        beside = {".mini.webp": photo.thumbnail(), ".json": evidence.dump(sighting)}
        if sighting.reading and sighting.reading.corners:
            beside[".placa.webp"] = photo.plate(sighting.reading.corners)
        try:
            for part, content in beside.items():
                self._store.put(PHOTOS + stem + part, content, replaces=None)
        except CoroNetError:
            self._discard(f"{stem}.jpg")
            raise
        return f"{stem}.jpg"

    def _discard(self, image: str) -> None:
        if match := _PHOTO_NAME.fullmatch(image):
            for part in _PARTS:
                self._store.delete(PHOTOS + match[1] + part)


def thumbnail_of(image: str) -> str:
    """The file name of a photograph's thumbnail."""
    return _part(image, ".mini.webp")


def _part(image: str, ending: str) -> str:
    return image.removesuffix(".jpg") + ending


def _stems(plate: str, moment: datetime) -> Iterator[str]:
    stem = f"{plate}_{moment:%Y%m%d_%H%M%S}"
    yield stem
    for number in count(2):
        yield f"{stem}_{number}"


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
