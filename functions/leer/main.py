"""POST /v1/plate-reader/: read the plates of a photograph and keep nothing, as Plate Recognizer's Snapshot API does."""

import time
from datetime import UTC, datetime

from flask import Request
from flask.typing import ResponseReturnValue

from coronet import snapshot, wiring
from coronet.errors import InvalidInput
from coronet.web import PHOTO_BODY_BYTES, endpoint, fields_of, lambda_handler


@endpoint(pages=False, max_bytes=PHOTO_BODY_BYTES)
def leer(request: Request) -> ResponseReturnValue:
    """Read `upload`, a file or base64; `camera_id` and `timestamp` come back as they were sent."""
    began = time.perf_counter()
    file, fields = request.files.get("upload"), fields_of(request)
    if file is None and not fields.get("upload"):
        raise InvalidInput("no upload", key="error.photo.missing", field="upload")
    sighting, size = wiring.register().read(file.read() if file else snapshot.photograph(fields["upload"]))
    return snapshot.answer(
        sighting,
        size,
        milliseconds=(time.perf_counter() - began) * 1000,
        filename=(file and file.filename) or "upload.jpg",
        camera_id=fields.get("camera_id"),
        timestamp=fields.get("timestamp") or f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
    ), 201


handler = lambda_handler(leer)
