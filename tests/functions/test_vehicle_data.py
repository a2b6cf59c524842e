"""Everything about one vehicle, exported and erased over HTTP."""

import io
import zipfile

import pytest

from conftest import Client
from drawing import encoded, street

PHOTOGRAPH = encoded(street((64, 48)))


def save(client: Client, plate: str) -> None:
    answer = client.post("/guardar", data={"matricula": plate}, files={"imagen": ("foto.jpg", PHOTOGRAPH)})
    assert answer.ok


def test_a_vehicle_is_exported_and_erased(client: Client) -> None:
    for plate in ("8888XYZ", "8888XYZ", "8888XYW"):
        save(client, plate)
    page = client.get("/matriculas/8888XYZ/borrar")
    assert page.status_code == 200
    assert "2 registros" in page.text
    assert "/matriculas/8888XYZ/exportar" in page.text
    exported = client.get("/matriculas/8888XYZ/exportar")
    assert exported.headers["Content-Disposition"] == "attachment; filename=8888XYZ.zip"
    with zipfile.ZipFile(io.BytesIO(exported.content)) as archive:
        assert archive.testzip() is None
        assert len([name for name in archive.namelist() if name.endswith(".jpg")]) == 2
    erased = client.post("/matriculas/8888XYZ/borrar")
    assert "Borrado todo lo del vehículo: 2 registros" in erased.text
    exported_csv = client.get("/descargar").text
    assert "8888XYZ" not in exported_csv
    assert "8888XYW" in exported_csv
    assert client.get("/matriculas/8888XYZ/exportar").status_code == 404


@pytest.mark.parametrize("page", ["exportar", "borrar", "exportar?parte=99999"])
@pytest.mark.parametrize("plate", ["0000NONE", "NO_DETECTADA", "..", "abc", "a b", "%2e%2e"])
def test_there_is_no_page_of_what_is_no_vehicle_here(client: Client, plate: str, page: str) -> None:
    assert client.get(f"/matriculas/{plate}/{page}", allow_redirects=False).status_code == 404


def test_asking_erases_nothing(client: Client) -> None:
    save(client, "8888XYV")
    client.get("/matriculas/8888XYV/borrar")
    assert "8888XYV" in client.get("/descargar").text
