"""A guard at the gate: photographs, answers, corrections, and no network for a while."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from drawing import encoded, photograph, street, vehicle
from servers import Server

from .conftest import DESKTOP, PHONE, Shoot, sideways

on_phone = pytest.mark.parametrize("device", [PHONE], ids=["phone"], indirect=True)
on_desktop = pytest.mark.parametrize("device", [DESKTOP], ids=["desktop"], indirect=True)

SHELL_IS_KEPT = """async () => {
    for (let tries = 0; tries < 200; tries++) {
        if (await caches.match("/", { ignoreVary: true })) return true;
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return false;
}"""


def photographed(folder: Path, plate: str) -> Path:
    path = folder / f"{plate}.jpg"
    path.write_bytes(photograph(plate))
    return path


def plate_of(page: Page) -> Locator:
    return page.locator("#answer-plate")


def rows(server: Server, plate: str = "") -> list[dict[str, str]]:
    """The register's rows, or those of one plate."""
    answer = requests.get(f"{server.url}/descargar", timeout=30)
    data = io.StringIO(answer.content.decode("utf-8"), newline="")
    return [row for row in csv.DictReader(data) if plate in ("", row["matricula"])]


@pytest.fixture
def own_plate(device: dict[str, Any]) -> str:
    """A plate that no other test registers."""
    return "1357DFG" if "is_mobile" in device else "2468HJK"


def test_a_photograph_is_answered_on_the_same_page(
    page: Page, own_server: Server, own_plate: str, tmp_path: Path, shoot: Shoot
) -> None:
    photo = photographed(tmp_path, own_plate)
    page.goto("/")
    shoot("inicio")
    page.get_by_label("Observación").fill("puerta 2")
    page.locator("input[name=imagen]").set_input_files(photo)
    expect(plate_of(page)).to_have_text(own_plate)
    expect(page.get_by_role("status")).to_contain_text(f"Registro guardado. {own_plate}: Lectura segura")
    cutout = page.get_by_alt_text("La placa, recortada de la fotografía")
    assert cutout.evaluate("image => image.decode().then(() => image.naturalWidth)") == 240
    expect(page.get_by_text("Vehículo conocido")).to_be_hidden()
    [row] = rows(own_server, own_plate)
    assert row["observacion"] == "puerta 2"

    page.get_by_label("Propietario").fill("Ana López")
    page.get_by_label("Tipo de vehículo").fill("Automóvil")
    page.get_by_role("button", name="Guardar cambios").click()
    expect(page.get_by_role("status")).to_contain_text("Cambios guardados.")
    for _ in range(50):  # each field is saved by itself as it is left
        [row] = rows(own_server, own_plate)
        if row["propietario"] and row["tipo_vehiculo"]:
            break
        page.wait_for_timeout(100)
    assert (row["propietario"], row["tipo_vehiculo"], row["observacion"]) == ("Ana López", "Automóvil", "puerta 2")

    page.locator("input[name=imagen]").set_input_files(photo)
    expect(page.get_by_role("alert")).to_contain_text("Ya registrada hace poco: " + row["fecha_hora"][11:])
    expect(page.locator(".vehicle")).to_contain_text(
        re.compile(r"Ana López.*Automóvil.*Visitas anteriores\s*1", re.DOTALL)
    )
    expect(page.get_by_label("Propietario")).to_have_value("Ana López")
    page.locator(".phase").scroll_into_view_if_needed()
    shoot("resultado")
    again = rows(own_server, own_plate)[-1]
    assert (again["propietario"], again["tipo_vehiculo"], again["observacion"]) == ("Ana López", "Automóvil", "")
    page.get_by_role("button", name="Descartar este registro").click()
    expect(page.get_by_role("status")).to_have_text("Registro descartado.")
    assert rows(own_server, own_plate) == [row]


@on_phone
def test_a_doubtful_reading_is_said_and_fits_the_narrowest_phone(page: Page, tmp_path: Path) -> None:
    def doubt(route: Route) -> None:
        answer = route.fetch()
        saved = answer.json()
        saved["revisar"], saved["lectura"]["confianza"] = True, 0.46
        route.fulfill(response=answer, json=saved)

    page.set_viewport_size({"width": 320, "height": 640})
    page.route("**/guardar", doubt)
    page.goto("/")
    page.locator("input[name=imagen]").set_input_files(photographed(tmp_path, "3579FGH"))
    expect(page.locator(".certainty")).to_contain_text("Lectura dudosa: compruébala (46 %)")
    assert not sideways(page)


@on_phone
def test_a_plate_is_typed_in_and_the_reading_taken_back_with_one_tap(
    page: Page, own_server: Server, own_plate: str, tmp_path: Path
) -> None:
    read = own_plate.replace("5", "7").replace("6", "8")
    page.goto("/")
    page.locator("input[name=imagen]").set_input_files(photographed(tmp_path, read))
    expect(plate_of(page)).to_have_text(read)
    page.get_by_role("button", name="Escribirla").click()
    page.keyboard.type("0000 bbb")
    page.keyboard.press("Enter")
    expect(plate_of(page)).to_have_text("0000BBB")
    expect(plate_of(page)).to_be_focused()
    expect(page.locator(".certainty")).to_contain_text("Escrita a mano")
    page.get_by_role("button", name=read).click()
    expect(plate_of(page)).to_have_text(read)
    assert rows(own_server)[-1]["matricula"] == read


@on_phone
def test_what_was_filled_in_from_the_wrong_vehicle_gives_way(
    page: Page, own_server: Server, own_plate: str, tmp_path: Path
) -> None:
    wrong, right = own_plate[:4] + "LMN", own_plate[:4] + "LNM"
    page.goto("/")
    for plate, owner in ((wrong, "Eva"), (right, "Luis")):
        page.goto("/")
        page.get_by_label("Propietario").fill(owner)
        page.locator("input[name=imagen]").set_input_files(photographed(tmp_path, plate))
        expect(plate_of(page)).to_have_text(plate)
    page.locator("input[name=imagen]").set_input_files(photographed(tmp_path, wrong))
    expect(page.get_by_label("Propietario")).to_have_value("Eva")
    page.get_by_role("button", name="Escribirla").click()
    page.keyboard.type(right)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Propietario")).to_have_value("Luis")
    assert rows(own_server)[-1]["propietario"] == "Luis"


@on_phone
def test_a_photograph_without_a_plate_is_kept_and_said(page: Page, tmp_path: Path) -> None:
    (tmp_path / "calle.jpg").write_bytes(encoded(street()))
    page.goto("/")
    page.locator("input[name=imagen]").set_input_files(tmp_path / "calle.jpg")
    expect(plate_of(page)).to_have_text("NO_DETECTADA")
    expect(page.get_by_role("status")).to_contain_text("No se ha detectado ninguna matrícula")


@on_phone
def test_a_refused_photograph_is_explained_and_stays_until_it_is_discarded(page: Page, tmp_path: Path) -> None:
    (tmp_path / "foto.jpg").write_bytes(b"no soy una foto")
    page.goto("/")
    page.locator("input[name=imagen]").set_input_files(tmp_path / "foto.jpg")
    expect(page.get_by_role("alert")).to_contain_text("JPEG, PNG, WebP o HEIC")
    page.reload()
    outbox = page.get_by_role("region", name="Fotografías por enviar: 1")
    expect(outbox).to_contain_text("JPEG, PNG, WebP o HEIC")
    outbox.get_by_role("button", name="Descartar").click()
    expect(outbox).to_be_hidden()


@on_phone
def test_a_photograph_is_sent_upright_and_no_larger_than_it_needs_to_be(page: Page, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: turn it by 90 degrees to the right
    lying = vehicle(size=(4000, 3000)).rotate(90, expand=True).transpose(Image.Transpose.ROTATE_180)
    (tmp_path / "grande.jpg").write_bytes(encoded(lying, exif=exif, quality=95))
    page.goto("/")
    with page.expect_request("**/guardar") as sent:
        page.locator("input[name=imagen]").set_input_files(tmp_path / "grande.jpg")
    expect(plate_of(page)).to_have_text("1234BCD")
    body = sent.value.post_data_buffer or b""
    image = Image.open(io.BytesIO(body[body.index(b"\xff\xd8") :]))
    assert image.size == (1920, 1440)
    assert 0x0112 not in image.getexif()
    assert len(body) < 1_000_000


@on_phone
def test_ten_photographs_without_a_network_are_sent_once_it_is_back(
    page: Page, context: BrowserContext, own_server: Server, tmp_path: Path, shoot: Shoot
) -> None:
    photos = [photographed(tmp_path, f"{1000 + number}BCD") for number in range(10)]
    page.goto("/")
    assert page.evaluate(SHELL_IS_KEPT)
    before = len(rows(own_server))
    context.set_offline(True)
    for number, photo in enumerate(photos, 1):
        page.locator("input[name=imagen]").set_input_files(photo)
        expect(page.get_by_role("region", name=f"Fotografías por enviar: {number}")).to_be_visible()
        if number == 5:
            page.goto("/registros")  # the page at the gate opens in its place
    expect(page.get_by_role("status")).to_contain_text("la fotografía está a salvo aquí")
    shoot("sin-red")
    page.reload()
    expect(page.get_by_role("region", name="Fotografías por enviar: 10")).to_be_visible()
    context.set_offline(False)
    expect(page.locator(".outbox")).to_be_hidden(timeout=30000)
    page.reload()
    new = rows(own_server)[before:]
    assert [row["matricula"] for row in new] == [photo.stem for photo in photos]


@on_phone
def test_a_photograph_whose_answer_was_lost_is_one_record(
    page: Page, own_server: Server, own_plate: str, tmp_path: Path
) -> None:
    plate = own_plate[:4] + "VWX"
    lost: list[int] = []

    def lose_the_answer(route: Route) -> None:
        answer = route.fetch()
        lost.append(answer.status)
        route.abort() if len(lost) == 1 else route.fulfill(response=answer)

    page.route("**/guardar", lose_the_answer)
    page.goto("/")
    page.locator("input[name=imagen]").set_input_files(photographed(tmp_path, plate))
    expect(page.get_by_role("status")).to_contain_text("la fotografía está a salvo aquí")
    expect(plate_of(page)).to_have_text(plate)
    assert lost == [201, 201]
    assert len(rows(own_server, plate)) == 1


@on_desktop
def test_the_camera_is_reached_and_opened_from_the_keyboard(page: Page) -> None:
    page.on("filechooser", lambda _: None)  # from now on: asked for at the last moment, the browser may hear of it late
    page.goto("/")
    camera = page.locator("input[name=imagen]")
    expect(page.locator("label.album")).to_be_visible()  # the script has taken the page over
    for _ in range(12):
        page.keyboard.press("Tab")
        if camera.evaluate("input => input === document.activeElement"):
            break
    expect(camera).to_be_focused()
    with page.expect_file_chooser():
        page.keyboard.press("Enter")
