"""OpenAI's reader: the real SDK against a server on loopback that answers well, badly, and not at all."""

import base64
import io
import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import openai  # noqa: F401 - its second of import time is not part of a reading here
import pytest
from PIL import Image

from coronet.errors import ReaderUnavailable, UnusableAnswer
from coronet.model import Reading
from coronet.photo import Photo, open_photo
from coronet.readers.breaker import CircuitBreaker
from coronet.readers.chain import ReaderChain
from coronet.readers.openai_vision import OpenAIVisionReader
from openai_server import (
    Answer,
    OpenAIServer,
    completion,
    cuts,
    drips_body,
    drips_headers,
    drops,
    fails,
    keeps_silent,
    refuses,
    says,
    sees,
)

KEY = "sk-secret-0123456789abcdef"
PLATE = "1234ABC"
AMPLE = 30.0  # seconds: a limit that plays no part


def photo(width: int = 64, height: int = 48) -> Photo:
    """A photograph as a phone sends it, with EXIF that says where it was taken."""
    exif = Image.Exif()
    exif[0x010F] = "Phone maker"
    exif.get_ifd(0x8825)[1] = "N"
    data = io.BytesIO()
    Image.effect_noise((width, height), 40).convert("RGB").save(data, "JPEG", exif=exif)
    return open_photo(data.getvalue())


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(sees(PLATE)) as server:
        yield server


@pytest.fixture
def reader(server: OpenAIServer) -> OpenAIVisionReader:
    return OpenAIVisionReader(KEY, server.url, "gpt-4o-mini")


class Local:
    """The next reader of the chain."""

    name = "local"

    def read(self, photo: Photo, *, seconds: float) -> Reading | None:
        return Reading("9999ZZZ", 0.5, self.name)


# What the server may do, and what the reader makes of it.


def test_a_plate(server: OpenAIServer, reader: OpenAIVisionReader) -> None:
    server.answer = sees("1234-abc", confidence=0.75)
    assert reader.read(photo(), seconds=AMPLE) == Reading("1234-ABC", 0.75, "openai")


@pytest.mark.parametrize(("said", "kept"), [(1.7, 1.0), (-3, 0.0), (1, 1.0), (float("nan"), 0.0), (10**400, 1.0)])
def test_confidence_is_a_probability(
    server: OpenAIServer, reader: OpenAIVisionReader, said: float, kept: float
) -> None:
    server.answer = sees(PLATE, confidence=said)
    assert reader.read(photo(), seconds=AMPLE) == Reading(PLATE, kept, "openai")


@pytest.mark.parametrize("plate", ["EAT THE", "AB·123·CD", "京A 12345", "7"])
def test_a_plate_is_kept_as_it_is_printed(server: OpenAIServer, reader: OpenAIVisionReader, plate: str) -> None:
    server.answer = sees(plate)
    reading = reader.read(photo(), seconds=AMPLE)
    assert reading is not None
    assert reading.text == "".join(filter(str.isalnum, plate)).replace("京", "")


NO_PLATES = [
    None,
    "",
    " -- ",
    "Lo siento, no veo ninguna matrícula",
    "No visible",
    "ninguna",
    "N/A",
    "NONE",
    "1234 ABC 5678 DEF",
    "١٢٣",
]


@pytest.mark.parametrize("plate", NO_PLATES)
def test_what_is_no_plate_is_none(server: OpenAIServer, reader: OpenAIVisionReader, plate: str | None) -> None:
    server.answer = sees(plate)
    assert reader.read(photo(), seconds=AMPLE) is None


@dataclass(frozen=True)
class Failure:
    """Something that the server does, and the reason that evidence and log then give."""

    answer: Answer
    reason: str
    is_answer: bool = False


