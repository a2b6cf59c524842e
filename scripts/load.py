"""Load a server: clients save vehicles for a while; then every acknowledged one must be in the register, once."""

import argparse
import contextlib
import csv
import io
import os
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import requests
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from coronet.access import Right, new_api_key
from drawing import encoded, street, vehicle
from lambdas import serving_lambdas
from servers import serving


@dataclass
class Tally:
    """What the clients have seen: the seconds that each save took, its note, and what went wrong how often."""

    seconds: list[float] = field(default_factory=list)
    notes: set[str] = field(default_factory=set)
    errors: Counter[str] = field(default_factory=Counter)


class Client(threading.Thread):
    """One gate that saves a vehicle after the other until `end` (time.monotonic), and types its plate if it `types`."""

    def __init__(
        self, number: int, url: str, *, headers: dict[str, str], photograph: bytes, types: bool, end: float
    ) -> None:
        super().__init__(daemon=True)
        self.number = number
        self.url = url
        self.headers = headers
        self.photograph = photograph
        self.plate = f"{number:04}BCD" if types else ""
        self.end = end
        self.tally = Tally()

    def run(self) -> None:
        """Save until the end."""
        with requests.Session() as session:
            session.headers.update(self.headers)
            while time.monotonic() < self.end:
                self._save(session, f"carga {self.number}-{len(self.tally.seconds) + self.tally.errors.total()}")

    def _save(self, session: requests.Session, note: str) -> None:
        began = time.monotonic()
        try:
            answer = session.post(
                f"{self.url}/guardar",
                data={"matricula": self.plate, "observacion": note},
                files={"imagen": ("carga.jpg", self.photograph, "image/jpeg")},
                timeout=120,
            )
        except requests.RequestException as error:
            self.tally.errors[type(error).__name__] += 1
            return
        if answer.status_code == 201:
            self.tally.seconds.append(time.monotonic() - began)
            self.tally.notes.add(note)
        else:
            self.tally.errors[f"HTTP {answer.status_code}"] += 1


def main() -> int:
    """Run the clients, print what they saw, and return 1 where anything failed or was lost."""
    options = _options()
    photograph = encoded(vehicle("1234BCD") if options.read else street((320, 240)))
    with _server(options) as (url, key):
        headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        end = time.monotonic() + options.seconds
        clients = [
            Client(number, url, headers=headers, photograph=photograph, types=not options.read, end=end)
            for number in range(options.clients)
        ]
        for client in clients:
            client.start()
        _show_progress(clients, options.seconds, end)
        exported = requests.get(f"{url}/descargar", headers=headers, timeout=60)
        exported.raise_for_status()
    return _report(clients, options.seconds, exported.content)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "server",
        nargs="?",
        help="its address (CORONET_LOAD_KEY: its API key); `lambda`: see there; by default a local one",
    )
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--instances", type=int, default=8, help="how many of each Lambda function")
    parser.add_argument("--read", action="store_true", help="have the plate read instead of typing it")
    return parser.parse_args()


@contextlib.contextmanager
def _server(options: argparse.Namespace) -> Iterator[tuple[str, str | None]]:
    """The server's address and its API key."""
    environ = {"CORONET_READERS": "onnx,tesseract"}
    with tempfile.TemporaryDirectory() as folder:
        if options.server is None:
            with serving(Path(folder), environ=environ) as server:
                yield server.url, None
        elif options.server == "lambda":
            key, kept = new_api_key("carga", [Right.SAVE, Right.READ])
            environ |= {"CORONET_API_KEYS": str(kept), "CORONET_RATE": "guardar=1000000,leer=1000000"}
            with serving_lambdas(
                Path(folder), "guardar", "descargar", instances=options.instances, environ=environ
            ) as (url, _):
                yield url, key
        else:
            yield options.server.rstrip("/"), os.environ.get("CORONET_LOAD_KEY")


def _show_progress(clients: list[Client], seconds: int, end: float) -> None:
    with Progress(BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[saved]:,} saved")) as progress:
        task = progress.add_task("", total=seconds, saved=0)
        while any(client.is_alive() for client in clients):
            done = min(seconds, seconds - (end - time.monotonic()))
            progress.update(task, completed=done, saved=sum(len(client.tally.seconds) for client in clients))
            time.sleep(0.2)


def _report(clients: list[Client], seconds: int, exported: bytes) -> int:
    times = sorted(second for client in clients for second in client.tally.seconds)
    errors = sum((client.tally.errors for client in clients), Counter[str]())
    acknowledged = set().union(*(client.tally.notes for client in clients))
    rows = list(csv.DictReader(io.StringIO(exported.decode("utf-8"), newline="")))
    notes = Counter(row["observacion"] for row in rows)
    lost = len(acknowledged - notes.keys())
    doubled = sum(1 for note in acknowledged if notes[note] > 1) + len(rows) - len({row["id"] for row in rows})
    print(f"{len(clients)} clients, {seconds} s: {len(times):,} saved, {len(times) / seconds:.1f} a second")
    if len(times) > 1:
        p95 = statistics.quantiles(times, n=20)[-1]
        print(f"median {statistics.median(times):.3f} s, p95 {p95:.3f} s, longest {times[-1]:.3f} s")
    print(f"lost {lost}, doubled {doubled}, errors {dict(errors) or 0}")
    return 1 if lost or doubled or errors or not times else 0


if __name__ == "__main__":
    sys.exit(main())
