"""The real local server, in a process of its own."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Server:
    """A running server: its address, its folder, its process and what it logged."""

    url: str
    home: Path
    process: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        """End the server and its workers as a power cut does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def serving(
    home: Path,
    *,
    source: str = "lib/coronet/gateway.py",
    target: str = "coronet",
    port: int | None = None,
    environ: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """A functions-framework server of one target, ready to answer; it is stopped afterwards."""
    port = port or free_port()
    log = home / f"server-{port}.log"
    command = [str(Path(sys.executable).with_name("functions-framework")), "--source", str(PROJECT / source)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--target", target, "--host", "127.0.0.1", "--port", str(port)],
            env={**clean_environ(), "CORONET_HOME": str(home), **(environ or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_for(port, process, log)
        yield Server(f"http://127.0.0.1:{port}", home, process, log)
    finally:
        process.terminate()
        process.wait(timeout=20)


def clean_environ() -> dict[str, str]:
    """This process's environment without anything that configures CoroNet."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("CORONET_", "OPENAI_", "AWS_"))}


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path, *, host: str = "127.0.0.1") -> None:
    """Wait until something listens on the port; RuntimeError, with the log, where the process ends first."""
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"the server did not start: {log.read_text()}")
