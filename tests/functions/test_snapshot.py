"""Plate Recognizer's Snapshot API, as the clients in its documentation call it."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import requests

from conftest import Client
from coronet import snapshot
from coronet.access import new_api_key
from coronet.model import Candidate, Corners, Reading, Sighting
from drawing import encoded, photograph, with_plate
from servers import serving

PATH = "/v1/plate-reader/"
HEADERS = {"Authorization": "Token 0123456789abcdef"}


def box(left: float, top: float, right: float, bottom: float) -> Corners:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def read(answer: requests.Response) -> dict[str, Any]:
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()
    assert set(document) == {"processing_time", "results", "filename", "version", "camera_id", "timestamp"}
    assert document["processing_time"] > 0
    return document


def test_a_file_is_read_and_nothing_is_kept(client: Client) -> None:
    before = client.get("/descargar").text
    data = {"regions": ["es", "pt"], "camera_id": "puerta-1", "config": json.dumps({"region": "strict"}), "mmc": "true"}
    answer = read(client.post(PATH, data=data, files={"upload": ("car.jpg", photograph())}, headers=HEADERS))
    assert (answer["filename"], answer["camera_id"]) == ("car.jpg", "puerta-1")
    assert answer["timestamp"].endswith("Z")
    for result in answer["results"]:
        assert {"box", "plate", "region", "score", "candidates", "dscore", "vehicle"} == set(result)
    assert client.get("/descargar").text == before


@pytest.mark.parametrize("beginning", ["", "data:image/jpeg;base64,"])
@pytest.mark.parametrize("how", ["data", "json", "multipart"])
def test_base64_is_read(client: Client, beginning: str, how: str) -> None:
    photo = photograph(format="PNG", compress_level=0)
    assert len(photo) > 1_000_000
    fields = {"upload": beginning + base64.b64encode(photo).decode(), "timestamp": "2026-11-23T10:00:00Z"}
    body: dict[str, Any] = {"files": {name: (None, value) for name, value in fields.items()}}
    answer = read(client.post(PATH, **(body if how == "multipart" else {how: fields}), headers=HEADERS))
    assert answer["timestamp"] == "2026-11-23T10:00:00Z"
    assert answer["camera_id"] is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": {"upload_url": "http://127.0.0.1/secret"}},
        {"data": {"upload": "%%%"}},
        {"data": {"upload": base64.b64encode(b"no photograph").decode()}},
        {"json": ["upload"]},
        {"files": {"upload": ("car.jpg", b"")}},
    ],
)
def test_what_cannot_be_read_is_refused_with_a_detail(client: Client, body: dict[str, Any]) -> None:
    answer = client.post(PATH, **body, headers=HEADERS)
    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_the_plate_is_read_where_it_is_for_whom_has_a_key(tmp_path: Path) -> None:
    key, kept = new_api_key("camara", ["guardar"])
    with serving(tmp_path, environ={"CORONET_READERS": "onnx", "CORONET_API_KEYS": str(kept)}) as server:
        photo = {"upload": ("car.jpg", encoded(with_plate("1234BCD", size=(1280, 960), at=(0.5, 0.64), height=70)))}
        assert requests.post(server.url + PATH, files=photo, headers=HEADERS, timeout=60).status_code == 401
        authorized = {"Authorization": f"Token {key}"}
        answer = read(requests.post(server.url + PATH, files=photo, headers=authorized, timeout=60))
    result = answer["results"][0]
    assert result["plate"] == "1234bcd"
    assert result["score"] > 0.5
    assert result["box"]["xmin"] < 640 < result["box"]["xmax"]
    assert result["box"]["ymin"] < 614 < result["box"]["ymax"]
    assert result["candidates"][0] == {"plate": "1234bcd", "score": result["score"]}


def test_a_plate_with_its_candidates_and_another_one_beside_it() -> None:
    here, almost, there = box(0.25, 0.5, 0.5, 0.6), box(0.26, 0.5, 0.5, 0.6), box(0.7, 0.5, 0.9, 0.6)
    candidates = (Candidate("1234-BCO", 0.2, almost), Candidate("XYZ1", 0.6, there), Candidate("1234BCD", 0.1))
    sighting = Sighting(Reading("1234-BCD", 0.9711, "onnx", here, candidates=candidates))
    answer = snapshot.answer(
        sighting, (1000, 500), milliseconds=12.5, filename="a.jpg", camera_id=None, timestamp="2026-11-23T10:00:00Z"
    )
    first, second = answer["results"]
    assert first["plate"] == "1234bcd"
    assert first["box"] == {"xmin": 250, "ymin": 250, "xmax": 500, "ymax": 300}
    assert (first["score"], first["dscore"]) == (0.971, 0.971)
    assert first["candidates"] == [{"score": 0.971, "plate": "1234bcd"}, {"score": 0.2, "plate": "1234bco"}]
    assert (second["plate"], second["score"], second["box"]["xmin"]) == ("xyz1", 0.6, 700)


def test_without_corners_the_box_is_the_photograph_and_without_a_plate_there_is_no_result() -> None:
    given: dict[str, Any] = {"milliseconds": 1, "filename": "a.jpg", "camera_id": None, "timestamp": ""}
    [result] = snapshot.answer(Sighting(Reading("AB1", 0.5, "openai")), (640, 480), **given)["results"]
    assert result["box"] == {"xmin": 0, "ymin": 0, "xmax": 640, "ymax": 480}
    assert snapshot.answer(Sighting(None), (640, 480), **given)["results"] == []
