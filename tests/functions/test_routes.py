"""The contract of the routes, from outside: the same tests for the local server and for sam local."""

import csv
import io
import re
from datetime import datetime, timedelta

import pytest
from PIL import Image

from conftest import Client
from drawing import encoded, photograph, vehicle

HEADER = "id,fecha_hora,matricula,propietario,tipo_vehiculo,observacion,imagen"


def save(client: Client, image: bytes | None = None, **fields: str) -> dict[str, str]:
    """Save a vehicle and return its row."""
    answer = client.post("/guardar", data=fields, files={"imagen": ("foto.jpg", image or photograph())})
    assert "✅ Registro guardado correctamente" in answer.text
    return rows(client)[-1]


def rows(client: Client) -> list[dict[str, str]]:
    answer = client.get("/descargar")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8"), newline="")))


def refused(client: Client, image: bytes, **fields: str) -> str:
    """The error that the user sees; nothing was stored."""
    before = rows(client)
    answer = client.post("/guardar", data=fields, files={"imagen": ("foto.jpg", image)}, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert rows(client) == before
    [message] = re.findall(r'<p class="flash error" role="alert">(.*?)</p>', client.get("/").text)
    return str(message)


def test_the_upload_page_has_the_form(client: Client) -> None:
    page = client.get("/").text
    for name in ("imagen", "propietario", "tipo_vehiculo", "observacion", "matricula"):
        assert f'name="{name}"' in page


def test_a_vehicle_is_registered_shown_downloaded_and_deleted(client: Client) -> None:
    row = save(client, propietario="Ana Ñandú", tipo_vehiculo="Camión", observacion="puerta 2", matricula="1234 bcd")
    assert row["matricula"] == "1234BCD"
    assert re.fullmatch(r"1234BCD_\d{8}_\d{6}(_\d+)?\.jpg", row["imagen"])
    datetime.strptime(row["fecha_hora"], "%Y-%m-%d %H:%M:%S")
    assert (row["propietario"], row["tipo_vehiculo"], row["observacion"]) == ("Ana Ñandú", "Camión", "puerta 2")

    page = client.get("/registros").text
    assert "Ana Ñandú" in page
    stem = row["imagen"].removesuffix(".jpg")
    assert f"/uploads/{stem}.mini.webp" in page
    picture = client.get(f"/uploads/{row['imagen']}")
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert Image.open(io.BytesIO(picture.content)).format == "JPEG"
    thumbnail = client.get(f"/uploads/{stem}.mini.webp")
    assert Image.open(io.BytesIO(thumbnail.content)).format == "WEBP"

    answer = client.post(f"/eliminar/{row['id']}", allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/registros")
    assert "Registro eliminado correctamente" in client.get("/registros").text
    assert client.get(f"/uploads/{row['imagen']}").status_code == 404
    assert client.get(f"/uploads/{stem}.mini.webp").status_code == 404
    assert row["id"] not in {each["id"] for each in rows(client)}


def test_ids_are_never_given_twice_and_a_link_deletes(client: Client) -> None:
    first = save(client, matricula="AAA111")
    assert client.get(f"/eliminar/{first['id']}").status_code == 200
    second = save(client, matricula="AAA222")
    assert int(second["id"]) > int(first["id"])


def test_the_download_is_an_attachment_with_the_exact_header(client: Client) -> None:
    answer = client.get("/descargar")
    assert answer.headers["Content-Disposition"] == "attachment; filename=registros.csv"
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.text.splitlines()[0] == HEADER


def test_two_photographs_of_one_second_are_both_kept(client: Client) -> None:
    images = {save(client, matricula="SAME1")["imagen"] for _ in range(4)}
    assert len(images) == 4
    assert all(client.get(f"/uploads/{image}").status_code == 200 for image in images)


def test_any_text_comes_back_as_it_was_typed(client: Client) -> None:
    note = '=1+1, "comillas"; línea\nsegunda 🚗 <b>ñ</b>'
    row = save(client, propietario="O'Brien, Seán", observacion=note, matricula="TXT1")
    assert row["observacion"] == "'" + note  # a spreadsheet does not run it
    assert "=1+1, &#34;comillas&#34;; línea\nsegunda 🚗 &lt;b&gt;ñ&lt;/b&gt;" in client.get("/registros").text


def test_without_an_image(client: Client) -> None:
    answer = client.post("/guardar", data={"propietario": "Ana"}, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert "⚠️ Debes subir una imagen" in client.get("/").text


@pytest.mark.parametrize(
    ("image", "says"),
    [
        (b"", "vacía"),
        (b"<script>alert(1)</script>", "JPEG, PNG, WebP o HEIC"),
        (encoded(vehicle(), "GIF"), "JPEG, PNG, WebP o HEIC"),
        (photograph()[:5000], "dañada"),
        (photograph() + bytes(20 * 1024 * 1024), "20 MB"),
    ],
    ids=["empty", "text", "gif", "truncated", "over 20 MB"],
)
def test_what_is_no_photograph_is_refused(client: Client, image: bytes, says: str, request_limit: int) -> None:
    if len(image) > request_limit:
        pytest.skip("larger than what can be sent at all")
    assert says in refused(client, image)


def test_a_body_far_over_the_limit_is_refused_with_the_same_redirect(client: Client, request_limit: int) -> None:
    image = bytes(40 * 1024 * 1024)
    if len(image) > request_limit:
        pytest.skip("larger than what can be sent at all")
    assert "20 MB" in refused(client, image)


def test_long_texts_and_odd_plates_are_refused(client: Client) -> None:
    assert "propietario admite 200 caracteres" in refused(client, photograph(), propietario="x" * 201)
    assert "matrícula escrita no es válida" in refused(client, photograph(), matricula="LO SIENTO NO VEO")
    assert "matrícula escrita no es válida" in refused(client, photograph(), matricula="ÑÑÑ")


@pytest.mark.parametrize(
    "path", ["/uploads/no.jpg", "/uploads/..registros.csv", "/uploads/x.json", "/estaticos/1/no.css"]
)
def test_what_does_not_exist(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/nada", "/uploads/..%2Fdata%2Fregistros.csv"])
def test_where_no_route_leads(client: Client, path: str) -> None:
    assert client.get(path).status_code in (403, 404)  # 403: sam local


def test_deleting_what_does_not_exist_says_so(client: Client) -> None:
    assert "No existe lo que buscas" in client.post("/eliminar/999999").text


def test_assets_are_kept_by_browsers_and_personal_data_is_not(client: Client) -> None:
    page = client.get("/")
    [address] = re.findall(r'href="(/estaticos/\w+/coronet\.css)"', page.text)
    asset = client.get(address)
    assert asset.headers["Content-Type"].startswith("text/css")
    assert "immutable" in asset.headers["Cache-Control"]
    assert client.get("/estaticos/another/coronet.css").headers["Cache-Control"] == "no-cache"
    assert client.get("/registros").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("accepted", "language", "title"),
    [
        (None, "es", "Registrar un vehículo"),
        ("", "es", "Registrar un vehículo"),
        ("de, *;q=0.5", "es", "Registrar un vehículo"),
        ("es-EC, es;q=0.9, en;q=0.8", "es", "Registrar un vehículo"),
        ("en;q=0.5, es;q=0.5", "es", "Registrar un vehículo"),
        ("en-GB, es;q=0.9", "en", "Register a vehicle"),
        ("fr, en;q=0.5", "en", "Register a vehicle"),
    ],
)
def test_pages_are_spanish_unless_english_is_preferred(
    client: Client, accepted: str | None, language: str, title: str
) -> None:
    page = client.get("/", headers={"Accept-Language": accepted}).text
    assert f'<html lang="{language}">' in page
    assert f"<h1>{title}</h1>" in page


def test_messages_are_english_where_that_is_preferred(client: Client) -> None:
    client.headers["Accept-Language"] = "en"
    assert "⚠️ A photograph is needed" in client.post("/guardar").text
    saved = client.post("/guardar", data={"matricula": "ENG1"}, files={"imagen": ("photo.jpg", photograph())})
    assert "✅ Record saved" in saved.text


def test_a_known_vehicle_and_a_repeated_visit_are_told(client: Client) -> None:
    save(client, matricula="KNOWN1", propietario="Ana <b>", tipo_vehiculo="Camión")
    answer = client.post("/guardar", data={"matricula": "KNOWN1"}, files={"imagen": ("foto.jpg", photograph())})
    assert "✅ Registro guardado correctamente" in answer.text
    assert "KNOWN1 ya se había registrado hace poco" in answer.text
    assert "Visitas anteriores: 1" in answer.text
    assert "Propietario: Ana &lt;b&gt;. Tipo: Camión." in answer.text
    assert rows(client)[-1]["propietario"] == ""


def test_a_record_is_completed_where_the_form_says_so(client: Client) -> None:
    save(client, matricula="KNOWN2", propietario="Ana", tipo_vehiculo="Camión")
    row = save(client, matricula="KNOWN2", completar="1")
    assert (row["propietario"], row["tipo_vehiculo"]) == ("Ana", "Camión")


def test_programs_get_the_vehicle_and_the_repeated_visit_with_a_record(client: Client) -> None:
    def known(id: int) -> tuple[object, object]:
        record = client.get(f"/registros/{id}", headers={"Accept": "application/json"}).json()
        return record["vehiculo"], record["repetido"]

    first = save(client, matricula="KNOWN3", propietario="Ana")
    second = save(client, matricula="KNOWN3")
    assert known(int(first["id"])) == (None, None)
    assert known(int(second["id"])) == (
        {"visitas": 1, "ultima_visita": first["fecha_hora"], "propietario": "Ana", "tipo_vehiculo": ""},
        {"id": int(first["id"]), "fecha_hora": first["fecha_hora"]},
    )


def test_a_photograph_that_waited_has_the_time_it_was_taken(client: Client) -> None:
    now = datetime.strptime(save(client, matricula="AGE1")["fecha_hora"], "%Y-%m-%d %H:%M:%S")
    then = datetime.strptime(save(client, matricula="AGE2", hace_segundos="7200")["fecha_hora"], "%Y-%m-%d %H:%M:%S")
    assert timedelta(seconds=7190) < now - then < timedelta(seconds=7210)
    assert "hace_segundos debe ser un número" in refused(client, photograph(), hace_segundos="-1")
