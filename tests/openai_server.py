"""A server on loopback that speaks as much of OpenAI's API as a reading needs, and fails as told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

CREATED = 1_700_000_000


class Exchange(BaseHTTPRequestHandler):
    """One request to an OpenAIServer, and the means to answer it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append(
            Request(self.path, {k.lower(): v for k, v in self.headers.items()}, json.loads(body))
        )
        try:
            self.server.answer(self)
        except OSError:
            self.close_connection = True
            self.server.hung_up.set()

    def reply(self, status: int, body: bytes, content_type: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def drip(self, data: bytes) -> None:
        """Send `data` a byte every tenth of a second, until the server closes."""
        for byte in data:
            self.wfile.write(bytes([byte]))
            if self.server.closing.wait(0.1):
                return

    def wait(self) -> None:
        """Say nothing until the server closes."""
        self.server.closing.wait()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what is logged is the reader's affair in these tests."""


Answer = Callable[[Exchange], None]


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it arrived; the names of its headers are in lower case."""

    path: str
    headers: dict[str, str]
    body: Any


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128  # the default 5 resets connections of clients that come together

    def __init__(self, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), Exchange)
        self.answer = answer
        self.requests: list[Request] = []
        self.closing = threading.Event()
        self.hung_up = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: clients that hang up are part of the tests."""


class OpenAIServer:
    """Serves `answer`, which can be changed at any time, at `url` while its `with` block lasts."""

    def __init__(self, answer: Answer) -> None:
        self._server = _Server(answer)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def requests(self) -> list[Request]:
        """What arrived, oldest first."""
        return self._server.requests

    def waits_until_a_client_hangs_up(self, seconds: float) -> bool:
        """Whether, within `seconds`, a client has closed its connection before it had its whole answer."""
        return self._server.hung_up.wait(seconds)

    @property
    def answer(self) -> Answer:
        """What every request gets."""
        return self._server.answer

    @answer.setter
    def answer(self, answer: Answer) -> None:
        self._server.answer = answer

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def completion(content: str | None, refusal: str | None = None) -> bytes:
    """A whole chat completion that says `content`."""
    message = {"role": "assistant", "content": content, "refusal": refusal}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    return json.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": CREATED,
            "model": "gpt-4o-mini",
            "choices": [choice],
        }
    ).encode()


def says(content: str) -> Answer:
    """The model says `content`, whatever it was asked."""
    return lambda exchange: exchange.reply(200, completion(content))


def sees(plate: str | None, confidence: float = 0.9, country: str | None = "ES") -> Answer:
    """The model reads `plate`."""
    return says(json.dumps({"plate": plate, "confidence": confidence, "country": country}))


def refuses(exchange: Exchange) -> None:
    """The model will not look at the photograph."""
    exchange.reply(200, completion(None, refusal="I'm sorry, I can't help with that."))


def fails(status: int, code: str | None = None, message: str = "failed", **headers: str) -> Answer:
    """The API answers with an error."""
    error = {"message": message, "type": "error", "param": None, "code": code}
    return lambda exchange: exchange.reply(status, json.dumps({"error": error}).encode(), **headers)


def drops(exchange: Exchange) -> None:
    """The connection ends without an answer."""
    exchange.close_connection = True


def cuts(exchange: Exchange) -> None:
    """The connection ends in the middle of an answer."""
    exchange.send_response(200)
    exchange.send_header("Content-Type", "application/json")
    exchange.send_header("Content-Length", "1000")
    exchange.end_headers()
    exchange.wfile.write(b'{"id": "chatcmpl-1", "choi')
    exchange.close_connection = True


def keeps_silent(exchange: Exchange) -> None:
    """Nothing comes, and the connection stays open."""
    exchange.wait()


def drips_headers(exchange: Exchange) -> None:
    """The answer's head comes a byte at a time."""
    exchange.drip(b"HTTP/1.1 200 OK\r\nX-Padding: " + b"x" * 1000)


def drips_body(exchange: Exchange) -> None:
    """The answer's body comes a byte at a time."""
    exchange.send_response(200)
    exchange.send_header("Content-Type", "application/json")
    exchange.send_header("Content-Length", "1000")
    exchange.end_headers()
    exchange.drip(b" " * 1000)
