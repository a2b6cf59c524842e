"""Requests that nobody means well with: broken, oversized, odd. None may crash a page, hang or fill the memory."""

import contextlib
import os
import random
import re
import socket
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from conftest import Client
from drawing import photograph
from servers import Server, serving

MEGABYTE = 1 << 20
MALFORMED = int(os.environ.get("CORONET_MALFORMED", "1000"))
LEAKS = re.compile(rb'Traceback|File "/|site-packages|\.py", line')
TOO_LARGE = "La petición es demasiado grande"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("hostile"), environ={"CORONET_READERS": "tesseract"}) as running:
        files = {"imagen": ("foto.jpg", photograph())}
        requests.post(f"{running.url}/guardar", data={"matricula": "1234BCD"}, files=files, timeout=60)
        yield running


def exchange(server: Server, *parts: bytes) -> bytes:
    """What the server answers to these bytes."""
    address = urlsplit(server.url)
    answer = b""
    began = time.monotonic()
    with socket.create_connection((str(address.hostname), address.port or 0), timeout=20) as connection:
        with contextlib.suppress(ConnectionError):  # it may hang up on what it will not read
            for part in parts:
                connection.sendall(part)
            connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            while data := connection.recv(65536):
                answer += data
    assert time.monotonic() - began < 20  # it hangs on nothing
    return answer


def head(method: str, path: str, *headers: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode("latin-1")


MULTIPART = "Content-Type: multipart/form-data; boundary=x"
JSON = "Content-Type: application/json"
CHUNKED = "Transfer-Encoding: chunked"


def sent(method: str, path: str, kind: str, body: bytes) -> bytes:
    return head(method, path, kind, f"Content-Length: {len(body)}") + body


def status(answer: bytes) -> int:
    return int(answer[9:12])


def memory(server: Server) -> int:
    """Resident bytes of the server and its workers."""
    pages = 0
    for process in (server.process.pid, *_children(server.process.pid)):
        pages += int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


needs_proc = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from Linux's /proc")


@needs_proc
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/registros"), ("POST", "/guardar"), ("POST", "/entrar"), ("PATCH", "/registros/1"), ("GET", "/salud"),
     ("DELETE", "/registros/9"), ("POST", "/nada"), ("POST", "/descargar"), ("POST", "/v1/plate-reader/")],
)  # fmt: skip
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_body_over_the_limit_is_not_read_into_memory(target: Server, method: str, path: str, chunked: bool) -> None:
    before = memory(target)
    megabyte = bytes(MEGABYTE)
    if chunked:
        chunks: Sequence[bytes] = [b"100000\r\n" + megabyte + b"\r\n"] * 120 + [b"0\r\n\r\n"]
        answer = exchange(target, head(method, path, CHUNKED), *chunks)
    else:
        answer = exchange(target, head(method, path, f"Content-Length: {120 * MEGABYTE}"), *[megabyte] * 120)
        assert status(answer) == 413 or path == "/guardar"
    assert 200 <= status(answer) < 500
    assert memory(target) - before < 40 * MEGABYTE


def test_one_byte_over_the_limit_is_over_it(target: Server) -> None:
    client = Client(target.url)
    assert TOO_LARGE in client.post("/entrar", data=bytes(MEGABYTE + 1)).text
    assert TOO_LARGE not in client.post("/entrar", data=bytes(MEGABYTE)).text


def part(name: str, value: str = "", headers: str = "") -> bytes:
    return f'--x\r\nContent-Disposition: form-data; name="{name}"{headers}\r\n\r\n{value}\r\n'.encode("latin-1")


