"""Servers that are killed, and servers that share a folder."""

import random
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from gates import Gate, check_files, check_rows
from servers import free_port, serving

ENVIRON = {"CORONET_READERS": "tesseract"}


@pytest.mark.parametrize("kills", [3, pytest.param(100, marks=pytest.mark.slow)])
def test_kill_dash_nine_under_load(kills: int, tmp_path: Path) -> None:
    port = free_port()
    gates = [Gate(f"gate{number}", f"http://127.0.0.1:{port}") for number in range(4)]
    for gate in gates:
        gate.start()
    for _ in range(kills):
        with serving(tmp_path, port=port, environ=ENVIRON) as server:
            before, deadline = acknowledged(gates), time.monotonic() + 60
            while acknowledged(gates) == before:
                assert time.monotonic() < deadline, "the server does not serve after a kill"
                time.sleep(0.01)
            time.sleep(random.uniform(0, 0.5))
            server.kill()
    for gate in gates:
        gate.stop()
    assert acknowledged(gates) >= kills
    with serving(tmp_path, port=port, environ=ENVIRON) as server:
        check_rows(server.url, gates)
    check_files(tmp_path)
    assert not [refusal for gate in gates for refusal in gate.refusals]


def acknowledged(gates: Sequence[Gate]) -> int:
    return sum(len(gate.saved) + len(gate.deleted) for gate in gates)


def test_two_servers_on_one_folder(tmp_path: Path) -> None:
    with serving(tmp_path, environ=ENVIRON) as one, serving(tmp_path, environ=ENVIRON) as other:
        gates = [Gate(f"gate{number}", server.url) for number, server in enumerate((one, other) * 3)]
        for gate in gates:
            gate.start()
        time.sleep(3)
        for gate in gates:
            gate.stop()
        assert all(gate.saved for gate in gates)
        assert not [refusal for gate in gates for refusal in gate.refusals]
        for server in (one, other):
            check_rows(server.url, gates)
    assert not check_files(tmp_path).mendable
