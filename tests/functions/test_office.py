"""The office's pages, from outside: search, a record and its correction, deleting several."""

import csv
import io
import re
from typing import Any

import pytest
from openpyxl import load_workbook

from conftest import Client
from drawing import photograph


def save(client: Client, plate: str, **fields: str) -> dict[str, Any]:
    answer = client.post(
        "/guardar",
        data={"matricula": plate, **fields},
        files={"imagen": ("foto.jpg", photograph(plate))},
        headers={"Accept": "application/json"},
    )
    record: dict[str, Any] = answer.json()
    return record


def shown(page: str) -> list[str]:
    """The plates in the register's table, from the top."""
    return re.findall(r'<td class="read">.*?class="plate[^>]*>([^<]*)<', page)


def found(client: Client, **parameters: str) -> list[str]:
    answer = client.get("/registros", params=parameters)
    assert answer.status_code == 200
    return shown(answer.text)


def test_the_register_is_searched_by_its_address(client: Client) -> None:
    for plate, owner in (("OFF-1", "Íñigo Muñoz"), ("OFF-22", "Ana"), ("OFG-3", "munoz hermanos")):
        save(client, plate, propietario=owner, observacion="oficina")
    office = {"observacion": "OFICINA"}
    assert found(client, **office) == ["OFG-3", "OFF-22", "OFF-1"]
    assert found(client, **office, matricula="off*") == ["OFF-22", "OFF-1"]
    assert found(client, **office, matricula="OF?1") == ["OFF-1"]
    assert found(client, **office, propietario="MUÑOZ", orden="matricula") == ["OFF-1", "OFG-3"]
    assert found(client, **office, hasta="2020-01-01") == []
    first = client.get("/registros", params={**office, "orden": "matricula", "limite": "2"}).text
    assert shown(first) == ["OFF-1", "OFF-22"]
    [following] = re.findall(r'href="(/registros[^"]*)" rel="next"', first)
    second = client.get(following.replace("&amp;", "&") + "&limite=2").text
    assert shown(second) == ["OFG-3"]
    assert "3–3 de 3" in second


def test_filters_stand_in_the_form_as_they_were_sent(client: Client) -> None:
    page = client.get("/registros", params={"matricula": '"><b>', "revisar": "1", "desde": "2026-01-02"}).text
    assert 'value="&#34;&gt;&lt;b&gt;"' in page
    assert 'name="revisar" value="1" checked' in page
    assert 'value="2026-01-02"' in page


@pytest.mark.parametrize("query", ["desde=ayer", "orden=imagen", "antes=x"])
def test_a_filter_that_cannot_be_is_explained(client: Client, query: str) -> None:
    answer = client.get(f"/registros?{query}")
    assert answer.status_code == 422
    assert query.partition("=")[0] in answer.text


def test_a_record_is_corrected_confirmed_and_undone_on_its_page(client: Client) -> None:
    record = save(client, "1234BCD", propietario="Ana")
    address = f"/registros/{record['id']}"
    assert record["fotografia"] in client.get(address).text

    page = client.post(address, data={"matricula": "5678 fgh", "propietario": "Ana", "observacion": "roja"}).text
    assert "Registro corregido" in page
    assert "<del>1234BCD</del> → <ins>5678FGH</ins>" in page
    assert "propietario:" not in page  # it did not change
    assert found(client, matricula="5678FGH")[:1] == ["5678FGH"]

    assert "Corrección deshecha" in client.post(address, data={"accion": "deshacer"}).text
    assert "No hay ninguna corrección que deshacer" in client.post(address, data={"accion": "deshacer"}).text
    assert "Confirmada: 1234BCD" in client.post(address, data={"accion": "confirmar"}).text
    assert "no es válida" in client.post(address, data={"matricula": "LO SIENTO NO VEO"}).text
    assert client.post("/registros/999999", data={"accion": "confirmar"}).status_code == 404


def test_several_are_deleted_after_asking(client: Client) -> None:
    ids = [save(client, f"DEL{number}")["id"] for number in range(3)]
    page = client.post("/eliminar", data={"ids": ids[:2]}).text
    assert "DEL0" in page and "DEL1" in page and "DEL2" not in page
    assert found(client, matricula="DEL?") == ["DEL2", "DEL1", "DEL0"]  # only asked so far
    assert "Registros eliminados: 2" in client.post("/eliminar", data={"ids": ids[:2], "confirmado": "1"}).text
    assert found(client, matricula="DEL?") == ["DEL2"]
    assert "Elige entre 1 y 500 registros" in client.post("/eliminar").text


def test_a_vehicle_has_its_page(client: Client) -> None:
    ids = [save(client, "VEH-1", propietario=owner)["id"] for owner in ("Ana", "Eva", "Eva")]
    page = client.get("/matriculas/VEH1").text
    assert re.findall(r'href="/registros/(\d+)"', page) == [str(id) for id in reversed(ids)]
    assert "<dd>Eva</dd>" in page
    assert client.get("/matriculas/NUNCA1").status_code == 404
    assert client.get("/matriculas/NO_DETECTADA").status_code == 404


def test_the_summary_shows_a_period(client: Client) -> None:
    record = save(client, "SUM1", tipo_vehiculo="Tractor")
    day = record["fecha_hora"][:10]
    page = client.get("/resumen", params={"desde": day, "hasta": day}).text
    assert re.search(r"<td>Tractor</td>.*?<td class=\"figure\">1</td>", page, re.DOTALL)
    assert f"<td>{day}</td>" in page
    assert 'role="img"' in page
    assert client.get("/resumen").status_code == 200
    assert "No hay registros en este periodo" in client.get("/resumen?hasta=0001-01-01").text
    assert client.get("/resumen?desde=ayer").status_code == 422


def test_what_is_searched_is_downloaded(client: Client) -> None:
    for number in range(3):
        save(client, f"DWN{number}", observacion="=1+1")
    everything = client.get("/descargar").content
    answer = client.get("/descargar", params={"matricula": "dwn?"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [(row["matricula"], row["observacion"]) for row in rows] == [(f"DWN{each}", "'=1+1") for each in range(3)]
    assert everything.splitlines()[0] == answer.content.splitlines()[0]
    assert len(everything) > len(answer.content)

    answer = client.get("/descargar.xlsx", params={"matricula": "dwn?", "orden": "matricula"})
    assert answer.headers["Content-Disposition"] == "attachment; filename=registros.xlsx"
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    assert [row[2].value for row in sheet.iter_rows(min_row=2)] == ["DWN0", "DWN1", "DWN2"]
    assert len(sheet._images) == 3
