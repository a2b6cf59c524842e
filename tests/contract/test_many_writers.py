"""Processes that write one register at the same time, and are killed while they do."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from coronet.ledger import Ledger
from coronet.ports import BlobStore
from coronet.storage.local import LocalStore
from coronet.storage.s3 import S3Store
from servers import PROJECT, clean_environ


def start(
    address: str, processes: int, records: int, name: str = "w", environ: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """Writers in a process group of their own (see writers.py)."""
    return subprocess.Popen(
        [sys.executable, str(PROJECT / "tests" / "writers.py"), address, str(processes), str(records), name],
        env={**clean_environ(), "PYTHONPATH": str(PROJECT / "lib"), **(environ or {})},
        stdout=subprocess.PIPE,
        text=True,
        process_group=0,
    )


def acknowledged(output: str) -> set[tuple[int, str]]:
    """What the writers were told is registered."""
    pairs = (line.split() for line in output.splitlines(keepends=True) if line.endswith("\n"))
    return {(int(id), image) for id, image in pairs}


def registered(store: BlobStore) -> set[tuple[int, str]]:
    """What is registered; every row whole, with a number of its own and its photograph."""
    records = Ledger(store).records()
    assert len({record.id for record in records}) == len(records) == len({record.image for record in records})
    assert all(store.get(f"uploads/{record.image}") for record in records)
    assert all(record.note for record in records)
    return {(record.id, record.image) for record in records}


def test_eight_processes_on_one_folder(tmp_path: Path) -> None:
    writers = start(f"local:{tmp_path}", processes=8, records=25)
    output, _ = writers.communicate()
    assert writers.returncode == 0
    rows = registered(LocalStore(tmp_path))
    assert len(rows) == 200
    assert rows == acknowledged(output)
    assert {id for id, _ in rows} == set(range(1, 201))


@pytest.mark.long
def test_sixteen_processes_on_one_bucket(bucket: str, s3_environ: dict[str, str]) -> None:
    writers = start(f"s3:{bucket}", processes=16, records=20, environ=s3_environ)
    output, _ = writers.communicate()
    assert writers.returncode == 0
    rows = registered(S3Store(bucket))
    assert len(rows) == 320
    assert rows == acknowledged(output)
    assert {id for id, _ in rows} == set(range(1, 321))


def test_killed_writers_leave_a_register_with_all_that_was_acknowledged(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    promised: set[tuple[int, str]] = set()
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    for kill in range(30):
        writers = start(f"local:{tmp_path}", processes=2, records=10_000, name=f"k{kill}")
        assert writers.stdout
        first = writers.stdout.readline()  # they are at it
        time.sleep(chance.uniform(0, 0.05))
        os.killpg(writers.pid, signal.SIGKILL)
        promised |= acknowledged(first + writers.communicate()[0])
        assert promised <= registered(store), f"seed {seed}"
    assert len(promised) > 30
