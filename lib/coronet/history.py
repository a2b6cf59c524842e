"""A vehicle's visits."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from coronet.model import NOT_READ, Record
from coronet.search import bare


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A plate and the records that carry it, newest first and at least one."""

    plate: str
    visits: Sequence[Record]

    @property
    def last_visit(self) -> str:
        """When it was last registered, as `Entry.registered_at`."""
        return self.visits[0].registered_at

    @property
    def owner(self) -> str:
        """The usual owner: the most frequent, of equals the latest; empty where none was ever given."""
        return _usual(record.owner for record in self.visits)

    @property
    def vehicle_type(self) -> str:
        """The usual type, likewise."""
        return _usual(record.vehicle_type for record in self.visits)

    @property
    def owners(self) -> list[tuple[str, int]]:
        """Every owner given with the number of visits, most frequent first."""
        return Counter(record.owner for record in self.visits if record.owner).most_common()

    def visit_near(self, time: str, within: timedelta) -> Record | None:
        """The latest visit less than `within` before or after that time; None where there is none."""
        try:
            moment = datetime.fromisoformat(time)
            since, until = str(moment - within), str(moment + within)
        except (ValueError, OverflowError):  # somebody has edited the CSV
            return None
        return next((visit for visit in self.visits if since < visit.registered_at < until), None)


def vehicle(plate: str, records: Iterable[Record]) -> Vehicle | None:
    """The vehicle with that plate, hyphens aside, in `records`; None where it was never seen."""
    wanted = bare(plate)
    visits = [record for record in records if record.plate == plate or bare(record.plate) == wanted]
    if not visits or plate == NOT_READ:
        return None
    visits.sort(key=lambda record: (record.registered_at, record.id), reverse=True)
    return Vehicle(visits[0].plate, visits)


def _usual(values: Iterable[str]) -> str:
    frequent = Counter(value for value in values if value).most_common(1)
    return frequent[0][0] if frequent else ""
