"""A proxy in front of an HTTP server that fails as a network and a server do."""

import contextlib
import http.client
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class Fault(Enum):
    """What happens to one request."""

    ANSWER_LOST = auto()
    """It reaches the server and is done; the connection breaks before the answer."""
    ANSWER_CUT = auto()
    """The connection breaks in the middle of the answer."""
    REQUEST_CUT = auto()
    """The connection breaks in the middle of the request."""
    SILENT = auto()
    """Nothing comes for a minute, and then the connection breaks."""
    REFUSED = auto()
    """The connection breaks before the server hears of it."""
    INTERNAL_ERROR = auto()
    """500."""
    SLOW_DOWN = auto()
    """503 SlowDown."""
    ACCESS_DENIED = auto()
    """403."""


_ERRORS = {
    Fault.INTERNAL_ERROR: (500, "InternalError"),
    Fault.SLOW_DOWN: (503, "SlowDown"),
    Fault.ACCESS_DENIED: (403, "AccessDenied"),
}


@dataclass
class Proxy:
    """The proxy's address. `choose` names the fault of each request, by method and path; None passes it on."""

    url: str
    choose: Callable[[str, str], Fault | None] = lambda method, path: None
    seen: list[tuple[str, str, Fault | None]] = field(default_factory=list)

    def fail(self, *faults: Fault, method: str, part: str = "") -> None:
        """The next requests of that method whose path has that part meet these faults, one after the other."""
        coming = list(faults)
        self.choose = lambda verb, path: coming.pop(0) if coming and verb == method and part in path else None


@contextlib.contextmanager
def faulty_proxy(server: str) -> Iterator[Proxy]:
    """A proxy in front of the HTTP server at that address."""
    upstream = urlsplit(server).netloc
    closing = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            fault = proxy.choose(self.command, self.path)
            body = self.rfile.read(length // 2 if fault is Fault.REQUEST_CUT else length)
            proxy.seen.append((self.command, self.path, fault))
            if fault in _ERRORS:
                status, code = _ERRORS[fault]
                self.answer(status, [], f"<Error><Code>{code}</Code><Message>injected</Message></Error>".encode())
            elif fault is Fault.SILENT:
                closing.wait(60)
            elif fault not in (Fault.REFUSED, Fault.REQUEST_CUT):
                self.pass_on(body, fault)
            self.close_connection = self.close_connection or fault is not None

        def pass_on(self, body: bytes, fault: Fault | None) -> None:
            connection = http.client.HTTPConnection(upstream)
            headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            if fault is not Fault.ANSWER_LOST:
                self.answer(answer.status, answer.getheaders(), content, cut=fault is Fault.ANSWER_CUT)

        def answer(self, status: int, headers: list[tuple[str, str]], content: bytes, *, cut: bool = False) -> None:
            self.send_response_only(status)
            for name, value in headers:
                if name.lower() not in {"connection", "transfer-encoding", "content-length"}:
                    self.send_header(name, value)
            lengths = [value for name, value in headers if name.lower() == "content-length"]
            self.send_header("Content-Length", lengths[0] if self.command == "HEAD" and lengths else str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if cut else content)

        def log_message(self, format: str, *args: object) -> None:
            pass

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        proxy = Proxy(f"http://127.0.0.1:{listening.server_port}")
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield proxy
        closing.set()
        listening.shutdown()