NOT_THE_API = "the server does not speak the chat completions API"
NOT_THE_SCHEMA = "the answer is not JSON of the schema"
WRONG_TYPE = "the answer has a value of the wrong type"
FAILURES = {
    "prose": Failure(says("Lo siento, no veo 1234ABC."), NOT_THE_SCHEMA, is_answer=True),
    "refusal": Failure(refuses, "the model refused", is_answer=True),
    "cut JSON": Failure(says('{"plate": "1234ABC", "conf'), NOT_THE_SCHEMA, is_answer=True),
    "JSON list": Failure(says('["1234ABC"]'), NOT_THE_SCHEMA, is_answer=True),
    "missing key": Failure(says('{"plate": "1234ABC"}'), NOT_THE_SCHEMA, is_answer=True),
    "deep JSON": Failure(says("[" * 100_000), NOT_THE_SCHEMA, is_answer=True),
    "plate is a number": Failure(says('{"plate": 1234, "confidence": 1, "country": null}'), WRONG_TYPE, is_answer=True),
    "confidence is text": Failure(
        says('{"plate": "1234ABC", "confidence": "high", "country": null}'), WRONG_TYPE, is_answer=True
    ),
    "confidence is true": Failure(
        says('{"plate": "1234ABC", "confidence": true, "country": null}'), WRONG_TYPE, is_answer=True
    ),
    "no choices": Failure(lambda exchange: exchange.reply(200, b'{"choices": []}'), NOT_THE_SCHEMA, is_answer=True),
    "choices are text": Failure(
        lambda exchange: exchange.reply(200, b'{"choices": "1234ABC"}'), NOT_THE_SCHEMA, is_answer=True
    ),
    "no content": Failure(lambda exchange: exchange.reply(200, completion(None)), NOT_THE_SCHEMA, is_answer=True),
    "HTML": Failure(lambda exchange: exchange.reply(200, b"<p>1234ABC</p>", "text/html"), NOT_THE_API),
    "JSON of another API": Failure(lambda exchange: exchange.reply(200, b'["1234ABC"]'), NOT_THE_API),
    "body is not JSON": Failure(
        lambda exchange: exchange.reply(200, b"1234ABC"), "the server does not speak JSON: JSONDecodeError"
    ),
    "body is not UTF-8": Failure(
        lambda exchange: exchange.reply(200, b'{"\xff"}'), "the server does not speak JSON: UnicodeDecodeError"
    ),
    "body is deep JSON": Failure(
        lambda exchange: exchange.reply(200, b"[" * 100_000), "the server does not speak JSON: RecursionError"
    ),
    "401": Failure(fails(401, "invalid_api_key", f"Incorrect API key provided: {KEY}"), "HTTP 401 invalid_api_key"),
    "404": Failure(fails(404, "model_not_found"), "HTTP 404 model_not_found"),
    "429": Failure(fails(429, "rate_limit_exceeded", Retry_After="30"), "HTTP 429 rate_limit_exceeded"),
    "500": Failure(fails(500), "HTTP 500"),
    "503 with prose for a code": Failure(fails(503, f"plate {PLATE}"), "HTTP 503"),
    "dropped": Failure(drops, "no connection: RemoteProtocolError"),
    "cut": Failure(cuts, "no connection: RemoteProtocolError"),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_a_failure_is_logged_and_the_next_reader_is_asked(
    server: OpenAIServer, reader: OpenAIVisionReader, failure: Failure, caplog: pytest.LogCaptureFixture
) -> None:
    server.answer = failure.answer
    picture = photo()

    with pytest.raises(ReaderUnavailable) as raised:
        reader.read(picture, seconds=AMPLE)
    assert str(raised.value) == failure.reason
    assert isinstance(raised.value, UnusableAnswer) == failure.is_answer

    with caplog.at_level(logging.INFO):
        sighting = ReaderChain([reader, Local()], 2 * AMPLE).read(picture)
    assert sighting.reading == Reading("9999ZZZ", 0.5, "local")
    assert [(each.reader, each.outcome, each.reason) for each in sighting.attempts] == [
        ("openai", "unavailable", failure.reason),
        ("local", "read", ""),
    ]
    assert f"reader openai is unavailable: {failure.reason}" in caplog.text
    assert len(server.requests) == 2, "one request a reading: nothing is retried"


@pytest.mark.parametrize("answer", [keeps_silent, drips_headers, drips_body])
def test_a_slow_server_does_not_stretch_the_limit(
    server: OpenAIServer, reader: OpenAIVisionReader, answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    reader.read(photo(), seconds=AMPLE)
    server.answer = answer
    started = time.monotonic()

    sighting = ReaderChain([reader, Local()], 1.5).read(photo())

    assert time.monotonic() - started < 6, "the drips last 100 s, the silence for ever"
    assert sighting.reading == Reading("9999ZZZ", 0.5, "local")
    assert sighting.attempts[0].reason == "no answer in time"
    assert "reader openai is unavailable: no answer in time" in caplog.text

    server.answer = sees(PLATE)
    assert reader.read(photo(), seconds=AMPLE) == Reading(PLATE, 0.9, "openai"), "the next photograph is read"


@pytest.mark.parametrize("answer", [drips_headers, drips_body])
def test_at_the_limit_the_connection_is_closed(
    server: OpenAIServer, reader: OpenAIVisionReader, answer: Answer
) -> None:
    server.answer = answer
    with pytest.raises(ReaderUnavailable, match="no answer in time"):
        reader.read(photo(), seconds=1)
    assert server.waits_until_a_client_hangs_up(seconds=10)


def test_a_server_that_is_not_there() -> None:
    with OpenAIServer(sees(PLATE)) as server:
        gone = server.url
    with pytest.raises(ReaderUnavailable, match="no connection: ConnectError"):
        OpenAIVisionReader(KEY, gone, "gpt-4o-mini").read(photo(), seconds=AMPLE)


def test_without_time_nothing_is_waited_for(reader: OpenAIVisionReader) -> None:
    with pytest.raises(ReaderUnavailable, match="no answer in time"):
        reader.read(photo(), seconds=0)


def test_a_refused_key_is_not_tried_at_every_vehicle(server: OpenAIServer, reader: OpenAIVisionReader) -> None:
    server.answer = fails(401, "invalid_api_key")
    chain = ReaderChain([CircuitBreaker(reader), Local()], 2 * AMPLE)
    reasons = [chain.read(photo()).attempts[0].reason for _ in range(6)]
    assert reasons[:3] == ["HTTP 401 invalid_api_key"] * 3
    assert all(reason.startswith("not asked for another") for reason in reasons[3:])
    assert len(server.requests) == 3


# What leaves the machine, and what is written down.


@pytest.mark.parametrize(
    ("size", "sent"),
    [
        ((4000, 3000), (1024, 768)),
        ((3000, 4000), (768, 1024)),
        ((4096, 1024), (2048, 512)),
        ((4000, 1601), (1919, 768)),
        ((640, 480), (640, 480)),
    ],
)
def test_the_request(
    server: OpenAIServer, reader: OpenAIVisionReader, size: tuple[int, int], sent: tuple[int, int]
) -> None:
    reader.read(photo(*size), seconds=AMPLE)

    (request,) = server.requests
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.body["model"] == "gpt-4o-mini"
    assert request.body["temperature"] == 0
    schema = request.body["response_format"]["json_schema"]
    assert schema["strict"] is True
    assert (
        schema["schema"]["properties"].keys() == {"plate", "confidence", "country"} == set(schema["schema"]["required"])
    )
    assert schema["schema"]["additionalProperties"] is False

    (message,) = request.body["messages"]
    text, image = message["content"]
    assert "plate" in text["text"]
    assert image["image_url"]["detail"] == "high"
    prefix, _, data = image["image_url"]["url"].partition(",")
    assert prefix == "data:image/jpeg;base64"
    jpeg = Image.open(io.BytesIO(base64.b64decode(data, validate=True)))
    assert (jpeg.format, jpeg.size) == ("JPEG", sent)
    assert not jpeg.getexif()
    assert b"Phone maker" not in base64.b64decode(data)


@pytest.mark.parametrize("failure", [Failure(sees(PLATE), ""), *FAILURES.values()], ids=["plate", *FAILURES])
def test_nothing_personal_and_no_key_is_logged(
    server: OpenAIServer, reader: OpenAIVisionReader, failure: Failure, caplog: pytest.LogCaptureFixture
) -> None:
    server.answer = failure.answer
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "openai"):  # as OPENAI_LOG=debug does
        ReaderChain([CircuitBreaker(reader), Local()], 2 * AMPLE).read(photo())

    (request,) = server.requests
    image = request.body["messages"][0]["content"][1]["image_url"]["url"].partition(",")[2]
    assert "openai" in {record.name.partition(".")[0] for record in caplog.records}, "the SDK's own log is looked at"
    for secret in (KEY, PLATE, image[100:140]):
        assert secret not in caplog.text


def test_a_key_that_cannot_be_sent_is_not_logged(server: OpenAIServer, caplog: pytest.LogCaptureFixture) -> None:
    for key in (f"{KEY}\n", f"{KEY}ñ"):
        with caplog.at_level(logging.DEBUG):
            sighting = ReaderChain([OpenAIVisionReader(key, server.url, "gpt-4o-mini"), Local()], AMPLE).read(photo())
        assert sighting.attempts[0].reason == "the key has characters that no HTTP header can carry"
    assert KEY not in caplog.text


def test_threads_share_a_reader(server: OpenAIServer, reader: OpenAIVisionReader) -> None:
    with ThreadPoolExecutor(16) as threads:
        readings = list(threads.map(lambda _: reader.read(photo(), seconds=AMPLE), range(48)))
    assert readings == [Reading(PLATE, 0.9, "openai")] * 48
    assert len(server.requests) == 48
