"""The API's description, openapi.yaml, as the page that shows it needs it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DESCRIPTION = Path(__file__).with_name("openapi.yaml")

_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Operation:
    """A method on a path; `content` is its entry in openapi.yaml, and `parameters` are also those of its path."""

    method: str
    path: str
    content: dict[str, Any]
    parameters: list[dict[str, Any]]


@cache
def document() -> dict[str, Any]:
    """The description, parsed."""
    parsed: dict[str, Any] = yaml.safe_load(DESCRIPTION.read_text("utf-8"))
    return parsed


def operations() -> Iterator[Operation]:
    """Every operation, in the description's order."""
    for path, item in document()["paths"].items():
        for method in _METHODS:
            if method in item:
                parameters = [*item.get("parameters", []), *item[method].get("parameters", [])]
                yield Operation(method.upper(), path, item[method], [resolved(each) for each in parameters])


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """What a node's `$ref` leads to, with what stands beside the reference; the node itself where it has none."""
    reference = node.get("$ref")
    if reference is None:
        return node
    target: Any = document()
    for name in reference.removeprefix("#/").split("/"):
        target = target[name]
    return {**resolved(target), **{name: value for name, value in node.items() if name != "$ref"}}


def kind(schema: dict[str, Any]) -> str:
    """A schema's type in a few words: `string`, `array of Registro`, `Lectura | null`."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "oneOf" in schema:
        return " | ".join(map(kind, schema["oneOf"]))
    types = schema.get("type", "")
    words = " | ".join(types if isinstance(types, list) else [types])
    return f"{words} [{kind(schema['items'])}]" if "items" in schema else words
