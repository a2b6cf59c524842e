"""AWS as far as the tests need it: moto's server, in a process of its own, over HTTP."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3

from servers import PROJECT, clean_environ, free_port, wait_for

ENVIRON = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
}
"""What points any AWS client there, together with AWS_ENDPOINT_URL."""


def session() -> boto3.Session:
    """A boto3 session whose clients still need an `endpoint_url`."""
    return boto3.Session("testing", "testing", region_name="us-east-1")


@contextlib.contextmanager
def moto_server(scratch: Path, host: str = "127.0.0.1") -> Iterator[str]:
    """A server with no bucket, no secret and no queue yet; yields its address."""
    port = free_port()
    log = scratch / f"moto-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, str(PROJECT / "tests" / "strict_moto.py"), host, str(port)],
            env=clean_environ(),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(port, process, log, host=host)
        yield f"http://{host}:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)
