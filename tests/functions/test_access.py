"""Who gets in, from outside: a closed server with a password and keys, and the open one of this machine."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import requests

from conftest import Client
from coronet.access import hash_password, new_api_key
from coronet.gateway import function, routes
from drawing import photograph
from servers import PROJECT, Server, clean_environ, free_port, serving

PASSWORD = "una contraseña larga"
KEYS = {name: new_api_key(name, rights) for name, rights in {
    "todo": ["leer", "guardar", "borrar"], "lectura": ["leer"], "puerta": ["guardar"], "lenta": ["leer"],
}.items()}  # fmt: skip
PUBLIC = {"entrar", "salir", "salud", "estaticos"}
PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
ELSEWHERE: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Referer": "https://evil.example/localhost"},
    {"Sec-Fetch-Site": "none", "Sec-Purpose": "prefetch;prerender"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
]


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    environ = {
        "CORONET_READERS": "tesseract",
        "CORONET_PASSWORD_HASH": hash_password(PASSWORD),
        "CORONET_API_KEYS": ",".join(str(kept) for _, kept in KEYS.values()),
    }
    with serving(tmp_path_factory.mktemp("closed"), environ=environ) as running:
        yield running


@pytest.fixture
def person(closed: Server) -> Iterator[Client]:
    """Somebody who logged in."""
    with Client(closed.url) as session:
        session.headers.update(PAGE)
        page = session.post("/entrar", data={"clave": PASSWORD})
        assert (page.status_code, page.url) == (200, f"{closed.url}/")
        yield session


def program(server: Server, name: str = "todo") -> Client:
    session = Client(server.url)
    session.headers["Authorization"] = f"Bearer {KEYS[name][0]}"
    return session


def save(client: Client, headers: Mapping[str, str] | None = None) -> requests.Response:
    files = {"imagen": ("foto.jpg", photograph())}
    return client.post("/guardar", data={"matricula": "1234BCD"}, files=files, headers=headers, allow_redirects=False)


def ids(client: Client) -> list[str]:
    return re.findall(r"^(\d+),", client.get("/descargar").text, re.MULTILINE)


def token(client: Client) -> str:
    [found] = re.findall(r'<meta name="csrf-token" content="(.*?)">', client.get("/").text)
    return str(found)


def test_only_what_is_meant_to_be_public_is(closed: Server) -> None:
    """Every route of the template, so also one that is added tomorrow."""
    for route in routes():
        path = re.sub(r"\{\w+\}", "1", route.path)
        answer = requests.request(route.method, closed.url + path, allow_redirects=False, timeout=30)
        if Path(route.folder).name in PUBLIC:
            assert "WWW-Authenticate" not in answer.headers
        else:
            assert answer.status_code == 401, route
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert "contraseña o con una clave" in answer.text


def test_a_browser_is_sent_to_the_login_page_and_back(closed: Server) -> None:
    with Client(closed.url) as browser:
        page = browser.get("/registros", headers=PAGE)
        assert page.url == f"{closed.url}/entrar?volver=/registros"
        assert 'type="password" name="clave" autocomplete="current-password"' in page.text
        assert browser.post("/entrar", data={"clave": PASSWORD, "volver": "/registros"}).url.endswith("/registros")


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", ""])
def test_logging_in_leads_nowhere_else(closed: Server, back: str) -> None:
    form = {"clave": PASSWORD, "volver": back}
    answer = requests.post(f"{closed.url}/entrar", data=form, allow_redirects=False, timeout=30)
    assert answer.headers["Location"] == "/"


def test_the_session_cookie(closed: Server) -> None:
    form = {"clave": PASSWORD}
    cookie = requests.post(f"{closed.url}/entrar", data=form, allow_redirects=False, timeout=30).headers["Set-Cookie"]
    assert cookie.startswith("coronet=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    https = {"X-Forwarded-Proto": "https"}  # from a proxy on this machine
    answer = requests.post(f"{closed.url}/entrar", data=form, headers=https, allow_redirects=False, timeout=30)
    assert answer.headers["Set-Cookie"].startswith("__Host-coronet=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(answer.headers["Set-Cookie"].split("; "))
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_logging_out_ends_the_session_for_every_copy_of_its_cookie(person: Client) -> None:
    copied = person.cookies.get_dict()
    assert person.get("/registros").status_code == 200
    assert person.post("/salir", data={"csrf_token": token(person)}).url.endswith("/entrar")
    assert requests.get(f"{person.base_url}/registros", cookies=copied, timeout=30).status_code == 401


def test_a_cookie_that_was_tampered_with_or_made_up_is_nobodys(closed: Server, person: Client) -> None:
    genuine = person.cookies["coronet"]
    payload, _, signature = genuine.rpartition(".")
    for forged in (payload, f"{payload}.{signature[::-1]}", f"x{genuine}", genuine + "x", "", "\xff", "a" * 4000):
        answer = requests.get(f"{closed.url}/registros", headers={"Cookie": f"coronet={forged}"}, timeout=30)
        assert answer.status_code == 401


def test_another_password_ends_every_session(tmp_path: Path) -> None:
    with serving(tmp_path, environ={"CORONET_PASSWORD_HASH": hash_password(PASSWORD)}) as server:
        browser = Client(server.url)
        browser.post("/entrar", data={"clave": PASSWORD})
        cookies = browser.cookies.get_dict()
        assert browser.get("/registros").status_code == 200
    for password, status in ((PASSWORD, 401), ("otra contraseña larga", 401)):  # even the same one, hashed anew
        with serving(tmp_path, environ={"CORONET_PASSWORD_HASH": hash_password(password)}) as server:
            assert requests.get(f"{server.url}/registros", cookies=cookies, timeout=30).status_code == status


def test_a_wrong_password_is_refused_and_then_slowed_down(tmp_path: Path) -> None:
    with serving(tmp_path, environ={"CORONET_PASSWORD_HASH": hash_password(PASSWORD)}) as server:
        answers = [requests.post(f"{server.url}/entrar", data={"clave": "mala"}, timeout=30) for _ in range(7)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
        assert "no es correcta" in answers[0].text
        assert "Demasiados intentos" in answers[-1].text
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 180


def test_a_change_by_a_session_needs_its_token(person: Client) -> None:
    own = token(person)
    before = ids(person)
    for headers in ({}, {"X-CSRF-Token": "x"}, {"X-CSRF-Token": "ñ"}, {"Authorization": "Basic eA=="}):
        answer = save(person, headers=headers)
        assert answer.status_code == 403
        assert "La página ha caducado" in answer.text
    assert ids(person) == before
    assert save(person, headers={"X-CSRF-Token": own}).status_code == 302
    [new] = set(ids(person)) - set(before)
    assert person.get(f"/eliminar/{new}").status_code == 403  # a link carries no token
    assert person.post(f"/eliminar/{new}").status_code == 403
    assert person.post("/salir").status_code == 403
    assert "Registro eliminado" in person.post(f"/eliminar/{new}", data={"csrf_token": own}).text
    assert ids(person) == before


def test_a_token_of_another_session_does_not_fit(closed: Server, person: Client) -> None:
    with Client(closed.url) as other:
        other.headers.update(PAGE)
        other.post("/entrar", data={"clave": PASSWORD})
        assert save(person, headers={"X-CSRF-Token": token(other)}).status_code == 403


def test_every_form_that_posts_brings_the_token(person: Client, closed: Server) -> None:
    save(program(closed))
    for path in ("/", "/registros"):
        forms = re.findall(r'<form[^>]*method="post".*?</form>', person.get(path).text, re.DOTALL)
        assert forms
        assert all(f'name="csrf_token" value="{token(person)}"' in form for form in forms)


def test_a_key_needs_no_token_and_does_what_its_rights_say(closed: Server) -> None:
    with program(closed) as everything, program(closed, "lectura") as reading, program(closed, "puerta") as gate:
        assert save(everything).status_code == 302
        assert save(gate).status_code == 302
        last = ids(everything)[-1]
        assert ids(reading) == ids(everything)
        for answer in (save(reading), gate.get("/descargar"), gate.get("/registros"), gate.get("/uploads/x.jpg")):
            assert answer.status_code == 403
            assert "no tiene permiso" in answer.text
        for method in ("GET", "POST"):
            for client in (reading, gate):
                assert client.request(method, f"/eliminar/{last}").status_code == 403
        assert reading.delete(f"/registros/{last}").status_code == 403
        assert ids(reading)[-1] == last
        assert everything.get(f"/eliminar/{last}", allow_redirects=False).status_code == 302
        assert last not in ids(everything)


def test_a_key_may_come_by_either_header_and_nowhere_else(closed: Server) -> None:
    key = KEYS["todo"][0]
    address = f"{closed.url}/registros"
    assert requests.get(address, headers={"X-API-Key": key}, timeout=30).status_code == 200
    assert requests.get(address, headers={"Authorization": f"bearer {key}"}, timeout=30).status_code == 200
    assert requests.get(f"{address}?key={key}&api_key={key}", timeout=30).status_code == 401
    wrong = requests.get(address, headers={"X-API-Key": key[:-1]}, timeout=30)
    assert (wrong.status_code, "clave no es válida" in wrong.text) == (401, True)


def test_no_request_can_say_that_api_gateway_has_verified_a_token(closed: Server) -> None:
    claims = json.dumps({"authorizer": {"jwt": {"claims": {"sub": "x", "scope": "leer guardar borrar"}}}})
    names = ("requestContext", "apig_wsgi.request_context", "apig-wsgi-request-context", "Request-Context")
    headers = {**dict.fromkeys(names, claims), "apig_wsgi": claims}
    assert requests.get(f"{closed.url}/registros", headers=headers, timeout=30).status_code == 401


@pytest.mark.parametrize("signs", ELSEWHERE, ids=str)
def test_another_site_changes_nothing_in_any_mode(server: Server, closed: Server, signs: dict[str, str]) -> None:
    for client in (Client(server.url), program(closed)):
        save(client)
        before = ids(client)
        for answer in (
            client.get(f"/eliminar/{before[-1]}", headers=signs),
            client.post(f"/eliminar/{before[-1]}", headers=signs),
            client.delete(f"/registros/{before[-1]}", headers=signs),
            save(client, headers=signs),
            client.post("/entrar", data={"clave": PASSWORD}, headers=signs),
        ):
            assert answer.status_code == 403
            assert "Otra página web ha pedido este cambio" in answer.text
        assert ids(client) == before
        assert client.get("/registros", headers=signs).status_code == 200  # links to pages work


def test_our_own_pages_and_what_a_person_types_may_change(server: Server) -> None:
    own = {"Origin": server.url, "Referer": f"{server.url}/registros"}
    for signs in (
        own,
        {"Sec-Fetch-Site": "same-origin"} | own,
        {"Sec-Fetch-Site": "none"},
        {"Referer": own["Referer"]},
    ):
        client = Client(server.url)
        assert save(client, headers=signs).status_code == 302
        last = ids(client)[-1]
        assert client.get(f"/eliminar/{last}", headers=signs).status_code == 200
        assert last not in ids(client)


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:5000", "192.0.2.1", "a b", ""])
def test_a_foreign_host_header_is_refused(server: Server, host: str) -> None:
    for path in ("/", "/registros", "/estaticos/coronet.css", "/nada"):
        answer = requests.get(server.url + path, headers={"Host": host}, timeout=30)
        assert answer.status_code in (400, 403)
        assert "1234BCD" not in answer.text


def test_the_open_server_answers_its_own_machine_alone(server: Server) -> None:
    answer = requests.get(f"{server.url}/registros", headers={"X-Forwarded-For": "192.0.2.1"}, timeout=30)
    assert (answer.status_code, "solo atiende al propio equipo" in answer.text) == (403, True)


@pytest.mark.parametrize(
    ("source", "target"), [("lib/coronet/gateway.py", "coronet"), ("functions/guardar/main.py", "guardar")]
)
@pytest.mark.parametrize("arguments", [["--host", "0.0.0.0"], ["--host", "192.0.2.1"], ["--host", "::"], []])
def test_nothing_is_served_to_other_machines_without_a_password(
    tmp_path: Path, source: str, target: str, arguments: list[str]
) -> None:
    """Without an address functions-framework serves every machine, so that is refused as well."""
    command = [str(Path(sys.executable).with_name("functions-framework")), "--source", str(PROJECT / source)]
    done = subprocess.run(
        [*command, "--target", target, "--port", str(free_port()), *arguments],
        env={**clean_environ(), "CORONET_HOME": str(tmp_path)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "make password" in done.stderr
    assert "Traceback" not in done.stderr


def test_make_serve_refuses_too_and_serves_with_a_password(tmp_path: Path) -> None:
    environ = {**clean_environ(), "CORONET_HOME": str(tmp_path)}
    command = ["make", "--no-print-directory", "serve", "HOST=0.0.0.0", f"PORT={(port := free_port())}"]
    refused = subprocess.run(
        command, cwd=PROJECT, env=environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert refused.returncode != 0
    assert "make password" in refused.stderr
    environ["CORONET_PASSWORD_HASH"] = hash_password(PASSWORD)
    process = subprocess.Popen(command, cwd=PROJECT, env=environ, start_new_session=True)
    try:
        for _ in range(100):
            try:
                status = requests.get(f"http://127.0.0.1:{port}/registros", timeout=5).status_code
                break
            except requests.ConnectionError:
                time.sleep(0.1)
        assert status == 401
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)


def test_too_many_requests_are_told_when_to_come_back(tmp_path: Path) -> None:
    environ = {"CORONET_RATE": "guardar=2,leer=5", "CORONET_API_KEYS": ",".join(str(k) for _, k in KEYS.values())}
    with serving(tmp_path, environ={"CORONET_READERS": "tesseract", **environ}) as server:
        client = program(server)
        assert [save(client).status_code for _ in range(3)] == [302, 302, 429]
        answers = [client.get("/descargar") for _ in range(7)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 30
        assert "Demasiadas peticiones" in answers[-1].text
        problem = client.get("/descargar", headers={"Accept": "application/json"})
        assert (problem.status_code, problem.json()["status"]) == (429, 429)
        assert program(server, "lectura").get("/descargar").status_code == 200  # everybody has a rate of their own
        assert client.get("/salud").text == "ok\n"


def test_the_audit_log_says_who_did_what_and_the_ordinary_log_nothing_personal(tmp_path: Path) -> None:
    keys = ",".join(str(kept) for _, kept in KEYS.values())
    environ = {"CORONET_PASSWORD_HASH": hash_password(PASSWORD), "CORONET_API_KEYS": keys}
    with serving(tmp_path, environ={"CORONET_READERS": "tesseract", **environ}) as server:
        gate, browser = program(server, "puerta"), Client(server.url)
        save(gate)
        browser.post("/entrar", data={"clave": "mala"})
        browser.post("/entrar", data={"clave": PASSWORD})
        signed = {"X-CSRF-Token": token(browser)}
        browser.patch("/registros/1", json={"propietario": "Ana López"}, headers=signed)
        browser.post("/registros/1", data={"matricula": "9999ZZZ"}, headers=signed)
        browser.get("/descargar")
        browser.post("/eliminar/1", headers=signed)
        browser.post("/eliminar/1", headers=signed)
        browser.post("/salir", headers=signed)
        assert save(program(server, "lectura")).status_code == 403
    path = tmp_path / "data" / "auditoria.log"
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    [person] = {line["who"] for line in lines if line["who"].startswith("sesion:")}
    assert [(line["who"], line["what"], line["records"]) for line in lines] == [
        ("clave:puerta", "saved", [1]),
        ("nadie", "login refused from 127.0.0.1", []),
        (person, "logged in", []),
        (person, "corrected", [1]),
        (person, "corrected", [1]),
        (person, "downloaded", []),
        (person, "deleted", [1]),
        (person, "logged out", []),
    ]
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", line["time"]) for line in lines)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for log in (path, server.log):
        assert not re.search("1234BCD|9999ZZZ|Ana|contraseña|coronet_", log.read_text("utf-8"))


def test_every_answer_has_the_headers(server: Server, closed: Server) -> None:
    client = Client(server.url)
    save(client)
    image = re.findall(r"/uploads/[^\"]+\.webp", client.get("/registros").text)[0]
    with_answer = {path: client.get(path) for path in ("/", "/registros", "/descargar", "/nada", "/salud", image)}
    with_answer["401"] = requests.get(f"{closed.url}/registros", timeout=30)
    with_answer["asset"] = client.get("/estaticos/coronet.css")
    for path, answer in with_answer.items():
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, path
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "*" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "Strict-Transport-Security" not in answer.headers
        assert path == "asset" or answer.headers["Cache-Control"] == "no-store"
    assert client.get("/", headers={"X-Forwarded-Proto": "https"}).headers["Strict-Transport-Security"]


def test_no_page_has_a_script_or_a_style_of_its_own() -> None:
    for template in (PROJECT / "lib" / "coronet" / "templates").iterdir():
        source = template.read_text("utf-8")
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|<script(?![^>]*\ssrc=)", source), template.name
        assert "|safe" not in source.replace(" ", ""), template.name


def test_the_functions_say_who_may_call_them() -> None:
    """Each HTTP function is made by `endpoint`, which is where the guard stands."""
    for folder in {route.folder for route in routes()}:
        assert hasattr(function(folder), "__wrapped__")
