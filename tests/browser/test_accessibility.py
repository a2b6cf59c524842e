"""Every page, light and dark: axe-core finds nothing, main texts have a contrast of 7:1, a thumb hits every target."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

from conftest import Client
from drawing import encoded, photograph, street
from servers import Server

from .conftest import PHONE, sideways

# WCAG's contrast for sunlight (AAA, 1.4.6) is no part of what axe looks for by itself.
RULES = {"rules": {"color-contrast-enhanced": {"enabled": True}}}
COLOURS = ("color-contrast", "color-contrast-enhanced")
NARROWEST: ViewportSize = {"width": 320, "height": 640}  # WCAG 1.4.10: down to here nothing has to be scrolled sideways
TARGET_PIXELS = 44  # WCAG 2.5.5; links in a text need not be as large

SMALL_TARGETS = f"""() => [...document.querySelectorAll("a, button, input, select, textarea, summary")]
    .map((element) => element.closest("label") ?? element)
    .filter((element) => element.checkVisibility() && getComputedStyle(element).display !== "inline")
    .map((element) => [element.outerHTML.slice(0, 120), element.getBoundingClientRect()])
    .filter(([, box]) => box.height > 1 && (box.height < {TARGET_PIXELS} - 0.5 || box.width < {TARGET_PIXELS} - 0.5))
    .map(([html, box]) => `${{Math.round(box.width)}}x${{Math.round(box.height)}} ${{html}}`)"""

PAGES = [
    "/",
    "/registros",
    "/registros?matricula=NADA",
    "/registros/1",
    "/matriculas/1234BCD",
    "/resumen",
    "/api",
    "/no",
]


@pytest.fixture(scope="module")
def storage() -> dict[str, str]:
    """Files for every device: it is pages that are looked at here."""
    return {}


@pytest.fixture(scope="module")
def seeded(own_server: Server) -> Server:
    with Client(own_server.url) as client:
        for plate, image in (("1234BCD", photograph()), ("", encoded(street())), ("1234BCD", photograph())):
            fields = {
                "matricula": plate,
                "propietario": "Ana López",
                "tipo_vehiculo": "Camión",
                "observacion": "puerta 2",
            }
            client.post("/guardar", data=fields, files={"imagen": ("foto.jpg", image)}).raise_for_status()
        correction = client.patch("/registros/1", json={"propietario": "Luis Cano"})
        correction.raise_for_status()
    return own_server


@pytest.fixture
def phone(browser: Browser, seeded: Server) -> Iterator[Page]:
    context = browser.new_context(base_url=seeded.url, locale="es-ES", reduced_motion="reduce", **PHONE)
    yield context.new_page()
    context.close()


def faults(page: Page) -> list[Any]:
    """What axe and a thumb find wrong with the page; of the dark scheme only what is about colours."""
    page.emulate_media(color_scheme="light")
    violations = Axe().run(page, options=RULES).response["violations"]
    page.emulate_media(color_scheme="dark")
    violations += Axe().run(page, options={"runOnly": list(COLOURS)}).response["violations"]
    found = [(each["id"], node["html"], node["failureSummary"]) for each in violations for node in each["nodes"]]
    found += page.evaluate(SMALL_TARGETS)
    page.set_viewport_size(NARROWEST)
    return [*found, "sideways"] if sideways(page) else found


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_fault(phone: Page, path: str) -> None:
    phone.goto(path)
    assert faults(phone) == []


def test_an_answer_has_no_fault(phone: Page, tmp_path: Path) -> None:
    (tmp_path / "foto.jpg").write_bytes(photograph())
    (tmp_path / "carta.jpg").write_bytes(b"no soy una foto")
    phone.goto("/")
    for name in ("carta.jpg", "foto.jpg", "foto.jpg"):
        phone.locator("input[name=imagen]").set_input_files(tmp_path / name)
        expect(phone.locator(".phase" if name == "foto.jpg" else ".flash.error")).to_contain_text(
            "Registro guardado" if name == "foto.jpg" else "JPEG"
        )
    phone.get_by_role("button", name="Escribirla").click()
    phone.keyboard.type("1234BCF")
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("button", name="1234BCD").first).to_be_visible()
    for part in (".vehicle", ".repeated", ".outbox", ".recent"):
        expect(phone.locator(part)).to_have_count(1)
    assert faults(phone) == []
