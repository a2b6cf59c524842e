"""Plate Recognizer's Snapshot API, so that cameras and clients written for it work with CoroNet.

Its reference is https://guides.platerecognizer.com/docs/snapshot/api-reference: what is sent, what is answered, and how
both are named.
"""

import base64
import binascii
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from coronet.errors import InvalidInput
from coronet.model import Candidate, Corners, Sighting

_VERSION = 1
_UNKNOWN_VEHICLE = {"score": 0.0, "type": "Unknown", "box": {"xmin": 0, "ymin": 0, "xmax": 0, "ymax": 0}}


def photograph(upload: str) -> bytes:
    """The photograph that `upload` holds in base64, with or without a data URI's beginning. Raises InvalidInput."""
    _, _, text = upload.rpartition(",")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput("upload is not base64", key="error.photo.unknown", field="upload") from error


def answer(
    sighting: Sighting,
    size: tuple[int, int],
    *,
    milliseconds: float,
    filename: str,
    camera_id: str | None,
    timestamp: str,
) -> dict[str, Any]:
    """The answer to a photograph of `size` (width, height in pixels): one result a plate, the main one first.

    Plates are lower case without hyphens, as theirs are. A plate whose place the reader does not tell has the whole
    photograph as its box. `dscore`, their certainty that there is a plate, is that of its best reading; regions and
    vehicles are not told apart.
    """
    return {
        "processing_time": round(milliseconds, 3),
        "results": [_result(readings, size) for readings in _plates(sighting)],
        "filename": filename,
        "version": _VERSION,
        "camera_id": camera_id,
        "timestamp": timestamp,
    }


def _plates(sighting: Sighting) -> Iterator[list[Candidate]]:
    """The ways to read each plate of the photograph, best first."""
    reading = sighting.reading
    if reading is None:
        return
    main = Candidate(reading.text, reading.confidence, reading.corners)
    same, others = [main], list[Candidate]()
    for each in reading.candidates:
        (same if _is_inside(each.corners, main.corners) else others).append(each)
    yield same
    for _, group in groupby(others, key=lambda each: each.corners):
        yield list(group)


def _is_inside(corners: Corners | None, other: Corners | None) -> bool:
    """Whether the middle of one plate is within the other's box; a plate of unknown place is the same one."""
    if corners is None or other is None:
        return True
    x, y = (sum(axis) / 4 for axis in zip(*corners, strict=True))
    xs, ys = zip(*other, strict=True)
    return min(xs) <= x <= max(xs) and min(ys) <= y <= max(ys)


def _result(readings: list[Candidate], size: tuple[int, int]) -> dict[str, Any]:
    scores: dict[str, float] = {}
    for each in readings:
        scores.setdefault(_theirs(each.text), round(each.confidence, 3))
    plate, score = next(iter(scores.items()))
    return {
        "box": _box(readings[0].corners, size),
        "plate": plate,
        "region": {"code": "unknown", "score": 0.0},
        "score": score,
        "candidates": [{"score": score, "plate": plate} for plate, score in scores.items()],
        "dscore": score,
        "vehicle": _UNKNOWN_VEHICLE,
    }


def _theirs(plate: str) -> str:
    return plate.lower().replace("-", "")


def _box(corners: Corners | None, size: tuple[int, int]) -> dict[str, int]:
    width, height = size
    xs, ys = zip(*corners, strict=True) if corners else ((0, 1), (0, 1))
    return {
        "xmin": max(0, round(min(xs) * width)),
        "ymin": max(0, round(min(ys) * height)),
        "xmax": min(width, round(max(xs) * width)),
        "ymax": min(height, round(max(ys) * height)),
    }
