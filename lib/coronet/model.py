"""What CoroNet talks about: plates as they were read, and the records kept of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

NOT_READ = "NO_DETECTADA"
"""The plate of a record whose photograph showed none that could be read."""

MAX_PHOTO_BYTES = 20 * 1024 * 1024
"""The largest photograph that is accepted, as it is sent."""

Point = tuple[float, float]
"""(x, y) as fractions of the photograph's width and height, so that it holds at every size."""

Corners = tuple[Point, Point, Point, Point]
"""A plate's outline: top left, top right, bottom right, bottom left as its text is read."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to read one plate of a photograph; confidence is 0 to 1."""

    text: str
    confidence: float
    corners: Corners | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A plate as one reader read it.

    `text` is a plate (see `plates.clean`), never empty and never `NOT_READ`. `confidence` is the
    probability, 0 to 1, that the whole text is right, and `characters` that of each character of
    `text` (empty where the reader gives none). `corners` is None where the reader does not say
    where the plate is. `candidates` are up to five other answers, best first: the same plate read
    otherwise, or other plates of the photograph.
    """

    text: str
    confidence: float
    reader: str
    corners: Corners | None = None
    characters: tuple[float, ...] = ()
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one reader of the chain did: `outcome` is "read", "nothing" or "unavailable"."""

    reader: str
    outcome: str
    milliseconds: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the chain saw in a photograph: its reading (None: no reader found a plate) and every reader's attempt."""

    reading: Reading | None
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person changed in a record: fields of `Entry` with their values `before` and `after`.

    `at` is written as `Entry.registered_at` is, `by` names who did it. Where nothing changed, the person confirmed the
    value. `undone_at` and `undone_by` are empty while the correction stands.
    """

    at: str
    by: str
    before: Mapping[str, str]
    after: Mapping[str, str]
    undone_at: str = ""
    undone_by: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen in a photograph, and what people made of it since, oldest first.

    `request` is the SHA-256 of what was sent, in hexadecimal; empty where its sender will not repeat it.
    """

    sighting: Sighting = Sighting(None)
    corrections: tuple[Correction, ...] = ()
    request: str = ""

    @property
    def standing(self) -> list[Correction]:
        """The corrections that were not undone."""
        return [each for each in self.corrections if not each.undone_at]

    @property
    def settled_plate(self) -> str | None:
        """The plate that a person gave or confirmed (it may be `NOT_READ`); None where nobody did."""
        given = [each.after["plate"] for each in self.standing if "plate" in each.after]
        return given[-1] if given else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A record before it has its number.

    `registered_at` is `YYYY-MM-DD HH:MM:SS` in the configured time zone: kept as text, exactly as
    the CSV has it, because that sorts as time does and survives what a spreadsheet makes of it.
    `image` is the photograph's file name under `uploads/`.
    """

    registered_at: str
    plate: str
    owner: str = ""
    vehicle_type: str = ""
    note: str = ""
    image: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Entry):
    """One row of the register. `id` counts up from 1 and is never given twice."""

    id: int


@dataclass(frozen=True, slots=True)
class Blob:
    """A stored object, or its end.

    `version` changes with every write and is only compared for equality. `size` is that of the whole object in
    bytes, of which `data` are the last `len(data)`. `written` is when, by the storage's clock. `notes` are the
    writer's, about exactly this version: empty where the store keeps none or somebody else wrote the object.
    """

    data: bytes
    version: str
    size: int
    written: datetime
    notes: Mapping[str, str] = field(default_factory=dict)
