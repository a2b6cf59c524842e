"""The photographs, and what is kept beside each: thumbnail, plate, evidence, and marks that searches read."""

import contextlib
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from coronet import evidence, plates
from coronet.errors import CoroNetError, NotFound, StoreConflict, StoreUnavailable
from coronet.model import NOT_READ, Blob, Evidence
from coronet.ports import BlobStore

if TYPE_CHECKING:
    from coronet.photo import Photo

log = logging.getLogger(__name__)

PHOTOS = "uploads/"
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

_PHOTO_NAME = re.compile(r"([A-Za-z0-9_-]{1,80})(\.jpg|\.mini\.webp|\.placa\.webp)")
_PARTS = (".json", ".mini.webp", ".placa.webp", ".jpg")  # in the order of removal: the photograph holds the name
PARALLEL = 16
"""Objects in work at a time: a page needs the evidence of all its rows, and on S3 each takes tens of milliseconds."""
_EVIDENCE_TRIES = 20

T = TypeVar("T")
Change = Callable[[Evidence], tuple[Evidence, T]]


class Album:
    """The photographs in a store, by file name: `X.jpg`. Safe to share as the store is."""

    def __init__(self, store: BlobStore) -> None:
        self._store = store

    def put(self, photo: "Photo", seen: Evidence, names: Iterable[str], *, notice: datetime | None) -> str:
        """Store the photograph with what belongs to it under the first of the names that is free, and return that.

        With `notice` its record is to be told of, as one saved then.
        """
        jpeg = photo.jpeg()
        for image in names:
            with contextlib.suppress(StoreConflict):
                self._store.put(PHOTOS + image, jpeg, replaces=None)
                break
        try:
            for key, content in _beside(photo, seen, stem_of(image), notice).items():
                self._store.put(key, content, replaces=None)
        except CoroNetError:
            self.abandon(image)
            raise
        return image

    def put_once(self, photo: "Photo", seen: Evidence, image: str, *, notice: datetime | None) -> None:
        """Store the photograph with what belongs to it under that name, as far as it is not there already."""
        beside = _beside(photo, seen, stem_of(image), notice)
        for key, content in {PHOTOS + image: photo.jpeg(), **beside}.items():
            with contextlib.suppress(StoreConflict):
                self._store.put(key, content, replaces=None)

    def get(self, name: str) -> Blob:
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

    def evidence(self, image: str) -> Evidence:
        """What was seen in a photograph and corrected since; nothing where nothing legible was kept."""
        return _loaded(self._store.get(_evidence_key(image)) if _PHOTO_NAME.fullmatch(image) else None)

    def evidence_of_each(self, images: Sequence[str]) -> Iterator[Evidence]:
        """The evidence of many photographs, in their order, several at a time."""
        with ThreadPoolExecutor(PARALLEL) as threads:
            yield from threads.map(self.evidence, images)

    def amend(self, image: str, change: Change[T]) -> tuple[Evidence, T]:
        """Replace a photograph's evidence by what `change` makes of it; return that, and what else `change` returned.

        `change` is called again where somebody else wrote in between. Where many did, it raises StoreConflict.
        """
        if not _PHOTO_NAME.fullmatch(image):  # a row from elsewhere: nothing to keep evidence beside
            return change(Evidence())
        for _ in range(_EVIDENCE_TRIES):
            blob = self._store.get(_evidence_key(image))
            old = _loaded(blob)
            new, result = change(old)
            if new == old:
                return new, result
            with contextlib.suppress(StoreConflict):
                self._store.put(_evidence_key(image), evidence.dump(new), replaces=blob.version if blob else None)
                return new, result
        raise StoreConflict("too many writers")

    def marked(self, mark: str) -> set[str]:
        """The photographs that carry the mark: REVIEW or TYPED."""
        return {f"{key.removeprefix(mark)}.jpg" for key in self._store.keys(mark)}

    def mark_for_review(self, image: str, *, waits: bool) -> None:
        """Enter the photograph among those that wait for a person, or take it out."""
        if not _PHOTO_NAME.fullmatch(image):
            return
        key = REVIEW + stem_of(image)
        if not waits:
            self._store.delete(key)
        elif not self._store.get(key):
            with contextlib.suppress(StoreConflict):
                self._store.put(key, b"", replaces=None)

    def discard(self, image: str) -> None:
        """Remove a photograph and everything beside it."""
        for key in keys_of(image):
            self._store.delete(key)

    def abandon(self, image: str) -> None:
        """Discard a photograph that no row names, if that is possible: `make doctor` finds what stays."""
        with contextlib.suppress(StoreUnavailable):  # on AWS who saves may not delete
            self.discard(image)


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


def plate_of(image: str) -> str:
    """The file name of the plate that was cut out of a photograph."""
    return _part(image, ".placa.webp")


def _beside(photo: "Photo", seen: Evidence, stem: str, notice: datetime | None) -> dict[str, bytes]:
    """What is stored with a photograph, by key."""
    reading = seen.sighting.reading
    beside = {f"{PHOTOS}{stem}.mini.webp": photo.thumbnail(), f"{PHOTOS}{stem}.json": evidence.dump(seen)}
    if reading and reading.corners:
        beside[f"{PHOTOS}{stem}.placa.webp"] = photo.plate(reading.corners)
    if reading and reading.confidence < plates.CERTAIN:
        beside[REVIEW + stem] = b""
    if not reading and not stem.startswith(NOT_READ):
        beside[TYPED + stem] = b""
    if notice:
        beside[NOTICES + stem] = str(notice.timestamp()).encode()
    return beside


def _loaded(blob: Blob | None) -> Evidence:
    if blob is None:
        return Evidence()
    try:
        return evidence.load(blob.data)
    except ValueError as error:
        log.warning("evidence passed over: %s", error)
        return Evidence()


def _evidence_key(image: str) -> str:
    return PHOTOS + _part(image, ".json")


def _part(image: str, ending: str) -> str:
    return image.removesuffix(".jpg") + ending
