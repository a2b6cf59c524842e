"""What was seen in a photograph, as the JSON that is kept beside it."""

import json
from dataclasses import asdict
from typing import Any

from coronet.model import Attempt, Candidate, Corners, Reading, Sighting


def dump(sighting: Sighting) -> bytes:
    """`sighting` as UTF-8 JSON: `{"reading": {…} | null, "attempts": [{…}]}`, named and measured as in `model`."""
    return json.dumps(asdict(sighting), ensure_ascii=False, separators=(",", ":")).encode()


def load(data: bytes) -> Sighting:
    """The sighting that `dump` wrote. Raises ValueError for anything else."""
    try:
        content = json.loads(data)
        reading = content["reading"]
        return Sighting(
            reading=None if reading is None else _reading(reading),
            attempts=tuple(Attempt(**each) for each in content["attempts"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a sighting: {error}") from error


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
