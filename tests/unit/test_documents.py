"""The documents tell the truth: settings, routes, and commands that run."""

import re
import shlex
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from coronet import reference
from coronet.config import PROJECT, Settings
from coronet.gateway import routes
from drawing import photograph
from servers import Server

README = (PROJECT / "README.md").read_text("utf-8")


def test_every_setting_is_in_the_readme_as_it_is_in_the_code() -> None:
    rows = {f"| `{cells[0]}` | {cells[1]} | {cells[2]} |" for cells in _settings()}
    documented = set(re.findall(r"^\| `[A-Z_]+` \|.*\|$", README, re.MULTILINE))
    assert documented == rows


def _settings() -> list[tuple[str, str, str]]:
    return [
        (
            each.metadata["variable"],
            "" if each.metadata["default"] in ("", str(PROJECT)) else f"`{each.metadata['default']}`",
            each.metadata["meaning"],
        )
        for each in fields(Settings)
    ]


def test_every_route_is_in_the_readme() -> None:
    documented = set(re.findall(r"`(?:GET|POST) (/[^`?]*)`", README))
    assert documented == {re.sub(r"\{(\w+)\}", r"<\1>", route.path) for route in routes()}


def test_openapi_describes_every_route_and_no_other() -> None:
    described = {(operation.method, operation.path) for operation in reference.operations()}
    assert described == {(route.method, route.path) for route in routes()}


def test_the_description_is_openapi_3_1() -> None:
    assert reference.document()["openapi"].startswith("3.1.")
    validate(reference.document())
    named = {operation.content["operationId"] for operation in reference.operations()}
    assert len(named) == len(list(reference.operations()))


def test_the_curl_examples_work(server: Server, tmp_path: Path) -> None:
    (tmp_path / "foto.jpg").write_bytes(photograph())
    examples = [line for line in README.splitlines() if line.startswith("curl ")]
    assert len(examples) >= 5
    for example in examples:
        command = shlex.split(example.replace("http://localhost:5000", server.url))
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, f"{example}\n{done.stderr}"
    assert (tmp_path / "registros.csv").read_text("utf-8").startswith("id,fecha_hora,")


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\bmake ([a-z-]+)", README))))
def test_every_make_command_of_the_readme_exists(name: str) -> None:
    assert re.search(rf"^{name}:", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("target", re.findall(r"\]\((?!http)([^)#]+)\)", README))
def test_every_link_of_the_readme_leads_somewhere(target: str) -> None:
    assert (PROJECT / target).exists()


def test_every_test_that_the_security_page_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", (PROJECT / "SECURITY.md").read_text("utf-8")))
    written = {
        name
        for path in (PROJECT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
    }
    assert len(named) > 25
    assert named <= written
