"""The stores that have to keep the contract."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import boto3
import pytest
from moto import mock_aws

import aws
from coronet.ports import BlobStore
from coronet.storage.local import LocalStore
from coronet.storage.s3 import S3Store
from memory_store import MemoryStore
from strict_moto import be_strict


@pytest.fixture(scope="session")
def s3_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that speaks S3."""
    with aws.moto_server(tmp_path_factory.mktemp("moto")) as url:
        yield url


@pytest.fixture
def s3_environ(s3_url: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The settings with which the SDK reaches that server, which are also this process's own."""
    environ = {**aws.ENVIRON, "AWS_ENDPOINT_URL": s3_url}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return environ


@pytest.fixture
def bucket(s3_environ: dict[str, str]) -> str:
    """A new bucket on that server."""
    return new_bucket()


def new_bucket() -> str:
    name = f"bucket-{uuid4()}"
    boto3.Session().client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture(params=["memory", "local", "s3 in process", "s3 over http"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BlobStore]:
    """An empty store of each kind."""
    match request.param:
        case "memory":
            yield MemoryStore()
        case "local":
            yield LocalStore(tmp_path)
        case "s3 in process":
            be_strict()
            for name, value in aws.ENVIRON.items():
                monkeypatch.setenv(name, value)
            with mock_aws():
                yield S3Store(new_bucket())
        case "s3 over http":
            yield S3Store(request.getfixturevalue("bucket"))
