"""A person logs in, works and logs out, in a real browser that enforces the pages' policy."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, expect

from coronet.access import hash_password
from coronet.gateway import routes
from servers import Server, serving

from .conftest import sideways

PASSWORD = "una contraseña larga"
DOWNLOADS = {"/descargar", "/descargar.xlsx", "/openapi.yaml", "/matriculas/1234BCD/exportar"}


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    environ = {"CORONET_READERS": "tesseract", "CORONET_PASSWORD_HASH": hash_password(PASSWORD)}
    with serving(tmp_path_factory.mktemp("closed"), environ=environ) as running:
        yield running


def test_log_in_save_delete_and_log_out_within_the_policy(browser: Browser, closed: Server, photo: Path) -> None:
    """Every page that a person can open is shown without a violation of its Content-Security-Policy."""
    violations: list[str] = []

    def look(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            violations.append(message.text)

    context = browser.new_context(base_url=closed.url, locale="es-ES")
    page = context.new_page()
    page.on("console", look)
    page.goto("/registros")
    page.get_by_label("Contraseña").fill("no es esta, no")
    page.get_by_role("button", name="Entrar").click()
    expect(page.get_by_role("alert")).to_have_text("La contraseña no es correcta")
    page.get_by_label("Contraseña").fill(PASSWORD)
    page.get_by_role("button", name="Entrar").click()
    expect(page).to_have_url(f"{closed.url}/registros")
    page.set_viewport_size({"width": 320, "height": 640})
    assert not sideways(page)

    saved = page.request.post(
        "/guardar",
        multipart={
            "matricula": "1234BCD",
            "imagen": {"name": "foto.jpg", "mimeType": "image/jpeg", "buffer": photo.read_bytes()},
            "csrf_token": page.locator("meta[name=csrf-token]").get_attribute("content") or "",
        },
    )
    assert saved.ok
    for route in routes():
        path = route.path.replace("{id}", "1").replace("{plate}", "1234BCD").replace("{matricula}", "1234BCD")
        if route.method == "GET" and "{" not in path and not path.startswith("/eliminar") and path not in DOWNLOADS:
            page.goto(path)
            page.wait_for_load_state("networkidle")

    page.goto("/registros/1")
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}))"
    )
    assert page.evaluate("window.ran") is None, "the policy lets a script in the page run"
    assert violations.pop().startswith("Executing inline script"), "violations are not seen"
    assert violations == []

    page.goto("/")
    page.get_by_role("button", name="Salir").click()
    expect(page).to_have_url(f"{closed.url}/entrar")
    page.goto("/registros")
    expect(page.get_by_label("Contraseña")).to_be_visible()
    context.close()


def test_a_photograph_outlives_the_session_and_is_sent_after_the_next_login(
    browser: Browser, closed: Server, photo: Path
) -> None:
    context = browser.new_context(base_url=closed.url, locale="es-ES")
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Contraseña").fill(PASSWORD)
    page.get_by_role("button", name="Entrar").click()
    context.clear_cookies()
    page.get_by_label("Observación").fill("sin sesión")
    page.locator("input[name=imagen]").set_input_files(photo)
    expect(page.get_by_role("region", name="Fotografías por enviar: 1")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("Tienes que iniciar sesión")
    page.get_by_role("link", name="Entrar").click()
    page.get_by_label("Contraseña").fill(PASSWORD)
    page.get_by_role("button", name="Entrar").click()
    expect(page.get_by_role("status")).to_contain_text("Registro guardado")
    csv = (closed.home / "data" / "registros.csv").read_text("utf-8")
    assert csv.count("sin sesión") == 1
    context.close()
