"""POST /v1/plate-reader/: read the plates of a photograph and keep nothing, as Plate Recognizer's Snapshot API does."""

import time
from datetime import UTC, datetime

from flask import Request
from flask.typing import ResponseReturnValue

from coronet import snapshot, wiring
from coronet.errors import InvalidInput
from coronet.web import PHOTO_BODY_BYTES, endpoint, lambda_handler, texts_of


@endpoint(pages=False, max_bytes=PHOTO_BODY_BYTES)
def leer(request: Request) -> ResponseReturnValue:
    """Read `upload`, a file or base64; `camera_id` and `timestamp` come back as they were sent."""
    began = time.perf_counter()
    file, sent = request.files.get("upload"), texts_of(request, "upload", "camera_id", "timestamp")
    if file is None and not sent["upload"]:
        raise InvalidInput("no upload", key="error.photo.missing", field="upload")
    sighting, size = wiring.register().read(file.read() if file else snapshot.photograph(sent["upload"] or ""))
    return snapshot.answer(
        sighting,
        size,
        milliseconds=(time.perf_counter() - began) * 1000,
        filename=(file and file.filename) or "upload.jpg",
        camera_id=sent["camera_id"],
        timestamp=sent["timestamp"] or f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
    ), 201


handler = lambda_handler(leer)
