"""One local application of all functions, by the routes in template.yaml: a functions-framework target."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.machinery import SourceFileLoader
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import yaml
from flask import Request
from flask.typing import ResponseReturnValue
from werkzeug import Response
from werkzeug import exceptions as http
from werkzeug.routing import Map, Rule

from coronet import wiring
from coronet.config import PROJECT
from coronet.errors import CoroNetError, MethodNotAllowed, NotFound
from coronet.web import Function, endpoint


@dataclass(frozen=True, slots=True)
class Route:
    """An HttpApi event of the template: method and path, and the folder of the function that answers it."""

    method: str
    path: str
    folder: str


def routes(template: Path = PROJECT / "template.yaml") -> Iterator[Route]:
    """The template's routes. Its CloudFormation tags (`!Ref`, `!Sub`, …) are passed over."""
    resources = yaml.load(template.read_text("utf-8"), _Template)["Resources"]  # noqa: S506 (a SafeLoader)
    for resource in resources.values():
        if resource["Type"] == "AWS::Serverless::Function":
            properties = resource["Properties"]
            for event in properties.get("Events", {}).values():
                if event["Type"] == "HttpApi":
                    yield Route(event["Properties"]["Method"], event["Properties"]["Path"], properties["CodeUri"])


def function(folder: str, project: Path = PROJECT) -> Function:
    """The function of `functions/NAME/`, as its `main.py` defines it under the same name."""
    name = Path(folder).name
    module = ModuleType(f"functions.{name}")
    loader = SourceFileLoader(module.__name__, str(project / folder / "main.py"))
    loader.exec_module(module)
    found: Function = getattr(module, name)
    return found


def compose(project: Path = PROJECT) -> Function:
    """A function that answers every route of the project's template with the function that the route names."""
    table = list(routes(project / "template.yaml"))
    functions = {folder: function(folder, project) for folder in {route.folder for route in table}}
    rules = [
        Rule(route.path.replace("{", "<").replace("}", ">"), methods=[route.method], endpoint=route.folder)
        for route in table
    ]
    urls = Map(rules, strict_slashes=False, redirect_defaults=False)

    def answer(request: Request) -> Response:
        try:
            folder, _ = urls.bind_to_environ(request.environ).match()
        except http.MethodNotAllowed as error:
            refusal = _method_not_allowed(request)
            refusal.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
            return refusal
        except http.HTTPException:
            return _not_found(request)
        return functions[folder](request)

    return answer


def coronet(request: Request) -> Response:
    """Answer any request to the local server, and see to it that others are told of what it saved."""
    answer = _composed()(request)
    _read_ahead()
    if (courier := wiring.courier()) and request.method not in ("GET", "HEAD"):
        courier.wake()
    return answer


_composed = cache(compose)


@cache
def _read_ahead() -> None:
    """Once the first request is answered, read the register before somebody searches it: 100,000 rows take a second."""

    def read() -> None:
        with suppress(CoroNetError):  # who asks for the register is told
            wiring.ledger().records()

    Thread(target=read, daemon=True).start()


@endpoint()
def _not_found(request: Request) -> ResponseReturnValue:
    raise NotFound("no such route")


@endpoint()
def _method_not_allowed(request: Request) -> ResponseReturnValue:
    raise MethodNotAllowed("no such method on this route")


class _Template(yaml.SafeLoader):
    """YAML with CloudFormation's own tags, read as nothing."""


def _nothing(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    return None


_Template.add_multi_constructor("!", _nothing)
