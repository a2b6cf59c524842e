"""A disk that is full and a folder that has become read-only, on real file systems: root may mount them."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import requests

from conftest import Client
from coronet.errors import StoreUnavailable
from coronet.ledger import KEY, Ledger
from coronet.model import Entry, Sighting
from coronet.photo import open_photo
from coronet.register import Register
from coronet.storage.local import LocalStore
from gates import PHOTOGRAPH, check_files, save
from servers import Server, serving

PAGE = 4096
SPANISH = "El almacenamiento no responde o está lleno"


@contextlib.contextmanager
def mounted(folder: Path, *arguments: str) -> Iterator[Path]:
    """`folder` with a file system mounted on it; skips where that is not allowed."""
    folder.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *arguments, str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mounting is not allowed here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of 512 KiB."""
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=512k", "tmpfs") as folder:
        yield folder


@pytest.fixture
def freezable(tmp_path: Path) -> Iterator[Path]:
    """A folder that `freeze` can make read-only, for root too."""
    folder = tmp_path / "freezable"
    folder.mkdir()
    with mounted(folder, "--bind", str(folder)):
        yield folder


def fill(folder: Path, *, leaving: int = 0) -> Path:
    """Fill the folder's file system but for `leaving` bytes."""
    ballast = folder / "ballast"
    status = os.statvfs(folder)
    ballast.write_bytes(bytes(max(0, status.f_bavail * status.f_frsize - leaving)))
    return ballast


def test_a_disk_that_fills_up_at_any_moment_of_a_save(small: Path) -> None:
    """With room for nothing, then for a page more each time, until a save goes through."""
    store = LocalStore(small)
    ledger = Ledger(store)
    gate = Register(
        store=store,
        ledger=ledger,
        open_photo=open_photo,
        read=lambda photo: Sighting(None),
        now=lambda: datetime(2026, 11, 23, 9, 30, 15),
        visit=timedelta(0),
    )
    gate.save(PHOTOGRAPH, plate="1111AAA")
    while (room := PAGE - (small / KEY).stat().st_size % PAGE) > 60:  # until the next row needs a page of its own
        note = "x" * min(150, max(0, room - 60))
        ledger.append([Entry(registered_at="2026-11-23 09:30:15", plate="1111AAA", note=note)])
    before = {key: (small / key).read_bytes() for key in store.keys("")}
    stages = 0
    while True:
        ballast = fill(small, leaving=stages * PAGE)
        try:
            gate.save(PHOTOGRAPH, plate="2222BBB")
            break
        except StoreUnavailable as error:
            assert "ENOSPC" in str(error)
            assert "2222BBB" not in str(error)
        ballast.unlink()
        assert before.items() <= {key: (small / key).read_bytes() for key in store.keys("")}.items()
        stages += 1
    ballast.unlink()
    assert stages >= 4  # photograph, thumbnail, evidence, journal or row
    assert [record.plate for record in Ledger(store).records()].count("2222BBB") == 1
    assert all("2222BBB" in key for key in check_files(small).orphans)  # kept where it was not sure that no row came


def test_a_server_whose_disk_is_full(small: Path, tmp_path: Path) -> None:
    with serving(tmp_path, environ={"CORONET_HOME": str(small)}) as server:
        assert save(server.url, "before").status_code == 201
        ballast = fill(small)
        check_refusals(server, "ENOSPC")
        ballast.unlink()
        check_recovery(server)
    assert not check_files(small).mendable


def test_a_server_whose_folder_has_become_read_only(freezable: Path, tmp_path: Path) -> None:
    with serving(tmp_path, environ={"CORONET_HOME": str(freezable)}) as server:
        assert save(server.url, "before").status_code == 201
        freeze(freezable, "ro")
        check_refusals(server, "EROFS")
        deleted = requests.post(f"{server.url}/eliminar/1", headers={"Accept": "application/json"}, timeout=60)
        assert deleted.status_code == 503
        freeze(freezable, "rw")
        check_recovery(server)
    assert not check_files(freezable).mendable


def freeze(folder: Path, mode: str) -> None:
    subprocess.run(["mount", "-o", f"remount,bind,{mode}", str(folder)], check=True)


def check_refusals(server: Server, cause: str) -> None:
    """Pages and programs are told in Spanish, the log the cause and no plate, and what is there can be seen."""
    refused = save(server.url, "refused")
    assert refused.status_code == 503
    assert SPANISH in refused.json()["detail"]
    with Client(server.url) as browser:
        answer = browser.post("/guardar", data={"matricula": "1234BCD"}, files={"imagen": ("a.jpg", PHOTOGRAPH)})
        assert answer.url == f"{server.url}/"
        assert SPANISH in answer.text
        assert "before" in browser.get("/registros").text
        assert b"before" in browser.get("/descargar").content
    log = server.log.read_text()
    assert cause in log
    assert "1234BCD" not in log


def check_recovery(server: Server) -> None:
    """Once the fault is gone, the server saves again; what it refused it has not kept."""
    assert save(server.url, "after").status_code == 201
    exported = requests.get(f"{server.url}/descargar", timeout=60).text
    assert "before" in exported
    assert "after" in exported
    assert "refused" not in exported
