"""sam local as a user has it, on the stand-in image, with moto's server as AWS."""

import ipaddress
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from aws import ENVIRON, moto_server, session
from servers import PROJECT, clean_environ, free_port, wait_for

IMAGE = "public.ecr.aws/lambda/python:3.12-x86_64"
BUCKET = "coronet-123456789012-us-east-1"  # Name's default, and the account and region of sam local
SECRET = "Secret"  # what sam local makes of !Ref Secret

Sam = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture(scope="session")
def sam() -> Sam:
    """Starts `sam` with arguments in the project's folder."""
    folder = PROJECT / ".venv-sam" / "bin"
    environ = {**clean_environ(), **ENVIRON, "SAM_CLI_TELEMETRY": "0"}
    environ["PATH"] = f"{folder}:{environ['PATH']}"

    def start(*arguments: str | Path, **options: object) -> subprocess.Popen[bytes]:
        return subprocess.Popen([folder / "sam", *arguments], cwd=PROJECT, env=environ, **options)  # type: ignore[call-overload, no-any-return]

    return start


@pytest.fixture(scope="session")
def built(sam: Sam) -> Path:
    """The folder of what `sam build` makes."""
    assert sam("build", "--config-env", "ci").wait() == 0
    return PROJECT / ".aws-sam" / "build"


@pytest.fixture(scope="session")
def runtime_image() -> Iterator[None]:
    """The runtime's image: the one that is there, or the stand-in for as long as the tests run."""
    before = _images()
    if IMAGE not in before:
        subprocess.run([PROJECT / "scripts" / "lambda-image.sh"], check=True)
    yield
    _docker("rmi", "--force", *(_images() - before))


@pytest.fixture(scope="session")
def aws_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an AWS that holds what the stack would have made, which containers reach too."""
    [network] = _docker("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Subnet}}")
    bridge = next(ipaddress.ip_network(network, strict=False).hosts())  # this machine, as containers see it
    with moto_server(tmp_path_factory.mktemp("moto"), host=str(bridge)) as url:
        session().client("s3", endpoint_url=url).create_bucket(Bucket=BUCKET)
        session().client("secretsmanager", endpoint_url=url).create_secret(
            Name=SECRET, SecretString=json.dumps({"CORONET_SECRET_KEY": "for tests only, and long enough to be one"})
        )
        yield url


@pytest.fixture(scope="session")
def bucket() -> str:
    """The bucket's name."""
    return BUCKET


@pytest.fixture(scope="session")
def env_vars(aws_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file for `sam local --env-vars` that leads every function there."""
    path = tmp_path_factory.mktemp("sam") / "env.json"
    path.write_text(json.dumps({"Parameters": {"AWS_ENDPOINT_URL": aws_url, "CORONET_READERS": "onnx,tesseract"}}))
    return path


@pytest.fixture(scope="session")
def base_url(
    sam: Sam, built: Path, runtime_image: None, env_vars: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Where `sam local start-api` answers."""
    port = free_port()
    log = tmp_path_factory.mktemp("sam") / "start-api.log"
    with log.open("wb") as output:
        process = sam(
            *("local", "start-api", "--config-env", "ci", "--port", str(port), "--env-vars", env_vars),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_for(port, process, log)
            url = f"http://127.0.0.1:{port}"
            requests.post(url + "/guardar", timeout=600)  # the first of all makes the image with the large layers
            yield url
        finally:
            process.terminate()
            process.wait(timeout=60)


@pytest.fixture(scope="session")
def request_limit() -> int:
    """Lambda takes 6 MB at most, of which base64 leaves three quarters."""
    return 6 * 1024 * 1024 * 3 // 4


def _images() -> set[str]:
    """The images that `sam local` starts from or makes."""
    names = _docker("images", "--format", "{{.Repository}}:{{.Tag}}")
    return {name for name in names if name == IMAGE or name.startswith("samcli/lambda-python:")}


def _docker(*arguments: str) -> list[str]:
    return subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True).stdout.split()
