"""What `sam build` makes fits Lambda, and what Lambda starts cold is compiled."""

from pathlib import Path
from typing import Any

import pytest
from jinja2 import ModuleLoader

from servers import PROJECT
from unit.test_template import FUNCTIONS

pytestmark = pytest.mark.sam

MOST = 250 * 1000 * 1000  # bytes unzipped, the function with its layers; Lambda's quota is 250 MiB
LIGHT = 40 * 1000 * 1000


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_and_its_layers_fit(built: Path, name: str) -> None:
    properties: dict[str, Any] = FUNCTIONS[name]["Properties"]
    layers = ["CompartidoLayer", *properties.get("Layers", [])]
    together = size(PROJECT / properties["CodeUri"]) + sum(size(built / layer) for layer in layers)
    assert together < (MOST if "LectorLayer" in layers else LIGHT)


def test_layers_are_compiled_and_trimmed(built: Path) -> None:
    for layer in ("CompartidoLayer", "LectorLayer", "TesseractLayer"):
        sources = [path for path in (built / layer).rglob("*.py") if "lib2to3" not in path.parts]
        compiled = {path.name.partition(".")[0] for path in (built / layer).rglob("*.cpython-312.pyc")}
        assert {path.stem for path in sources} <= compiled
    assert not list(built.rglob("tests"))
    assert len(list((built / "LectorLayer").rglob("*.onnx"))) >= 2


def test_every_template_is_compiled(built: Path) -> None:
    templates = built / "CompartidoLayer" / "python" / "coronet" / "templates"
    modules = {ModuleLoader.get_module_filename(path.name) for path in templates.glob("*.html")}
    assert modules == {path.name for path in (templates / "compiled").glob("*.py")}
    assert modules
