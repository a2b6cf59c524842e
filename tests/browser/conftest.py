"""A real Chromium, at phone and desktop size, in front of a real server that reads plates."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

import aws
from drawing import photograph
from servers import Server, serving

CHROMIUM = shutil.which("chromium")

# Without these, headless Chromium looks for its maker's servers and, as root, does not start.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}

expect.set_options(timeout=20_000)  # the first reading loads the models

Shoot = Callable[[str], object]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the register's walk in `make test`; the others take minutes."""
    for item in items:
        if item.path.parent == Path(__file__).parent and item.path.name != "test_register.py":
            item.add_marker(pytest.mark.long)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Debian's chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module", params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def device(request: pytest.FixtureRequest) -> dict[str, Any]:
    options: dict[str, Any] = request.param
    return options


@pytest.fixture(scope="module")
def storage(device: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Where the server keeps the register: in files for the phone, in S3 for the desktop, so that people walk both."""
    if device is PHONE:
        yield {}
        return
    with aws.moto_server(tmp_path_factory.mktemp("moto")) as url:
        aws.session().client("s3", endpoint_url=url).create_bucket(Bucket="paseo")
        yield {**aws.ENVIRON, "AWS_ENDPOINT_URL": url, "CORONET_STORAGE": "s3", "CORONET_BUCKET": "paseo"}


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory, storage: dict[str, str]) -> Iterator[Server]:
    environ = {"CORONET_READERS": "onnx", **storage}
    with serving(tmp_path_factory.mktemp("home"), environ=environ) as running:
        yield running


@pytest.fixture
def context(browser: Browser, own_server: Server, device: dict[str, Any]) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=own_server.url, locale="es-ES", **device)
    context.route(re.compile(rf"^(?!{own_server.url}|blob:|data:)"), lambda route: pytest.fail(route.request.url))
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that has no error of its own."""
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "foto.jpg"
    path.write_bytes(photograph())
    return path


@pytest.fixture
def shoot(page: Page, device: dict[str, Any]) -> Shoot:
    """Take a picture of the page for the documents, light and dark, where `CORONET_SCREENSHOTS` names a folder."""
    folder = os.environ.get("CORONET_SCREENSHOTS")
    size = "phone" if device is PHONE else "desktop"

    def take(name: str) -> None:
        if folder:
            for scheme, ending in (("light", ""), ("dark", "-dark")):
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                path = Path(folder) / f"{name}-{size}{ending}.png"
                page.screenshot(path=path)
                Image.open(path).quantize(256).save(path, optimize=True)
            page.emulate_media(color_scheme="no-preference")

    return take


def sideways(page: Page) -> bool:
    """Whether the page is wider than its window, which on a phone zooms out to show all of it."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