FORMS = {
    "many parts": b"".join(part(f"a{number}") for number in range(20_000)) + b"--x--\r\n",
    "many files": b"".join(part("imagen", "x", f'; filename="{n}.jpg"') for n in range(5_000)) + b"--x--\r\n",
    "long part header": part("a", headers="; " + "x" * 5 * MEGABYTE) + b"--x--\r\n",
    "header without end": b"--x\r\nContent-Disposition: " + b"x" * 5 * MEGABYTE,
    "no part ends": b"--x\r\n" * 100_000,
    "cut short": part("imagen", "abc", '; filename="a.jpg"')[:-5],
    "nothing": b"",
    "NUL": part("propietario", "a\0b") + part("imagen", "\0", '; filename="\0.jpg"') + b"--x--\r\n",
    "odd charset": part("propietario", "\xff\xfe", "\r\nContent-Type: text/plain; charset=utf-7") + b"--x--\r\n",
    "odd transfer": part("imagen", "x", '; filename="a"\r\nContent-Transfer-Encoding: base64') + b"--x--\r\n",
    "name of a path": part("imagen", "x", '; filename="../../etc/passwd"') + b"--x--\r\n",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_broken_forms_are_refused_in_spanish(target: Server, form: bytes) -> None:
    before = requests.get(f"{target.url}/descargar", timeout=30).content
    headers = ("Content-Type: multipart/form-data; boundary=x", f"Content-Length: {len(form)}")
    answer = exchange(target, head("POST", "/guardar", *headers), form)
    assert status(answer) == 302
    cookie = re.findall(rb"Set-Cookie: (coronet=[^;]+)", answer)[0].decode()
    page = requests.get(f"{target.url}/", headers={"Cookie": cookie}, timeout=30).text
    assert re.search(r'<p class="flash error" role="alert">.*(imagen|petición)', page)
    assert requests.get(f"{target.url}/descargar", timeout=30).content == before


REQUESTS = {
    "bad chunk": head("POST", "/guardar", MULTIPART, CHUNKED) + b"ZZ\r\nabc",
    "cut chunk": head("POST", "/guardar", MULTIPART, CHUNKED) + b"ff\r\nabc",
    "cut body": head("POST", "/guardar", MULTIPART, "Content-Length: 999") + b"--x\r\n",
    "negative length": head("POST", "/guardar", "Content-Length: -5"),
    "two lengths": head("POST", "/guardar", "Content-Length: 4", CHUNKED) + b"0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    "endless nesting": sent("PATCH", "/registros/1", JSON, b"[" * 200_000),
    "huge number": sent("PATCH", "/registros/1", JSON, b"9" * 100_000),
    "JSON in UTF-16": sent("PATCH", "/registros/1", JSON, b"\xff\xfe{\0"),
    "bytes in a path": head("GET", "/uploads/\xff\xfe"),
    "escapes in a path": head("GET", "/uploads/%ff%fe%zz%00"),
    "a path above": head("GET", "/uploads/../data/registros.csv"),
    "an escaped path above": head("GET", "/uploads/%2e%2e%2fdata%2fregistros.csv"),
    "the secret": head("GET", "/uploads/secreto"),
    "the evidence": head("GET", "/uploads/1234BCD_20260101_000000.json"),
    "an id of many digits": head("GET", "/registros/" + "9" * 4000),
    "an id in other digits": head("GET", "/registros/\u0661".encode().decode("latin-1")),
    "a negative id": head("POST", "/eliminar/-1"),
    "a query of bytes": head("GET", "/registros?antes=%ff&desde=%00&orden=..&q=%2a%3f"),
    "unknown method": head("PROPFIND", "/"),
    "TRACE": head("TRACE", "/"),
    "PUT": head("PUT", "/guardar"),
    "CONNECT": head("CONNECT", "/guardar"),
    "a method in Spanish": head("ELIMIÑAR", "/"),
    "no Host": b"GET / HTTP/1.1\r\n\r\n",
    "two Hosts": head("GET", "/", "Host: evil.example"),
    "no version": b"GET /\r\n\r\n",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "a long header": head("GET", "/", "X: " + "x" * MEGABYTE),
    "many headers": head("GET", "/", *["X: x"] * 5000),
    "a broken cookie": head("GET", "/registros", "Cookie: coronet=\xff; \x01=2;;;="),
    "a forged cookie": head("GET", "/registros", "Cookie: coronet=eyJzZXNpb24iOiIxIn0.x.x"),
    "no boundary": sent("POST", "/guardar", "Content-Type: multipart/form-data", b"abc"),
    "a boundary of bytes": sent("POST", "/guardar", 'Content-Type: multipart/form-data; boundary="\xff"', b"abc"),
    "an odd range": head("GET", "/estaticos/coronet.css", "Range: bytes=99999999-1,--,\xff"),
    "an odd expectation": head("POST", "/guardar", "Expect: 200-ok", "Content-Length: 0"),
}  # fmt: skip


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_broken_requests_are_the_clients_fault(target: Server, request_: bytes) -> None:
    answer = exchange(target, request_)
    assert not LEAKS.search(answer)
    if answer:
        assert status(answer) == 302 or 400 <= status(answer) < 500 or request_.startswith(b"GET /registros")
        assert b"id,fecha_hora" not in answer


@pytest.mark.parametrize("accept", ["\xff;;q=x", "*/*;q=9", "application/json;q=nan", "text/html;" * 500])
def test_odd_preferences_still_get_an_answer(target: Server, accept: str) -> None:
    answer = exchange(target, head("GET", "/registros", f"Accept: {accept}", f"Accept-Language: {accept}"))
    assert status(answer) == 200


def test_what_a_photograph_is_called_says_nothing(target: Server) -> None:
    (target.home / "uploads" / "MIA_20260101_000000.jpg").write_bytes(b"<script>alert(1)</script>")
    (target.home / "uploads" / "notas.txt").write_text("privado")
    for name in ("MIA_20260101_000000.jpg", "notas.txt", ".lock", ""):
        assert requests.get(f"{target.url}/uploads/{name}", timeout=30).status_code == 404


ODD = [b"\0", b"\r\n", b"%", b"\xff\xfe", b"A" * 500, b"../", b"{}", b"'\"<>", b";="]


def malformed(seed: int) -> bytes:
    """A request with some of its bytes gone, changed, doubled or others put in."""
    chance = random.Random(seed)
    form = part("propietario", "Ana") + part("imagen", "x" * chance.randrange(200), '; filename="a.jpg"') + b"--x--\r\n"
    json = b'{"propietario": "Ana"}'
    data = bytearray(
        chance.choice(
            [
                *list(REQUESTS.values())[:20],
                head("GET", "/registros?q=1&desde=2026-01-01&orden=-fecha_hora"),
                head("GET", "/uploads/1234BCD_20260101_000000.jpg"),
                sent("POST", "/guardar", MULTIPART, form),
                sent("POST", "/v1/plate-reader/", MULTIPART, form),
                sent("PATCH", "/registros/1", JSON, json),
                sent("POST", "/entrar", "Content-Type: application/x-www-form-urlencoded", b"clave=%f"),
            ]
        )[:5000]
    )  # fmt: skip
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(data))
        match chance.randrange(4):
            case 0:
                data[at] = chance.randrange(256)
            case 1:
                del data[at : at + chance.randrange(1, 20)]
            case 2:
                data[at:at] = chance.choice(
                    [b"\0", b"\r\n", b"%", b"\xff\xfe", b"A" * 500, b"../", b"{}", b"'\"<>", b";="]
                )
            case _:
                data[at:at] = data[max(0, at - 30) : at]
        data = data or bytearray(b"\0")
    return bytes(data)


@needs_proc
def test_malformed_requests(target: Server) -> None:
    """No 5xx, no stack trace, flat memory: over a thousand in the tests, over ten thousand in `make fuzz`."""
    for seed in range(MALFORMED // 10):
        exchange(target, malformed(seed))
    warm = memory(target)
    for seed in range(MALFORMED):
        answer = exchange(target, malformed(seed))
        assert not answer or status(answer) < 500 or b"Unsupported transfer coding" in answer, malformed(seed)
        assert not LEAKS.search(answer), malformed(seed)
    assert memory(target) - warm < 30 * MEGABYTE
    assert b"unexpected" not in target.log.read_bytes()
