"""OpenAI is down for an hour, while a vehicle comes every other minute."""

from datetime import datetime, timedelta
from pathlib import Path

from coronet.ledger import Ledger
from coronet.model import Reading
from coronet.photo import Photo, open_photo
from coronet.readers.breaker import CircuitBreaker
from coronet.readers.chain import ReaderChain
from coronet.readers.openai_vision import OpenAIVisionReader
from coronet.register import Register
from coronet.storage.local import LocalStore
from gates import PHOTOGRAPH
from openai_server import OpenAIServer, fails, sees


class LocalReader:
    """Reads every plate as one."""

    name = "local"

    def read(self, photo: Photo, *, seconds: float) -> Reading | None:
        return Reading("1234BCD", 0.95, self.name)


def test_an_hour_without_openai(tmp_path: Path) -> None:
    now = 0.0
    store = LocalStore(tmp_path)
    with OpenAIServer(sees("9999ZZZ")) as openai:
        remote = OpenAIVisionReader(api_key="key", base_url=openai.url, model="gpt-4o-mini")
        chain = ReaderChain([CircuitBreaker(remote, clock=lambda: now), LocalReader()], seconds=10)
        register = Register(
            store=store,
            ledger=Ledger(store),
            open_photo=open_photo,
            read=chain.read,
            now=lambda: datetime(2026, 11, 23) + timedelta(seconds=now),
            visit=timedelta(0),
        )
        readers = []

        def pass_by(vehicles: int) -> None:
            nonlocal now
            for _ in range(vehicles):
                reading = register.save(PHOTOGRAPH).sighting.reading
                readers.append(reading and reading.reader)
                now += 120

        pass_by(1)
        assert readers == ["openai"]
        openai.answer = fails(503)
        pass_by(30)
        asked = len(openai.requests) - 1
        openai.answer = sees("9999ZZZ")
        pass_by(6)  # the longest pause is of ten minutes
    assert readers[1:31] == ["local"] * 30
    assert asked <= 12  # the other vehicles did not wait for it at all
    assert readers[-1] == "openai"
    assert len(Ledger(store).records()) == len(readers)
