"""With `CORONET_READERS=onnx,tesseract` nothing leaves the machine: a server where there is no network."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from drawing import photograph
from servers import PROJECT

CUT_OFF = [shutil.which("unshare") or "unshare", "--map-root-user", "--net"]

PROGRAM = """
import fcntl, json, socket, struct, sys, time
from pathlib import Path

import requests

from servers import serving

def requests_that_found_no_way_out():
    names, values = (line.split() for line in Path("/proc/net/snmp").read_text().splitlines() if line.startswith("Ip:"))
    return int(dict(zip(names, values))["OutNoRoutes"])

with socket.socket() as any_socket:  # a new namespace's loopback is down
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 1))

home = Path(sys.argv[1])
environ = {"CORONET_READERS": "onnx,tesseract", "OPENAI_API_KEY": "sk-not-to-be-used"}
with serving(home, environ=environ) as server:
    answers = []
    for name in ("plate.jpg", "none.jpg"):
        files = {"imagen": ("foto.jpg", (home / name).read_bytes())}
        headers = {"Accept": "application/json"}
        answers.append(requests.post(f"{server.url}/guardar", files=files, headers=headers, timeout=120).json())
    for path in ("/", "/registros", "/descargar", "/api"):
        requests.get(server.url + path, timeout=30).raise_for_status()
    time.sleep(12)  # libraries that report their use do so after a while
tried = requests_that_found_no_way_out()
try:
    socket.create_connection(("192.0.2.1", 443), timeout=5)
    cut_off = False
except OSError:
    cut_off = requests_that_found_no_way_out() > tried
print(json.dumps({"plates": [answer["matricula"] for answer in answers], "tried": tried, "cut_off": cut_off}))
"""


def can_be_cut_off() -> bool:
    return subprocess.run([*CUT_OFF, "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(sys.platform != "linux" or not can_be_cut_off(), reason="no network namespaces here")
def test_local_readers_ask_nobody(tmp_path: Path) -> None:
    """The kernel counts what found no way out of the namespace: native libraries and child processes included."""
    (tmp_path / "plate.jpg").write_bytes(photograph("1234BCD"))
    (tmp_path / "none.jpg").write_bytes(photograph(""))
    done = subprocess.run(
        [*CUT_OFF, sys.executable, "-c", PROGRAM, str(tmp_path)],
        env={"PYTHONPATH": f"{PROJECT / 'tests'}:{PROJECT / 'lib'}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"plates": ["1234BCD", "NO_DETECTADA"], "tried": 0, "cut_off": True}
