"""A person registers a vehicle, in a real browser."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from drawing import photograph
from servers import Server, serving

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")

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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("home"), environ={"CORONET_READERS": "tesseract"}) as running:
        yield running


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def page(browser: Browser, own_server: Server, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(base_url=own_server.url, locale="es-ES", **request.param)
    page = context.new_page()
    page.route(re.compile(rf"^(?!{own_server.url}|blob:|data:)"), lambda route: pytest.fail(route.request.url))
    yield page
    context.close()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "foto.jpg"
    path.write_bytes(photograph())
    return path


@pytest.fixture
def shoot(page: Page, request: pytest.FixtureRequest) -> Callable[[str], object]:
    """Take a picture of the page for the documents, where `CORONET_SCREENSHOTS` names a folder for them."""
    folder = os.environ.get("CORONET_SCREENSHOTS")
    device = request.node.callspec.params["page"]
    size = "phone" if device is PHONE else "desktop"
    return lambda name: folder and page.screenshot(path=Path(folder) / f"{name}-{size}.png")


def test_register_see_and_delete(page: Page, photo: Path, shoot: Callable[[str], object]) -> None:
    page.goto("/")
    page.locator("input[name=imagen]").set_input_files(photo)
    expect(page.locator("[data-preview]")).to_be_visible()
    page.get_by_label("Propietario").fill("Ana López")
    page.get_by_label("Tipo de vehículo").fill("Automóvil")
    shoot("inicio")
    page.get_by_role("button", name="Guardar").click()
    expect(page.get_by_role("status").first).to_have_text("✅ Registro guardado correctamente")

    page.get_by_role("link", name="Registros").click()
    row = page.locator("tbody tr").first
    expect(row).to_contain_text("Ana López")
    thumbnail = row.locator("img.thumbnail")
    expect(thumbnail).to_be_visible()
    assert thumbnail.evaluate("image => image.decode().then(() => image.naturalWidth)") == 320
    shoot("registros")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page scrolls sideways"

    count = page.locator("tbody tr").count()
    row.get_by_role("checkbox").check()
    page.get_by_role("button", name="Eliminar los seleccionados").click()
    page.get_by_role("button", name="Sí, eliminar").click()
    expect(page.get_by_role("status")).to_have_text("Registros eliminados: 1")
    expect(page.locator("tbody tr")).to_have_count(count - 1)


def test_a_refused_photograph_is_explained(page: Page, tmp_path: Path) -> None:
    (tmp_path / "foto.jpg").write_bytes(b"no soy una foto")
    page.goto("/")
    page.locator("input[name=imagen]").set_input_files(tmp_path / "foto.jpg")
    page.get_by_role("button", name="Guardar").click()
    expect(page.get_by_role("alert")).to_contain_text("JPEG, PNG, WebP o HEIC")


def test_it_works_without_javascript(browser: Browser, own_server: Server, photo: Path) -> None:
    page = browser.new_context(base_url=own_server.url, java_script_enabled=False, locale="es-ES", **PHONE).new_page()
    page.goto("/")
    page.locator("input[name=imagen]").set_input_files(photo)
    page.get_by_role("button", name="Guardar").click()
    expect(page.get_by_role("status").first).to_have_text("✅ Registro guardado correctamente")
    page.goto("/registros")
    page.locator("tbody tr").first.get_by_role("checkbox").check()
    page.get_by_role("button", name="Eliminar los seleccionados").click()
    page.get_by_role("button", name="Sí, eliminar").click()
    expect(page.get_by_role("status")).to_have_text("Registros eliminados: 1")
