"""What was seen in a photograph and what people corrected, as the JSON that is kept beside it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from coronet.errors import InvalidInput
from coronet.model import Attempt, Candidate, Corners, Correction, Evidence, Reading, Record, Sighting


def dump(evidence: Evidence) -> bytes:
    """`evidence` as UTF-8 JSON, named and measured as in `model`.

    `{"reading": {…} | null, "attempts": [{…}], "corrections": [{…}], "request": "…"}`
    """
    content = {
        **asdict(evidence.sighting),
        "corrections": [asdict(each) for each in evidence.corrections],
        "request": evidence.request,
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def load(data: bytes) -> Evidence:
    """The evidence that `dump` wrote. Raises ValueError for anything else."""
    try:
        content = json.loads(data)
        reading = content["reading"]
        sighting = Sighting(
            reading=None if reading is None else _reading(reading),
            attempts=tuple(Attempt(**each) for each in content["attempts"]),
        )
        corrections = tuple(Correction(**each) for each in content.get("corrections", []))
        return Evidence(sighting, corrections, content.get("request", ""))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not evidence: {error}") from error


def with_correction(evidence: Evidence, record: Record, after: Mapping[str, str], *, by: str, at: str) -> Evidence:
    """The evidence with one more correction, which gives `record` the values `after`."""
    before = {name: getattr(record, name) for name in after}
    return replace(evidence, corrections=(*evidence.corrections, Correction(at, by, before, after)))


def without_last_correction(evidence: Evidence, *, by: str, at: str) -> tuple[Evidence, Mapping[str, str]]:
    """The evidence with its last standing correction undone, and the values that the record gets back.

    Raises InvalidInput where there is nothing to undo.
    """
    if not evidence.standing:
        raise InvalidInput("nothing to undo", key="error.nothing_to_undo")
    last = evidence.standing[-1]
    undone = replace(last, undone_at=at, undone_by=by)
    corrections = tuple(undone if each is last else each for each in evidence.corrections)
    return replace(evidence, corrections=corrections), last.before


def _reading(content: dict[str, Any]) -> Reading:
    candidates = tuple(Candidate(**{**each, "corners": _corners(each["corners"])}) for each in content["candidates"])
    return Reading(
        **{
            **content,
            "corners": _corners(content["corners"]),
            "characters": tuple(content["characters"]),
            "candidates": candidates,
        }
    )


def _corners(content: list[list[float]] | None) -> Corners | None:
    if content is None:
        return None
    a, b, c, d = ((float(x), float(y)) for x, y in content)
    return a, b, c, d
