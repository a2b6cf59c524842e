"""The stores that have to keep the contract."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from coronet.ports import BlobStore
from coronet.storage.local import LocalStore
from memory_store import MemoryStore


@pytest.fixture(params=["memory", "local"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BlobStore]:
    """An empty store of each kind."""
    if request.param == "memory":
        yield MemoryStore()
    else:
        yield LocalStore(tmp_path)
