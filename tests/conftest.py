"""What several suites share."""

import os
from collections.abc import Iterator

import pytest
import requests

from servers import Server, serving


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The local server, without any outside reader."""
    with serving(tmp_path_factory.mktemp("home"), environ={"CORONET_READERS": "tesseract"}) as running:
        yield running


@pytest.fixture(scope="session")
def base_url(request: pytest.FixtureRequest) -> str:
    """Where the black-box tests send their requests: `CORONET_TEST_URL`, or a local server made for them."""
    given = os.environ.get("CORONET_TEST_URL")
    if given:
        return given
    server: Server = request.getfixturevalue("server")
    return server.url


@pytest.fixture
def client(base_url: str) -> Iterator["Client"]:
    """A browser's cookies and redirects, without the browser."""
    with Client(base_url) as session:
        yield session


class Client(requests.Session):
    """A requests session on one server: paths instead of addresses."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self.base_url = base_url

    def request(self, method: str | bytes, url: str | bytes, *args: object, **kwargs: object) -> requests.Response:
        kwargs.setdefault("timeout", 60)
        return super().request(method, self.base_url + str(url), *args, **kwargs)  # type: ignore[arg-type]
