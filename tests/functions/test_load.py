"""Clients that save at the same time, on one machine and on Lambda: `make load`, for a few seconds."""

import subprocess
import sys

import pytest

from emulator import EMULATOR
from servers import PROJECT, clean_environ

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not EMULATOR.is_file(), reason="AWS's emulator is for Linux on x86-64 and arm64"),
]


@pytest.mark.parametrize("server", [[], ["lambda", "--instances", "3"]], ids=["local", "lambda"])
def test_nothing_that_was_acknowledged_is_lost(server: list[str]) -> None:
    command = [sys.executable, str(PROJECT / "scripts" / "load.py"), *server, "--clients", "6", "--seconds", "6"]
    environ = clean_environ() | {"PYTHONPATH": str(PROJECT / "tests")}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "lost 0, doubled 0, errors 0" in done.stdout
    assert "median" in done.stdout
