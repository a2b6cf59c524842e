"""What happened at the gate in a period, in numbers."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from coronet.model import NOT_READ, Record
from coronet.search import bare

Counts = Sequence[tuple[str, int]]
"""What was counted, each with its number."""

MOST_DAYS = 92
MOST_VEHICLES = 20
_HOUR = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-[0-9]{2} [0-9]{2}:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The records of the days `since` to `until`, both included, counted.

    `by_day` has a pair for each day (`YYYY-MM-DD`) or, where those are more than MOST_DAYS, for each month (`YYYY-MM`)
    from the first to the last with a record; `by_hour` for each hour (`00` to `23`). `by_type` has the types of
    vehicle, `vehicles` the MOST_VEHICLES plates that came most often, both most frequent first. Of the `total`,
    `automatic` plates stand as a reader read them, `manual` ones were typed or corrected, `unread` records have none.
    """

    since: date
    until: date
    total: int
    by_day: Counts
    by_hour: Counts
    by_type: Counts
    automatic: int
    manual: int
    unread: int
    vehicles: Counts
    different_vehicles: int


def summarize(records: Iterable[Record], since: date, until: date, typed: Collection[str]) -> Summary:
    """The summary of the `records` of that period; `typed` are the photographs whose plate was typed.

    A record whose time somebody wrote by hand in another way is in no period.
    """
    first, last = since.isoformat(), f"{until.isoformat()}~"
    chosen = [each for each in records if first <= each.registered_at < last]
    hours = Counter(record.registered_at[:14] for record in chosen)
    if strange := {hour for hour in hours if not _HOUR.fullmatch(hour)}:
        chosen = [each for each in chosen if each.registered_at[:14] not in strange]
        hours = Counter({hour: number for hour, number in hours.items() if hour not in strange})
    spelt = Counter(record.plate for record in chosen)
    unread = spelt.pop(NOT_READ, 0)
    shown = {bare(plate): plate for plate in spelt}
    plates = _merged((bare(plate), number) for plate, number in spelt.items())
    automatic = sum(_is_automatic(record, typed) for record in chosen)
    return Summary(
        since=since,
        until=until,
        total=len(chosen),
        by_day=_by_day(hours, since, until),
        by_hour=_of_each(_cut(hours, 11, 13), [f"{hour:02}" for hour in range(24)]),
        by_type=Counter(record.vehicle_type for record in chosen).most_common(),
        automatic=automatic,
        manual=len(chosen) - automatic - unread,
        unread=unread,
        vehicles=[(shown[plate], number) for plate, number in plates.most_common(MOST_VEHICLES)],
        different_vehicles=len(plates),
    )


def _is_automatic(record: Record, typed: Collection[str]) -> bool:
    """A photograph is named after the plate that it was saved with: where the record has another, a person gave it."""
    return record.plate != NOT_READ and record.image not in typed and record.image.startswith(f"{record.plate}_")


def _by_day(hours: Counter[str], since: date, until: date) -> Counts:
    number = (until - since).days + 1
    if number > MOST_DAYS:
        months = _cut(hours, 0, 7)
        return _of_each(months, _months(min(months), max(months)) if months else [])
    return _of_each(_cut(hours, 0, 10), [(since + timedelta(days=day)).isoformat() for day in range(number)])


def _months(first: str, last: str) -> Iterator[str]:
    """`YYYY-MM` from `first` to `last`."""
    year, month = map(int, first.split("-"))
    while (name := f"{year:04}-{month:02}") <= last:
        yield name
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def _cut(hours: Counter[str], start: int, end: int) -> Counter[str]:
    return _merged((hour[start:end], number) for hour, number in hours.items())


def _merged(pairs: Iterable[tuple[str, int]]) -> Counter[str]:
    merged: Counter[str] = Counter()
    for value, number in pairs:
        merged[value] += number
    return merged


def _of_each(numbers: Counter[str], wanted: Iterable[str]) -> Counts:
    return [(value, numbers[value]) for value in wanted]
