"""The house's rules: who may import whom."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

LIB = Path(__file__).resolve().parents[2] / "lib" / "coronet"
CORE = {
    "model",
    "errors",
    "ports",
    "plates",
    "evidence",
    "rows",
    "ledger",
    "album",
    "register",
    "scan",
    "search",
    "history",
    "summary",
    "doctor",
    "privacy",
}
OUTSIDE = {"flask", "werkzeug", "boto3", "botocore", "openai", "PIL", "pillow_heif", "onnxruntime", "numpy", "os"}
MODULES = {".".join(path.relative_to(LIB).with_suffix("").parts): path for path in LIB.rglob("*.py")}


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports when it runs: not those for type checking alone."""
    for node in ast.walk(_without_type_checking(ast.parse(path.read_text("utf-8")))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "coronet":
            yield from (f"coronet.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def _without_type_checking(tree: ast.Module) -> ast.Module:
    tree.body = [
        node for node in tree.body if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test))
    ]
    return tree


@pytest.mark.parametrize("name", sorted(CORE))
def test_the_core_knows_only_itself(name: str) -> None:
    for module in imported(MODULES[name]):
        package, _, inner = module.partition(".")
        assert package not in OUTSIDE
        assert package != "coronet" or inner in CORE


@pytest.mark.parametrize("package", ["readers", "storage"])
def test_adapters_know_the_core_and_not_each_other(package: str) -> None:
    allowed = {f"coronet.{name}" for name in CORE | {"photo"}}
    for name, path in MODULES.items():
        if name.startswith(f"{package}."):
            ours = {module for module in imported(path) if module.startswith("coronet")}
            assert {module for module in ours if not module.startswith(f"coronet.{package}")} <= allowed


def test_only_wiring_constructs_adapters() -> None:
    for name, path in MODULES.items():
        if name != "wiring" and not name.startswith(("readers", "storage")):
            assert not {
                module for module in imported(path) if module.startswith(("coronet.readers", "coronet.storage"))
            }


def test_only_config_reads_the_environment() -> None:
    readers = {name for name, path in MODULES.items() if "environ" in _attributes_of_os(path)}
    assert readers == {"config"}


def _attributes_of_os(path: Path) -> set[str]:
    return {
        node.attr
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os"
    }
