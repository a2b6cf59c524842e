"""A person looks a vehicle up and deletes it, and does without JavaScript what others do with it."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from conftest import Client
from drawing import photograph
from servers import Server

from .conftest import PHONE, Shoot, sideways


@pytest.fixture(scope="module")
def storage() -> dict[str, str]:
    """Files for every device: it is pages that are looked at here."""
    return {}


def test_see_and_delete(page: Page, own_server: Server, shoot: Shoot) -> None:
    with Client(own_server.url) as client:
        for plate, owner in (("4410FGH", "Luis Cano"), ("1234BCD", "Ana López")):
            fields = {"propietario": owner, "tipo_vehiculo": "Automóvil"}
            client.post("/guardar", data=fields, files={"imagen": ("foto.jpg", photograph(plate))}).raise_for_status()
    page.goto("/")
    page.get_by_role("link", name="Registros").click()
    row = page.locator("tbody tr").first
    expect(row).to_contain_text("Ana López")
    thumbnail = row.locator("img.thumbnail")
    expect(thumbnail).to_be_visible()
    assert thumbnail.evaluate("image => image.decode().then(() => image.naturalWidth)") == 320
    shoot("registros")
    assert not sideways(page)

    count = page.locator("tbody tr").count()
    row.get_by_role("checkbox").check()
    page.get_by_role("button", name="Eliminar los seleccionados").click()
    page.get_by_role("button", name="Sí, eliminar").click()
    expect(page.get_by_role("status")).to_have_text("Registros eliminados: 1")
    expect(page.locator("tbody tr")).to_have_count(count - 1)


def test_it_works_without_javascript(browser: Browser, own_server: Server, photo: Path, tmp_path: Path) -> None:
    page = browser.new_context(base_url=own_server.url, java_script_enabled=False, locale="es-ES", **PHONE).new_page()
    (tmp_path / "carta.jpg").write_bytes(b"no soy una foto")
    page.goto("/")
    page.locator("input[name=imagen]").set_input_files(tmp_path / "carta.jpg")
    page.get_by_role("button", name="Guardar").click()
    expect(page.get_by_role("alert")).to_contain_text("JPEG, PNG, WebP o HEIC")
    page.locator("input[name=imagen]").set_input_files(photo)
    page.get_by_role("button", name="Guardar").click()
    expect(page.get_by_role("status").first).to_have_text("✅ Registro guardado correctamente")
    page.goto("/registros")
    page.locator("tbody tr").first.get_by_role("checkbox").check()
    page.get_by_role("button", name="Eliminar los seleccionados").click()
    page.get_by_role("button", name="Sí, eliminar").click()
    expect(page.get_by_role("status")).to_have_text("Registros eliminados: 1")
