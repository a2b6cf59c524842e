"""A function's Lambda handler under AWS's own runtime interface emulator, without Docker."""

import contextlib
import json
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import requests

import aws
from servers import PROJECT, clean_environ, free_port, wait_for

EMULATOR = (
    Path(sys.prefix, "emulator", "samcli", "local", "rapid")
    / f"aws-lambda-rie-{'arm64' if platform.machine() in ('aarch64', 'arm64') else 'x86_64'}"
)
"""Comes in the wheel of aws-sam-cli, which `make .venv/ready-dev` unpacks there."""

Invoke = Callable[[Mapping[str, Any]], Any]


class HandlerFailed(Exception):
    """The handler raised; the emulator answers 200 all the same."""


@contextlib.contextmanager
def emulating(
    name: str, scratch: Path, *, environ: Mapping[str, str], python: str = sys.executable, memory: int = 512
) -> Iterator[Invoke]:
    """Run `functions/NAME/` as Lambda would; what is yielded invokes it with an event and returns its answer.

    The handler runs in a process of its own, started by the first event, and that process answers the next ones too.
    """
    port, runtime_port = free_port(), free_port()
    folder = PROJECT / "functions" / name
    lambda_environ = {
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "60",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory),
        "LAMBDA_TASK_ROOT": str(folder),
    }
    log = scratch / f"emulator-{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(EMULATOR, "--log-level", "error"),
                *("--runtime-interface-emulator-address", f"127.0.0.1:{port}"),
                *("--runtime-api-address", f"127.0.0.1:{runtime_port}"),
                *(python, "-m", "awslambdaric", "main.handler"),
            ],
            cwd=folder,
            env={**clean_environ(), **aws.ENVIRON, **lambda_environ, **environ},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(port, process, log)

        def invoke(event: Mapping[str, Any]) -> Any:
            url = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
            answer = requests.post(url, data=json.dumps(event), timeout=60).json()
            if isinstance(answer, dict) and "errorType" in answer:
                raise HandlerFailed(f"{answer['errorType']}: {answer.get('errorMessage')}\n{log.read_text()}")
            return answer

        yield invoke
    finally:
        process.terminate()
        process.wait(timeout=20)
