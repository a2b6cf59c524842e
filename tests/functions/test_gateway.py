"""The local server composes the functions by the template's routes; each also works alone."""

import shutil
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import pytest
import requests
from flask import Request
from werkzeug.test import EnvironBuilder

from coronet import gateway, wiring
from coronet.gateway import Route, compose, routes
from drawing import photograph
from servers import PROJECT, serving

FUNCTIONS = sorted(path.parent.name for path in PROJECT.glob("functions/*/main.py"))

NEW_FUNCTION = """
from coronet.web import endpoint, lambda_handler, path_parameter

@endpoint()
def saludo(request):
    return f"Hola, {path_parameter(request)}"

handler = lambda_handler(saludo)
"""

NEW_EVENT = """
  Saludo:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/saludo/
      Events:
        Saludo: { Type: HttpApi, Properties: { Method: GET, Path: "/saludo/{nombre}" } }
"""


def test_the_contracts_routes_are_in_the_template() -> None:
    contract = {
        ("GET", "/", "inicio"),
        ("POST", "/guardar", "guardar"),
        ("GET", "/registros", "registros"),
        ("GET", "/eliminar/{id}", "eliminar"),
        ("POST", "/eliminar/{id}", "eliminar"),
        ("GET", "/uploads/{filename}", "uploads"),
        ("GET", "/descargar", "descargar"),
    }
    assert contract <= {(route.method, route.path, Path(route.folder).name) for route in routes()}


def test_a_route_is_a_folder_and_an_event_and_nothing_else(tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(PROJECT / "functions", project / "functions")
    (project / "functions" / "saludo").mkdir()
    (project / "functions" / "saludo" / "main.py").write_text(NEW_FUNCTION)
    template = (PROJECT / "template.yaml").read_text()
    (project / "template.yaml").write_text(template.replace("\nResources:\n", f"\nResources:\n{NEW_EVENT}"))

    assert Route("GET", "/saludo/{nombre}", "functions/saludo/") in set(routes(project / "template.yaml"))
    answer = compose(project)
    assert answer(asked("/saludo/Ana")).get_data(as_text=True) == "Hola, Ana"
    assert answer(asked("/saludo/Ana", "POST")).status_code == 405
    assert answer(asked("/adios")).status_code == 404


def test_the_register_is_read_before_it_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    read = Event()
    monkeypatch.setattr(wiring, "ledger", lambda: SimpleNamespace(records=read.set))
    gateway._read_ahead.cache_clear()  # by another test's request
    gateway.coronet(asked("/salud"))
    assert read.wait(10)


def asked(path: str, method: str = "GET") -> Request:
    return Request(EnvironBuilder(path, method=method, environ_base={"REMOTE_ADDR": "127.0.0.1"}).get_environ())


def test_every_http_function_has_a_route() -> None:
    routed = {Path(route.folder).name for route in routes()}
    assert routed == {name for name in FUNCTIONS if "lambda_handler" in source(name)}


def source(name: str) -> str:
    return (PROJECT / "functions" / name / "main.py").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "method", "path", "status"),
    [
        ("inicio", "GET", "/", 200),
        ("guardar", "POST", "/guardar", 302),
        ("registros", "GET", "/registros", 200),
        ("eliminar", "POST", "/eliminar/1", 302),
        ("uploads", "GET", "/uploads/nada.jpg", 404),
        ("descargar", "GET", "/descargar", 200),
        ("estaticos", "GET", "/estaticos/1/icon.svg", 200),
        ("entrar", "GET", "/entrar", 302),
        ("salir", "POST", "/salir", 302),
        ("salud", "GET", "/salud", 200),
    ],
)
def test_functions_framework_serves_each_function_alone(
    tmp_path: Path, name: str, method: str, path: str, status: int
) -> None:
    with serving(tmp_path, source=f"functions/{name}/main.py", target=name) as server:
        files = {"imagen": ("foto.jpg", photograph())} if name == "guardar" else None
        form = {"matricula": "1234BCD"} if name == "guardar" else None
        answer = requests.request(method, server.url + path, data=form, files=files, allow_redirects=False, timeout=30)
        assert answer.status_code == status
        if name == "guardar":
            assert (tmp_path / "data" / "registros.csv").read_text("utf-8").splitlines()[1].startswith("1,")
