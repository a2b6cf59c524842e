"""What to look for in the register: filters, order and page, as they stand in an address."""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import lru_cache
from operator import attrgetter
from typing import Any
from urllib.parse import urlencode

from coronet.errors import InvalidInput
from coronet.model import NOT_READ, Record

SORTS: Mapping[str, str] = {
    "id": "id",
    "fecha_hora": "registered_at",
    "matricula": "plate",
    "propietario": "owner",
    "tipo_vehiculo": "vehicle_type",
}
"""What `orden` may be, falling with a `-` before it, and the field of the record that it stands for."""

NEWEST_FIRST = "-id"
_HIGHEST_ID = 2**53
_PARAMETERS = {
    "plate": "matricula",
    "owner": "propietario",
    "vehicle_type": "tipo_vehiculo",
    "note": "observacion",
    "since": "desde",
    "until": "hasta",
    "unread": "no_detectadas",
    "review": "revisar",
    "sort": "orden",
    "after": "antes",
}
_ACCENTED = [*range(0xC0, 0x250), *range(0x1E00, 0x1F00)]
_PLAIN = {code: unicodedata.normalize("NFD", chr(code))[0] for code in _ACCENTED} | dict.fromkeys(range(0x300, 0x370))
_NO_PLATE_PATTERN = re.compile(r"[^A-Z0-9?*]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which records, in which order, and after which one the page starts. By default all, newest first.

    `plate` is a part of the plate or, with `?` for one character and `*` for any number, the whole of it; hyphens do
    not count. `owner`, `vehicle_type` and `note` are parts of theirs, whatever the case and the accents. `since` and
    `until` are days, both included. `unread` asks for NOT_READ alone, `review` for readings that wait for a person.
    `after` is the id of the last record of the page before.
    """

    plate: str = ""
    owner: str = ""
    vehicle_type: str = ""
    note: str = ""
    since: date | None = None
    until: date | None = None
    unread: bool = False
    review: bool = False
    sort: str = NEWEST_FIRST
    after: int | None = None

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> "Query":
        """The query that an address's parameters ask for; what is not one of ours is passed over.

        Raises InvalidInput, naming the parameter, for a value that it cannot have.
        """
        given = {each.name: parameters.get(_PARAMETERS[each.name], "").strip() for each in fields(cls)}
        return cls(**{name: _PARSERS.get(name, str)(value) for name, value in given.items() if value})

    def parameters(self) -> dict[str, str]:
        """The parameters of an address that ask for this query."""
        values = {
            each.name: getattr(self, each.name) for each in fields(self) if getattr(self, each.name) != each.default
        }
        return {_PARAMETERS[name]: "1" if value is True else str(value) for name, value in values.items()}

    def address(self, **changes: Any) -> str:
        """The query string of an address that asks for this query with some fields changed."""
        return urlencode(replace(self, **changes).parameters())

    @property
    def is_filtered(self) -> bool:
        """Whether any record may be left out."""
        return any(
            (self.plate, self.owner, self.vehicle_type, self.note, self.since, self.until, self.unread, self.review)
        )

    def apply(self, records: Sequence[Record], to_review: Collection[str] = ()) -> list[Record]:
        """The records asked for, in order; `to_review` are the photographs whose reading waits for a person."""
        found = list(records)
        for accepts in self._filters(to_review):
            found = [record for record in found if accepts(record)]
        return _sorted(found, self.sort)

    def start(self, found: Sequence[Record]) -> int:
        """Where the page begins in what `apply` found; 0 where the record that it comes after is gone."""
        if self.after is None:
            return 0
        if self.sort == NEWEST_FIRST:  # holds even where that record was deleted
            return sum(record.id >= self.after for record in found)
        return next((position for position, record in enumerate(found, 1) if record.id == self.after), 0)

    def _filters(self, to_review: Collection[str]) -> list[Callable[[Record], bool]]:
        filters: list[Callable[[Record], bool]] = []
        if self.since:
            first = self.since.isoformat()
            filters.append(lambda record: record.registered_at >= first)
        if self.until:
            last = f"{self.until.isoformat()}~"  # after every hour of that day
            filters.append(lambda record: record.registered_at < last)
        if self.unread:
            filters.append(lambda record: record.plate == NOT_READ)
        if self.review:
            filters.append(lambda record: record.image in to_review and record.image.startswith(record.plate + "_"))
        if self.plate:
            matches = _plate_pattern(self.plate).fullmatch
            filters.append(lambda record: bool(matches(bare(record.plate))))
        for name in ("owner", "vehicle_type", "note"):
            if part := fold(getattr(self, name)):
                filters.append(_contains(attrgetter(name), part))
        return filters


@lru_cache(2**16)  # a register's owners and types come again and again
def fold(text: str) -> str:
    """`text` for comparing: lower case, without accents."""
    return text.lower() if text.isascii() else text.casefold().translate(_PLAIN)


def bare(plate: str) -> str:
    """A plate for comparing: without hyphens."""
    return plate.replace("-", "")


def _plate_pattern(text: str) -> re.Pattern[str]:
    wanted = _NO_PLATE_PATTERN.sub("", text.upper())
    if not {"?", "*"} & set(wanted):
        wanted = f"*{wanted}*"
    return re.compile(wanted.replace("?", "[A-Z0-9]").replace("*", "[A-Z0-9]*"))  # the _ of NOT_READ never matches


def _contains(value: Callable[[Record], str], part: str) -> Callable[[Record], bool]:
    return lambda record: part in fold(value(record))


def _sorted(records: list[Record], sort: str) -> list[Record]:
    """By the column, then newest first; records without a value are last either way."""
    name, falling = SORTS[sort.removeprefix("-")], sort.startswith("-")
    if name == "id":
        return sorted(records, key=attrgetter("id"), reverse=falling)
    value: Callable[[Record], str] = attrgetter(name)
    newest = sorted(records, key=attrgetter("id"), reverse=True)
    filled = sorted((record for record in newest if value(record)), key=lambda each: fold(value(each)), reverse=falling)
    return filled + [record for record in newest if not value(record)]


def _since(text: str) -> date:
    return _day(text, "desde")


def _until(text: str) -> date:
    return _day(text, "hasta")


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput("not a date", key="error.date", field=field) from error


def _sort(text: str) -> str:
    if text.removeprefix("-") not in SORTS:
        raise InvalidInput("no such order", key="error.sort", field="orden", columns=", ".join(SORTS))
    return text


def _id(text: str) -> int:
    if not re.fullmatch("[0-9]{1,16}", text) or not 1 <= int(text) <= _HIGHEST_ID:
        raise InvalidInput("not an id", key="error.number", field="antes", highest=_HIGHEST_ID)
    return int(text)


_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "since": _since,
    "until": _until,
    "unread": lambda text: text == "1",
    "review": lambda text: text == "1",
    "sort": _sort,
    "after": _id,
}
