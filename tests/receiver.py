"""Who is told of saved records: a real HTTP server on loopback."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue


@dataclass
class Receiver:
    """The server's address, what it got as (headers, body), and the statuses that it answers before 204."""

    url: str
    got: "Queue[tuple[dict[str, str], bytes]]" = field(default_factory=Queue)
    refusals: list[int] = field(default_factory=list)


@contextlib.contextmanager
def receiving(port: int = 0, refusals: tuple[int, ...] = ()) -> Iterator[Receiver]:
    """A receiver that listens until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.put(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(receiver.refusals.pop(0) if receiver.refusals else 204)
            self.send_header("Location", f"{receiver.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}", refusals=list(refusals))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
