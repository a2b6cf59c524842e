"""What several suites share."""

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
def base_url(server: Server) -> str:
    """Where the black-box tests send their requests: a local server; `tests/sam` has another."""
    return server.url


@pytest.fixture(scope="session")
def request_limit() -> int:
    """The bytes of the largest request that arrives there."""
    return 1 << 40


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
