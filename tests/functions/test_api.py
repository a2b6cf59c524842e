"""The programs' API, from outside."""

import io
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from PIL import Image

from conftest import Client
from coronet import reference
from drawing import photograph

JSON = {"Accept": "application/json"}


@pytest.fixture
def api(client: Client) -> Client:
    """A program that asks for JSON."""
    client.headers.update(JSON)
    return client


def save(api: Client, image: bytes | None = None, headers: dict[str, str] | None = None, **fields: str) -> Any:
    answer = api.post("/guardar", data=fields, files={"imagen": ("foto.jpg", image or photograph())}, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


def problem(answer: requests.Response, status: int, campo: str | None = None) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["status"] == status
    assert document.get("campo") == campo
    assert document["title"] and document["detail"] and document["type"].startswith("/api#error.")
    return document


def test_a_save_answers_with_the_record_and_where_it_is(api: Client) -> None:
    fields = {"matricula": "1234 bcd", "propietario": "Ana Ñandú", "tipo_vehiculo": "Camión", "observacion": "x"}
    answer = api.post("/guardar", data=fields, files={"imagen": ("foto.jpg", photograph())})
    assert answer.status_code == 201
    assert answer.headers["Content-Type"] == "application/json"
    assert "Accept" in answer.headers["Vary"]
    record = answer.json()
    assert record | {**fields, "matricula": "1234BCD", "placa": None, "revisar": False, "lectura": None} == record
    assert Image.open(io.BytesIO(api.get(record["fotografia"]).content)).format == "JPEG"
    assert Image.open(io.BytesIO(api.get(record["miniatura"]).content)).format == "WEBP"
    assert answer.headers["Location"] == f"/registros/{record['id']}"
    assert api.get(answer.headers["Location"]).json() == record


@pytest.mark.parametrize(
    "accept", ["application/json", "application/json, text/plain, */*", "text/html;q=0.5, application/json"]
)
def test_who_prefers_json_gets_it(client: Client, accept: str) -> None:
    assert client.get("/registros", headers={"Accept": accept}).json()["total"] >= 0


@pytest.mark.parametrize("accept", ["*/*", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", ""])
def test_who_does_not_ask_for_json_gets_pages(client: Client, accept: str) -> None:
    assert client.get("/registros", headers={"Accept": accept}).text.startswith("<!doctype html>")


def test_pages_of_records_by_cursor(api: Client) -> None:
    ids = [save(api, matricula=f"CUR{number}")["id"] for number in range(5)]
    first = api.get("/registros", params={"limite": 2}).json()
    assert [each["id"] for each in first["registros"]] == ids[:-3:-1]
    assert first["total"] >= 5
    second = api.get("/registros", params={"limite": 2, "antes": first["siguiente"]}).json()
    assert [each["id"] for each in second["registros"]] == ids[-3:-5:-1]
    last = api.get("/registros", params={"limite": 500, "antes": 2}).json()
    assert last["siguiente"] is None


@pytest.mark.parametrize("query", ["limite=0", "limite=501", "limite=x", "antes=-1", "antes=٣", "antes=1.5"])
def test_numbers_out_of_range_are_refused(api: Client, query: str) -> None:
    problem(api.get(f"/registros?{query}"), 422, query.partition("=")[0])


def test_what_is_wrong_is_a_problem_document(api: Client) -> None:
    assert problem(api.post("/guardar"), 422, "imagen")["detail"] == "Debes subir una imagen"
    junk = {"imagen": ("foto.jpg", b"<script>")}
    assert "JPEG, PNG, WebP o HEIC" in problem(api.post("/guardar", files=junk), 422, "imagen")["detail"]
    photo = {"imagen": ("foto.jpg", photograph())}
    problem(api.post("/guardar", data={"matricula": "LO SIENTO NO VEO"}, files=photo), 422, "matricula")
    problem(api.post("/guardar", data={"propietario": "x" * 201}, files=photo), 422, "propietario")
    problem(api.get("/uploads/no.jpg"), 404)
    problem(api.get("/nada"), 404)
    assert problem(api.post("/registros"), 405)
    assert api.post("/registros").headers["Allow"] == "GET, HEAD"


def test_a_body_over_the_limit_is_a_problem_too(api: Client, server: object) -> None:
    problem(api.post("/guardar", files={"imagen": ("foto.jpg", bytes(30 * 1024 * 1024))}), 413)


def test_a_record_is_corrected(api: Client) -> None:
    record = save(api, matricula="PAT1", propietario="Ana", observacion="x")
    address = f"/registros/{record['id']}"
    changes = {"matricula": "pat-2", "observacion": ""}
    answer = api.patch(address, json=changes)
    assert answer.status_code == 200
    assert answer.json() == {**record, "matricula": "PAT-2", "observacion": ""}
    assert api.get(address).json() == answer.json()


@pytest.mark.parametrize(
    ("body", "campo"),
    [
        ({"id": 7}, None),
        ({"imagen": "x.jpg"}, None),
        ({"propietario": 7}, None),
        ({"propietario": None}, None),
        ({}, None),
        (["propietario"], None),
        ("x", None),
        ({"propietario": "x" * 201}, "propietario"),
        ({"matricula": "LO SIENTO NO VEO"}, "matricula"),
    ],
)
def test_what_is_no_correction_changes_nothing(api: Client, body: object, campo: str | None) -> None:
    record = save(api, matricula="PAT3")
    address = f"/registros/{record['id']}"
    problem(api.patch(address, json=body), 422, campo)
    problem(api.patch(address, data=b"\xff{", headers={"Content-Type": "application/json"}), 422)
    assert api.get(address).json() == record


def test_a_record_is_deleted(api: Client) -> None:
    record = save(api, matricula="DEL1")
    address = f"/registros/{record['id']}"
    answer = api.delete(address)
    assert (answer.status_code, answer.content) == (204, b"")
    problem(api.get(address), 404)
    problem(api.delete(address), 404)
    problem(api.patch(address, json={"observacion": "x"}), 404)
    assert api.get(record["fotografia"]).status_code == 404


@pytest.mark.parametrize("path", ["/registros/999999", "/registros/x", "/registros/٣", "/registros/1e3"])
def test_a_record_that_does_not_exist(client: Client, path: str) -> None:
    problem(client.get(path, headers=JSON), 404)
    problem(client.delete(path), 404)  # whatever is asked for: no page sends it
    assert client.get(path).status_code == 404


def test_the_description_is_served_as_it_is_and_as_a_page(client: Client) -> None:
    answer = client.get("/openapi.yaml")
    assert answer.headers["Content-Type"].startswith("application/yaml")
    assert answer.content == reference.DESCRIPTION.read_bytes()
    page = client.get("/api").text
    for operation in reference.operations():
        assert f"<b>{operation.method}</b> {operation.path}</code>" in page
    missing = problem(client.post("/guardar", headers=JSON), 422, "imagen")["type"]
    anchors = set(re.findall(r'href="#([^"]+)"', page)) | {missing.removeprefix("/api#")}
    assert len(anchors) > 5
    assert anchors <= set(re.findall(r'id="([^"]+)"', page))
    assert "http" not in "".join(re.findall(r"<(?:script|link|img)[^>]*>", page))


def test_a_repeated_save_is_one_record(api: Client) -> None:
    photo, key = photograph(), {"Idempotency-Key": str(uuid.uuid4())}
    total = api.get("/registros").json()["total"]
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: save(api, photo, key, matricula="IDEM1"), range(6)))
    assert all(answer == answers[0] for answer in answers)
    assert api.get("/registros").json()["total"] == total + 1
    assert save(api, photo, {"Idempotency-Key": str(uuid.uuid4())}, matricula="IDEM1")["id"] > answers[0]["id"]


def test_a_key_holds_for_one_body(api: Client) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    record = save(api, photograph("AAA1"), key, matricula="IDEM2")
    other = {"imagen": ("foto.jpg", photograph("BBB2"))}
    problem(api.post("/guardar", data={"matricula": "IDEM2"}, files=other, headers=key), 422, "Idempotency-Key")
    assert save(api, photograph("AAA1"), key, matricula="IDEM2") == record


@pytest.mark.parametrize("key", ["", "x" * 201, "a b", "ñ".encode()])
def test_what_is_no_key_is_refused(api: Client, key: str | bytes) -> None:
    files = {"imagen": ("foto.jpg", photograph())}
    answer = api.post("/guardar", files=files, headers={"Idempotency-Key": key})
    problem(answer, 422, "Idempotency-Key")
