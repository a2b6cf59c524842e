"""What the fuzzer feeds with anything: each target takes bytes, and raises where something does not hold."""

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from coronet import plates, rows
from coronet.errors import CoroNetError, DamagedLedger
from coronet.ledger import KEY, Ledger
from coronet.model import Entry
from drawing import encoded, plate, street
from memory_store import MemoryStore

CASES = Path(__file__).with_name("cases")
"""Inputs that once broke something, or that a person thought of: `cases/TARGET/`."""


def photograph(data: bytes) -> None:
    """The photograph parser takes it or refuses it, and what it takes can be stored.

    Time and memory grow with the pixels, so the fuzzer's photographs have four megapixels at most.
    """
    from coronet import photo

    try:
        with patch.object(photo, "MAX_PIXELS", 4_000_000):
            taken = photo.open_photo(data)
    except CoroNetError as refused:
        assert refused.status < 500
        return
    assert taken.image.mode == "RGB"
    assert not taken.image.info
    stored = taken.jpeg()
    assert stored.startswith(b"\xff\xd8\xff")
    assert b"Exif\0\0" not in stored[:64]
    assert taken.thumbnail()[8:12] == b"WEBP"


def upload(data: bytes) -> None:
    """A form's body in `POST /guardar`: what is no photograph leads back to the page, whatever is around it."""
    from werkzeug.test import EnvironBuilder, run_wsgi_app

    builder = EnvironBuilder(
        "/guardar",
        method="POST",
        data=data,
        content_type="multipart/form-data; boundary=x",
        environ_base={"REMOTE_ADDR": "127.0.0.1"},
    )
    answer, status, headers = run_wsgi_app(_guardar(), builder.get_environ(), buffered=True)
    assert status.startswith("302 "), status
    assert headers["Location"] == "/"
    assert b"Traceback" not in b"".join(answer)


def register(data: bytes) -> None:
    """The CSV reader takes it or names the line that is damaged; what it takes it goes on with, and nothing is lost."""
    store = MemoryStore()
    store.put(KEY, data, replaces=None)
    ledger = Ledger(store)
    try:
        records = list(ledger.records())
        [added] = ledger.append([Entry(registered_at="2026-11-23 09:30:15", plate="1234BCD", owner="=1+1")])
    except DamagedLedger as damaged:
        assert 1 <= damaged.line <= data.count(b"\n") + data.count(b"\r") + 1
        blob = store.get(KEY)
        assert blob is not None and blob.data == data
        return
    assert list(Ledger(store).records()) == [*records, added]
    assert added.id > max((record.id for record in records), default=0)
    assert list(rows.parse(ledger.export()))[-1] == added


def cleaned(data: bytes) -> None:
    """A plate is `A-Z 0-9 -`, ten characters at most, or nothing; and cleaning a plate changes nothing."""
    text = data.decode("utf-8", "replace")
    found = plates.clean(text)
    assert re.fullmatch(r"[A-Z0-9-]{0,10}", found)
    assert plates.clean(found) == found


TARGETS: dict[str, Callable[[bytes], None]] = {
    "photograph": photograph,
    "upload": upload,
    "register": register,
    "plate": cleaned,
}


def seeds(target: str) -> Iterator[bytes]:
    """Good inputs from which to start, and all that was ever found."""
    yield from _GOOD[target]()
    yield from (path.read_bytes() for path in sorted((CASES / target).glob("*")))


def _photographs() -> Iterator[bytes]:
    import coronet.photo  # noqa: F401 (HEIF)

    image = street((64, 48))
    for format in ("JPEG", "PNG", "WEBP", "HEIF"):
        yield encoded(image, format)
        yield encoded(image.convert("RGBA" if format != "JPEG" else "L"), format)
    yield encoded(
        image, "JPEG", progressive=True, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"
    )
    yield encoded(plate("1234BCD", height=20).convert("P"), "PNG", transparency=0)


def _uploads() -> Iterator[bytes]:
    photo = encoded(street((32, 24)), "JPEG")
    yield (
        b'--x\r\nContent-Disposition: form-data; name="matricula"\r\n\r\n1234BCD\r\n'
        b'--x\r\nContent-Disposition: form-data; name="imagen"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        + photo
        + b"\r\n--x--\r\n"
    )
    yield b"--x\r\nContent-Disposition: form-data; name=\"imagen\"; filename*=UTF-8''%e2%82%ac\r\n\r\nx\r\n--x--"
    yield b"--x--\r\n"


def _registers() -> Iterator[bytes]:
    row = b'1,2026-11-23 09:30:15,1234BCD,"Ana, ""la"" L\xc3\xb3pez","a\nb",\'=1+1,1234BCD_20261123_093015.jpg'
    yield rows.HEADER + row + b"\n"
    yield rows.BOM + (rows.HEADER + row + b"\n").replace(b"\n", b"\r\n") + b"\r\n"
    yield rows.HEADER + row
    yield rows.HEADER[:20]
    yield b""


def _plates() -> Iterator[bytes]:
    yield from (
        b"1234 bcd",
        b"B-AB 1234",
        "Lo siento, no veo ninguna matrícula".encode(),
        b"\xff---",
        "１２３４ＢＣＤ".encode(),
    )


_GOOD: dict[str, Callable[[], Iterator[bytes]]] = {
    "photograph": _photographs,
    "upload": _uploads,
    "register": _registers,
    "plate": _plates,
}


@cache
def _guardar() -> Any:
    """`functions/guardar` as a WSGI application on a folder of its own; nobody reads the plates."""
    home = tempfile.mkdtemp(prefix="coronet-fuzz-")
    os.environ.update(CORONET_HOME=home, CORONET_READERS="openai", OPENAI_API_KEY="")
    from flask import Request

    from coronet.gateway import function

    guardar = function("functions/guardar")

    def application(environ: Any, start_response: Any) -> Any:
        return guardar(Request(environ))(environ, start_response)

    return application
