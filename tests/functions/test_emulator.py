"""Every HTTP function as Lambda runs it: AWS's runtime interface and API Gateway's events (`tests/events/`)."""

import base64
import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from coronet.access import Right, new_api_key
from coronet.gateway import routes
from emulator import EMULATOR, Invoke, emulating
from servers import PROJECT

KEY, KEPT_OF_KEY = new_api_key("pruebas", Right)

pytestmark = pytest.mark.skipif(not EMULATOR.is_file(), reason="AWS's emulator is for Linux on x86-64 and arm64")


def with_token(name: str, **claims: str) -> dict[str, Any]:
    """That event as API Gateway sends it when its JWT authorizer has verified a token with these claims."""
    kept = event(name)
    del kept["headers"]["x-api-key"]
    kept["headers"]["accept"] = "application/json"
    kept["headers"]["authorization"] = "Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln"
    return {
        "headers": kept["headers"],
        "requestContext": {**kept["requestContext"], "authorizer": {"jwt": {"claims": claims, "scopes": None}}},
    }


def event(name: str, **changes: Any) -> dict[str, Any]:
    """The event in `tests/events/NAME.json`, sent with the key, and with some of its fields changed."""
    kept = json.loads((PROJECT / "tests" / "events" / f"{name}.json").read_text("utf-8"))
    kept["headers"]["x-api-key"] = KEY
    return {**kept, **changes}


@pytest.fixture
def functions(tmp_path: Path) -> Iterator["Functions"]:
    with ExitStack() as stack:
        yield Functions(tmp_path, stack)


class Functions:
    """The functions of one register, each started when it is first asked."""

    def __init__(self, home: Path, stack: ExitStack) -> None:
        self._home = home
        self._stack = stack
        self._running: dict[str, Invoke] = {}

    def __call__(self, name: str, kept: str = "", **changes: Any) -> dict[str, Any]:
        """The answer to the event `kept`, by default the function's own."""
        if name not in self._running:
            environ = {
                "CORONET_HOME": str(self._home),
                "CORONET_READERS": "tesseract",
                "CORONET_API_KEYS": str(KEPT_OF_KEY),
            }
            self._running[name] = self._stack.enter_context(emulating(name, self._home, environ=environ))
        answer: dict[str, Any] = self._running[name](event(kept or name, **changes))
        return answer


def text(answer: dict[str, Any]) -> str:
    return body(answer).decode("utf-8")


def body(answer: dict[str, Any]) -> bytes:
    return base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()


def header(answer: dict[str, Any], name: str) -> str:
    return str(answer["headers"][name])


def test_a_vehicle_from_upload_to_delete(functions: Functions) -> None:
    saved = functions("guardar")
    assert (saved["statusCode"], header(saved, "location")) == (302, "/")
    [cookie] = saved["cookies"]
    assert cookie.startswith("__Host-coronet=") and {"HttpOnly", "Secure"} <= set(cookie.split("; "))

    page = functions("inicio", cookies=[cookie.partition(";")[0]])
    assert "✅ Registro guardado correctamente" in text(page)

    listed = functions("registros")
    assert "Ana Ñandú" in text(listed)

    [row] = csv.DictReader(io.StringIO(text(functions("descargar"))))
    assert (row["matricula"], row["propietario"], row["tipo_vehiculo"]) == ("1234BCD", "Ana Ñandú", "Camión")

    picture = functions("uploads", rawPath=f"/uploads/{row['imagen']}", pathParameters={"filename": row["imagen"]})
    assert header(picture, "content-type") == "image/jpeg"
    assert picture["isBase64Encoded"]
    assert Image.open(io.BytesIO(body(picture))).size == (480, 360)

    deleted = functions("eliminar", rawPath=f"/eliminar/{row['id']}")
    assert (deleted["statusCode"], header(deleted, "location")) == (302, "/registros")
    again = functions("uploads", rawPath=f"/uploads/{row['imagen']}")
    assert again["statusCode"] == 404


def test_an_asset_arrives_byte_for_byte(functions: Functions) -> None:
    answer = functions("estaticos")
    shipped = (PROJECT / "lib" / "coronet" / "static" / "icon.svg").read_bytes()
    assert hashlib.sha256(body(answer)).digest() == hashlib.sha256(shipped).digest()


def test_an_upload_without_a_photograph_flashes_the_error(functions: Functions) -> None:
    empty = functions("guardar", body=base64.b64encode(b"").decode())
    assert (empty["statusCode"], header(empty, "location")) == (302, "/")
    page = functions("inicio", cookies=[empty["cookies"][0].partition(";")[0]])
    assert "⚠️ Debes subir una imagen" in text(page)


def test_without_a_password_or_a_key_nothing_is_served(tmp_path: Path) -> None:
    with emulating("registros", tmp_path, environ={"CORONET_HOME": str(tmp_path)}) as invoke:
        assert invoke(event("registros"))["statusCode"] == 403


def test_a_verified_token_does_what_its_scopes_say(functions: Functions, tmp_path: Path) -> None:
    gate = functions("guardar", **with_token("guardar", sub="porteria", scope="guardar"))
    assert gate["statusCode"] == 201  # it needs no CSRF token
    assert '"who": "jwt:porteria", "what": "saved"' in (tmp_path / "data" / "auditoria.log").read_text("utf-8")
    assert functions("registros", **with_token("registros", sub="porteria", scope="leer"))["statusCode"] == 200
    for claims, status in (
        ({"sub": "porteria"}, 403),
        ({"sub": "x", "scope": "guardar"}, 403),
        ({"scope": "leer"}, 401),
    ):
        assert functions("registros", **with_token("registros", **claims))["statusCode"] == status


def test_a_token_that_nobody_verified_is_none(functions: Functions) -> None:
    said = with_token("registros", sub="porteria", scope="leer")
    claims = json.dumps(said["requestContext"]["authorizer"])
    names = ("requestContext", "apig_wsgi.request_context", "apig-wsgi-request-context", "x-amzn-request-context")
    headers = said["headers"] | dict.fromkeys(names, claims)
    assert functions("registros", headers=headers)["statusCode"] == 401
    del headers["authorization"]
    assert functions("registros", headers=headers)["statusCode"] == 401


@pytest.mark.parametrize("name", sorted({Path(route.folder).name for route in routes()}))
def test_every_function_of_the_template_answers(functions: Functions, name: str) -> None:
    route = next(route for route in routes() if Path(route.folder).name == name)
    path = re.sub(r"{\w+}", "1", route.path)
    context = event("inicio")["requestContext"]
    context["http"] |= {"method": route.method, "path": path}
    answer = functions(name, "inicio", rawPath=path, requestContext=context)
    assert answer["statusCode"] < 500
    assert answer["statusCode"] != 405
