"""Clients that save and delete without a pause, and remember what the server has acknowledged."""

import csv
import io
import itertools
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import requests

from coronet import doctor
from coronet.doctor import Diagnosis
from coronet.ledger import Ledger
from coronet.storage.local import LocalStore
from drawing import encoded, street

PHOTOGRAPH = encoded(street((64, 48)))
JSON = {"Accept": "application/json"}


def save(url: str, note: str = "", **headers: str) -> requests.Response:
    """Save a vehicle as a program does."""
    return requests.post(
        f"{url}/guardar",
        data={"matricula": "1234BCD", "observacion": note},
        files={"imagen": ("foto.jpg", PHOTOGRAPH, "image/jpeg")},
        headers={**JSON, **headers},
        timeout=60,
    )


class Gate(threading.Thread):
    """One client: it saves vehicles, each with a note of its own, and deletes every other one again.

    What gets no answer it sends again, until it does. `saved` are the ids of acknowledged saves by their notes; of
    these `deleting` were to be deleted, and `deleted` have been. `refusals` are other answers.
    """

    def __init__(self, name: str, url: str) -> None:
        super().__init__(name=name, daemon=True)
        self.url = url
        self.saved: dict[str, int] = {}
        self.deleting: set[str] = set()
        self.deleted: set[str] = set()
        self.refusals: list[str] = []
        self._stopped = threading.Event()

    def run(self) -> None:
        for number in itertools.count(1):
            note = f"{self.name}-{number}"
            answer = self._answer(partial(save, self.url, note, **{"Idempotency-Key": note}))
            if answer is None:
                return
            self.saved[note] = answer.json()["id"]
            if number % 2 == 0:
                self.deleting.add(note)
                address = f"{self.url}/registros/{self.saved[note]}"
                if self._answer(partial(requests.delete, address, headers=JSON, timeout=60)) is not None:
                    self.deleted.add(note)

    def _answer(self, send: Callable[[], requests.Response]) -> requests.Response | None:
        """The answer to a request; None where it was stopped before there was one."""
        while not self._stopped.is_set():
            try:
                answer = send()
            except requests.RequestException:
                time.sleep(0.02)  # the server is down, and nobody knows whether it did what it was asked
                continue
            if answer.ok or answer.status_code == 404:  # deleted already, at the first time of asking
                return answer
            self.refusals.append(f"{answer.status_code} {answer.text}")
        return None

    def stop(self) -> None:
        """Let it finish what it is doing."""
        self._stopped.set()
        self.join(60)


def check_rows(url: str, gates: Sequence[Gate]) -> None:
    """Everything that was acknowledged is there once and under its id; what was deleted is not."""
    answer = requests.get(f"{url}/descargar", timeout=60)
    answer.raise_for_status()
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8"), newline="")))
    ids = {row["observacion"]: int(row["id"]) for row in rows}
    assert len(ids) == len(rows), "a vehicle was registered twice"
    assert len({row["id"] for row in rows}) == len(rows), "an id was given twice"
    for gate in gates:
        staying = {note: id for note, id in gate.saved.items() if note not in gate.deleting}
        assert staying == {note: ids.get(note) for note in staying}
        assert not gate.deleted & ids.keys()


def check_files(home: Path) -> Diagnosis:
    """The doctor finds nothing but files without a row, and a whole register once they are removed."""
    store = LocalStore(home)
    now = datetime.now(UTC) + timedelta(days=1)
    found = doctor.examine(store, now)
    assert not (found.damages or found.doubled or found.lost or found.odd or found.unreadable)
    if found.mendable:
        doctor.mend(store, Ledger(store), found, now)
    assert doctor.examine(store, now).healthy
    return found
