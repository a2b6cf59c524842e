"""A server whose S3 fails: what it acknowledges is kept once, and what it refuses it says in Spanish."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
import requests

import aws
from conftest import Client
from coronet import doctor
from coronet.storage.s3 import S3Store
from faulty_proxy import Fault, Proxy, faulty_proxy
from gates import PHOTOGRAPH, save
from servers import Server, serving

SPANISH = "El almacenamiento no responde o está lleno"
BUCKET = "registro"
PASSING = [Fault.ANSWER_LOST, Fault.ANSWER_CUT, Fault.REQUEST_CUT, Fault.REFUSED, Fault.INTERNAL_ERROR, Fault.SLOW_DOWN]
CAUSES = {
    Fault.ACCESS_DENIED: "AccessDenied",
    Fault.INTERNAL_ERROR: "InternalError",
    Fault.SLOW_DOWN: "SlowDown",
    Fault.SILENT: "ReadTimeoutError",
    Fault.REFUSED: "ConnectionClosedError",
    Fault.REQUEST_CUT: "ConnectionClosedError",
    Fault.ANSWER_LOST: "ConnectionClosedError",
}


class Site:
    """A server, the proxy between it and S3, and the notes that it has acknowledged."""

    def __init__(self, server: Server, proxy: Proxy) -> None:
        self.server = server
        self.proxy = proxy
        self.acknowledged: list[str] = []
        self._numbers = count(1)

    def save(self) -> requests.Response:
        note = f"visit {next(self._numbers)}"
        answer = save(self.server.url, note)
        if answer.status_code == 201:
            self.acknowledged.append(note)
        return answer

    def check(self) -> None:
        """Everything acknowledged is there once and whole, and nothing twice."""
        self.proxy.choose = lambda method, path: None
        exported = requests.get(f"{self.server.url}/descargar", timeout=60)
        notes = [row["observacion"] for row in csv.DictReader(io.StringIO(exported.content.decode(), newline=""))]
        assert len(notes) == len(set(notes))
        assert set(self.acknowledged) <= set(notes)
        found = doctor.examine(S3Store(BUCKET), datetime.now(UTC) + timedelta(days=1))
        assert not (found.damages or found.doubled or found.lost or found.odd or found.unreadable)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("s3")
    with aws.moto_server(home) as s3, faulty_proxy(s3) as proxy, pytest.MonkeyPatch.context() as patch:
        for name, value in {**aws.ENVIRON, "AWS_ENDPOINT_URL": s3}.items():
            patch.setenv(name, value)
        aws.session().client("s3", endpoint_url=s3).create_bucket(Bucket=BUCKET)
        with serving(home, environ=environ(proxy.url, BUCKET)) as server:
            site = Site(server, proxy)
            site.save()
            yield site


def at(place: int, fault: Fault) -> Callable[[str, str], Fault | None]:
    """What makes the request at that place meet the fault, and no other."""
    requests = count(1)
    return lambda method, path: fault if next(requests) == place else None


def environ(endpoint: str, bucket: str) -> dict[str, str]:
    return {**aws.ENVIRON, "AWS_ENDPOINT_URL": endpoint, "CORONET_STORAGE": "s3", "CORONET_BUCKET": bucket}


@pytest.mark.parametrize(
    "fault", [Fault.ANSWER_LOST, *(pytest.param(each, marks=pytest.mark.slow) for each in PASSING[1:])]
)
def test_one_fault_at_any_request_of_a_save_goes_unnoticed(site: Site, fault: Fault) -> None:
    """The first request meets the fault, at the next save the second, until a save has no further request."""
    place, fired = 0, True
    while fired:
        place += 1
        site.proxy.choose = at(place, fault)
        before = len(site.proxy.seen)
        assert site.save().status_code == 201
        fired = any(each is fault for _, _, each in site.proxy.seen[before:])
    assert place > 5  # photograph, thumbnail, evidence, where the CSV ends, the row
    site.check()


@pytest.mark.parametrize(
    "fault",
    [
        Fault.ACCESS_DENIED,
        *(pytest.param(each, marks=pytest.mark.slow) for each in CAUSES if each is not Fault.ACCESS_DENIED),
    ],
)
def test_while_s3_is_down_everything_is_refused_in_spanish(site: Site, fault: Fault) -> None:
    logged = len(site.server.log.read_text())
    site.proxy.choose = lambda method, path: fault
    refused = site.save()
    assert refused.status_code == 503
    assert SPANISH in refused.json()["detail"]
    check_page(site.server.url)
    log = site.server.log.read_text()[logged:]
    assert CAUSES[fault] in log
    assert "1234BCD" not in log
    site.proxy.choose = lambda method, path: None
    assert site.save().status_code == 201
    site.check()


def test_there_is_no_bucket(site: Site, tmp_path: Path) -> None:
    with serving(tmp_path, environ=environ(site.proxy.url, "no-such-bucket")) as server:
        assert save(server.url).status_code == 503
        check_page(server.url)
        assert "NoSuchBucket" in server.log.read_text()


def check_page(url: str) -> None:
    """People get the refusal as a message of the upload page, and an error page instead of the register."""
    with Client(url) as browser:
        answer = browser.post("/guardar", data={"matricula": "1234BCD"}, files={"imagen": ("a.jpg", PHOTOGRAPH)})
        assert (answer.url, answer.status_code) == (f"{url}/", 200)
        assert SPANISH in answer.text
        page = browser.get("/registros")
        assert page.status_code == 503
        assert SPANISH in page.text
