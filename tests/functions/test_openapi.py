"""The running server does as openapi.yaml says: schemathesis asks what it allows, and what it does not."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import negative_data_rejection

from coronet import reference
from drawing import encoded, photograph, vehicle
from servers import Server, serving

PHOTOGRAPHS = [encoded(vehicle(size=(320, 240)), format) for format in ("JPEG", "PNG", "WEBP")]

for media_type in ("image/jpeg", "image/png", "image/webp", "image/heic"):
    schemathesis.openapi.media_type(media_type, st.sampled_from(PHOTOGRAPHS))
schemathesis.openapi.format("byte", st.sampled_from([base64.b64encode(photo).decode() for photo in PHOTOGRAPHS]))

description = schemathesis.openapi.from_path(str(reference.DESCRIPTION))


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own, with a few records; without a reader, which would take most of the time."""
    with serving(tmp_path_factory.mktemp("home"), environ={"CORONET_READERS": "openai"}) as server:
        for plate in ("API1", "API2", "API3"):
            files = {"imagen": ("foto.jpg", PHOTOGRAPHS[0])}
            requests.post(
                server.url + "/guardar", data={"matricula": plate}, files=files, timeout=60
            ).raise_for_status()
        yield server.url


@pytest.mark.long
@description.parametrize()
@settings(max_examples=10, deadline=None, derandomize=True)
def test_the_server_does_as_described(url: str, case: "schemathesis.Case[Any]") -> None:
    # Forms send what was left empty, and addresses what others put into them: what people use passes over both.
    for_people = case.operation.method == "get" or "páginas" in (case.operation.tags or ())
    lenient: list[Any] = [negative_data_rejection] if for_people else []
    headers = {"Accept": "application/json"}
    case.call_and_validate(base_url=url, allow_redirects=False, headers=headers, excluded_checks=lenient)


@pytest.mark.parametrize(("path", "field"), [("/guardar", "imagen"), ("/v1/plate-reader/", "upload")])
def test_what_was_read_is_as_described(server: Server, path: str, field: str) -> None:
    photo = {field: ("foto.jpg", photograph("1234BCD"))}
    answer = requests.post(server.url + path, files=photo, headers={"Accept": "application/json"}, timeout=60)
    assert answer.status_code == 201
    assert answer.json().get("lectura") or answer.json().get("results")
    assert description[path]["POST"].is_valid_response(answer)
