"""A person searches, corrects and reports, in a real browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, Response, expect

from drawing import encoded, with_plate
from servers import Server, serving

from .conftest import Shoot, sideways

MOST_BYTES = 60 * 1024
HOUR = 3600
VEHICLES = [
    ("1234BCD", "Ana López", "Automóvil", "#27364d"),
    ("5678FGH", "Transportes Ruiz, S.L.", "Furgoneta", "#8c8f94"),
    ("9012JKL", "Íñigo Muñoz", "Automóvil", "#6d1f24"),
    ("ABC1234", "María García", "Camión", "#2e5b41"),
]


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory, storage: dict[str, str]) -> Iterator[Server]:
    """A gate with three weeks behind it: a few photographs are read, most plates were typed."""
    environ = {"CORONET_READERS": "onnx", **storage}
    with serving(tmp_path_factory.mktemp("home"), environ=environ) as running:
        for number in range(44):
            plate, owner, kind, paint = VEHICLES[(number * number + number // 5) % len(VEHICLES)]
            age = (44 - number) * 14 * HOUR + number * number % 11 * HOUR
            fields = {"propietario": owner, "tipo_vehiculo": kind, "hace_segundos": str(age)}
            if number % 3 != 1:
                fields |= {"matricula": plate, "observacion": "Entrega en el muelle 3" if number % 6 == 0 else ""}
            photo = encoded(with_plate(plate, size=(960, 720), height=52, turn=number % 3 - 1, paint=paint))
            answer = requests.post(f"{running.url}/guardar", data=fields, files={"imagen": photo}, timeout=60)
            assert answer.status_code == 200
        yield running


def test_the_register_is_searched(page: Page, device: dict[str, Any], shoot: Shoot) -> None:
    page.goto("/registros")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(40)
    shoot("registros")
    assert not sideways(page)
    page.get_by_role("link", name="Siguiente").click()
    expect(rows).to_have_count(4)

    page.get_by_label("Matrícula", exact=True).fill("12?4*")
    page.get_by_role("textbox", name="Propietario").fill("LOPEZ")
    page.get_by_role("button", name="Buscar").click()
    expect(page.locator("tbody .plate").first).to_have_text("1234BCD")
    assert set(page.locator("tbody .plate").all_text_contents()) == {"1234BCD"}
    assert "matricula=12%3F4*" in page.url or "matricula=12%3F4%2A" in page.url
    if not device.get("is_mobile"):
        page.get_by_role("link", name="N.º").click()
        ids = [int(each) for each in page.locator("tbody .id").all_text_contents()]
        assert ids == sorted(ids)
    page.get_by_role("link", name="Quitar filtros").click()
    expect(rows).to_have_count(40)

    page.get_by_label("No detectadas").check()
    page.get_by_role("button", name="Buscar").click()
    expect(page.get_by_text("Ningún registro cumple estos filtros")).to_be_visible()


def test_a_record_is_corrected_and_the_correction_undone(page: Page, shoot: Shoot) -> None:
    page.goto("/registros")
    page.locator("tbody tr").first.get_by_role("img").first.click()
    expect(page.locator("polygon")).to_be_attached()
    shoot("registro")
    assert not sideways(page)
    owner = page.get_by_label("Propietario").input_value()
    page.get_by_label("Matrícula", exact=True).fill("0000 xyz")
    page.get_by_label("Propietario").fill("Otra persona")
    page.get_by_role("button", name="Guardar los cambios").click()
    expect(page.get_by_role("status")).to_have_text("Registro corregido")
    expect(page.locator(".headline .plate")).to_have_text("0000XYZ")
    expect(page.locator(".history")).to_contain_text(f"{owner} → Otra persona")
    page.get_by_role("button", name="Deshacer la última corrección").click()
    expect(page.get_by_label("Propietario")).to_have_value(owner)
    expect(page.locator(".history .undone").first).to_be_visible()


def test_a_vehicle_shows_its_visits(page: Page, shoot: Shoot) -> None:
    page.goto("/registros?matricula=5678")
    page.locator("tbody a.plate").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("5678FGH")
    assert page.locator(".gallery img").count() > 5
    shoot("matricula")
    assert not sideways(page)


def test_the_summary_is_shown(page: Page, shoot: Shoot) -> None:
    page.goto("/resumen")
    expect(page.get_by_role("img", name="Visitas por día")).to_be_visible()
    assert page.locator(".chart rect").count() > 24
    expect(page.locator("table").last).to_contain_text("ABC1234")
    shoot("resumen")
    assert not sideways(page)


@pytest.mark.parametrize("path", ["/registros", "/registros/1", "/matriculas/1234BCD", "/resumen"])
def test_a_page_weighs_little_and_comes_from_here(browser: Browser, own_server: Server, path: str) -> None:
    page = browser.new_page(base_url=own_server.url)
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - Playwright takes no built-in
    page.goto(path, wait_until="networkidle")
    weights = {answer.url: len(answer.body()) for answer in answers}
    assert all(address.startswith(own_server.url) for address in weights)
    assert sum(".css" in address for address in weights) == 1
    assert sum(weight for address, weight in weights.items() if "/uploads/" not in address) <= MOST_BYTES
    page.close()


def test_the_office_works_without_javascript(browser: Browser, own_server: Server, tmp_path: Path) -> None:
    context = browser.new_context(base_url=own_server.url, java_script_enabled=False, locale="es-ES")
    page = context.new_page()
    page.goto("/registros?matricula=9012")
    page.get_by_text("Más filtros y orden").click()
    page.get_by_label("Orden").select_option("id")
    page.get_by_role("button", name="Buscar").click()
    assert "orden=id" in page.url
    page.locator("tbody tr").first.get_by_role("link").first.click()
    page.get_by_label("Observación").fill("sin JavaScript")
    page.get_by_role("button", name="Guardar los cambios").click()
    expect(page.get_by_role("status")).to_have_text("Registro corregido")
    context.close()
