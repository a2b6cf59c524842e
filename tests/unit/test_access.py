"""Passwords, keys, rights and limits, without a server."""

import itertools
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

from coronet.access import (
    Access,
    Right,
    TokenBuckets,
    hash_password,
    is_this_machine,
    network,
    new_api_key,
    parse_api_keys,
    parse_password_hash,
    parse_rates,
    token_holder,
)
from coronet.config import Settings
from coronet.errors import Forbidden, SettingsError, TooManyRequests, Unauthenticated
from coronet.sessions import HOURS, PREFIX, Sessions
from coronet.storage.local import LocalStore
from servers import PROJECT, clean_environ

PASSWORD = "una contraseña larga"


class Clock:
    def __init__(self, now: float = 1_800_000_000) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@cache
def password_hash() -> str:
    return hash_password(PASSWORD)


def test_a_password_is_known_by_its_hash_alone() -> None:
    access = Access(password_hash=password_hash())
    access.log_in(PASSWORD, "192.0.2.1")
    access.log_in("una contrasen\u0303a larga", "192.0.2.1")  # the same text as other keyboards compose it
    for wrong in ("", "otra", PASSWORD + "x", PASSWORD[:-1], "x" * 10**6):
        with pytest.raises(Unauthenticated):
            Access(password_hash=password_hash()).log_in(wrong, "192.0.2.1")
    assert PASSWORD not in password_hash()
    assert hash_password(PASSWORD) != password_hash()


def test_nothing_but_a_strong_hash_is_taken() -> None:
    with pytest.raises(ValueError, match="12 to 200"):
        hash_password("corta")
    with pytest.raises(SettingsError) as refused:
        Settings.from_environ({"CORONET_PASSWORD_HASH": "hunter2hunter2"})
    assert "hunter2" not in str(refused.value)
    assert password_hash() not in repr(Settings.from_environ({"CORONET_PASSWORD_HASH": password_hash()}))
    assert parse_password_hash("") == ""


def test_without_a_password_nobody_logs_in() -> None:
    key, kept = new_api_key("puerta", ["guardar"])
    with pytest.raises(Unauthenticated):
        Access(api_keys=(kept,)).log_in("", "192.0.2.1")
    assert Access(api_keys=(kept,)).key_holder(key, "192.0.2.1").rights == {Right.SAVE}


@pytest.mark.parametrize(
    ("claims", "rights"),
    [
        ({"scope": "leer guardar"}, {Right.READ, Right.SAVE}),
        ({"scope": "openid coronet/borrar"}, {Right.DELETE}),
        ({"scp": "[leer guardar]"}, {Right.READ, Right.SAVE}),
        ({"scope": "otra/leer LEER leerguardar read *"}, set()),
        ({"rights": "leer", "permissions": "[borrar]"}, set()),
    ],
)
def test_the_scopes_of_a_token_are_its_rights(claims: dict[str, str], rights: set[Right]) -> None:
    holder = token_holder({"sub": "cámara 7", **claims})
    assert holder.rights == rights
    assert (str(holder), holder.is_program) == ("jwt:cámara 7", True)


def test_a_token_that_names_nobody_is_nobodys() -> None:
    with pytest.raises(Unauthenticated):
        token_holder({"scope": "leer"})
    assert len(token_holder({"sub": "x" * 5000}).name) == 255


def test_a_key_is_kept_as_its_hash() -> None:
    key, kept = new_api_key("caja", ["leer", "borrar"])
    assert key not in str(kept)
    assert parse_api_keys(f"{kept}, ") == (kept,)
    access = Access(api_keys=(kept,))
    assert str(access.key_holder(key, "192.0.2.1")) == "clave:caja"
    for wrong in (key[:-1], key + "x", kept.digest, "", "ñ" * 1000):
        with pytest.raises(Unauthenticated):
            access.key_holder(wrong, "192.0.2.1")


@pytest.mark.parametrize(
    "text", ["x", "puerta:leer:abc", "Puerta:leer:" + "a" * 64, "puerta:todo:" + "a" * 64, "puerta::" + "a" * 64]
)
def test_a_key_that_cannot_be_one_stops_the_start_without_being_shown(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environ({"CORONET_API_KEYS": text})
    assert "a" * 64 not in str(refused.value)


def test_two_keys_of_one_name_are_refused() -> None:
    _, one = new_api_key("caja", ["leer"])
    _, other = new_api_key("caja", ["borrar"])
    with pytest.raises(ValueError, match="one name"):
        parse_api_keys(f"{one},{other}")


def test_guessing_is_slowed_down_for_an_address() -> None:
    clock = Clock()
    access = Access(password_hash=password_hash(), clock=clock)
    assert refusals(access, itertools.repeat("192.0.2.1", 8)) == [401] * 5 + [429] * 3
    with pytest.raises(TooManyRequests) as wait:
        access.log_in(PASSWORD, "192.0.2.1")
    access.log_in(PASSWORD, "192.0.2.2")  # who else comes is not kept out
    clock.now += float(wait.value.headers["Retry-After"])
    access.log_in(PASSWORD, "192.0.2.1")


def test_guessing_is_slowed_down_for_everybody_together() -> None:
    """At most a hundred wrong passwords an hour, however many machines send them (ASVS 2.2.1)."""
    clock = Clock()
    access = Access(password_hash=password_hash(), clock=clock)
    access._password_hash = ""  # refused without the cost of a hash
    answers = []
    for number in range(600):
        answers += refusals(access, [f"198.51.100.{number % 250}"])
        clock.now += 6
    assert 90 <= answers.count(401) <= 100


def refusals(access: Access, addresses: Iterator[str] | list[str]) -> list[int]:
    statuses = []
    for address in addresses:
        with pytest.raises((Unauthenticated, TooManyRequests)) as refused:
            access.log_in("mala", address)
        statuses.append(refused.value.status)
    return statuses


def test_wrong_keys_are_slowed_down_and_right_ones_never() -> None:
    key, kept = new_api_key("caja", ["leer"])
    access = Access(api_keys=(kept,), clock=Clock())
    for _ in range(20):
        with pytest.raises(Unauthenticated):
            access.key_holder("mala", "192.0.2.1")
    with pytest.raises(TooManyRequests):
        access.key_holder("mala", "192.0.2.1")
    assert access.key_holder(key, "192.0.2.1")


def test_rates_hold_for_each_name_and_refill() -> None:
    clock = Clock()
    access = Access(password_hash=password_hash(), rates=parse_rates("guardar=2"), clock=clock)
    for right in (Right.SAVE, Right.DELETE):
        access.count(right, "ana")
    with pytest.raises(TooManyRequests) as refused:
        access.count(Right.SAVE, "ana")
    assert refused.value.headers == {"Retry-After": "30"}
    access.count(Right.READ, "ana")
    access.count(Right.SAVE, "luis")
    clock.now += 30
    access.count(Right.SAVE, "ana")


def test_rates_by_default() -> None:
    closed = Access(password_hash=password_hash(), clock=Clock())
    for right, number in ((Right.SAVE, 60), (Right.READ, 600)):
        for _ in range(number):
            closed.count(right, "ana")
        with pytest.raises(TooManyRequests):
            closed.count(right, "ana")
    for _ in range(1000):
        Access().count(Right.SAVE, "ana")


@pytest.mark.parametrize("text", ["guardar", "guardar=0", "guardar=-1", "borrar=5", "x=1", "leer=9999999", "leer=1.5"])
def test_a_rate_that_cannot_be_one_stops_the_start(text: str) -> None:
    with pytest.raises(SettingsError, match="CORONET_RATE"):
        Settings.from_environ({"CORONET_RATE": text})


def test_buckets_are_exact_under_threads_and_of_bounded_number() -> None:
    buckets = TokenBuckets(size=100, per_second=0.001, names=50, clock=Clock())
    with ThreadPoolExecutor(8) as threads:
        granted = list(threads.map(lambda _: buckets.take("x") == 0, range(400)))
    assert granted.count(True) == 100
    for number in range(1000):
        buckets.take(str(number))
    assert len(buckets._buckets) == 50


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:5000", "127.0.0.1:80", "[::1]", "[::1]:5000"])
def test_this_machines_names(host: str) -> None:
    Access().check_host(host)


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "a@localhost", "localhost:x", "[::2]",
     "localhost\n", "localhost ", "localhost, evil.example", "ł"],
)  # fmt: skip
def test_foreign_names_are_refused_while_open(host: str) -> None:
    with pytest.raises(Forbidden):
        Access().check_host(host)


def test_the_names_that_are_set_are_the_names() -> None:
    access = Access(password_hash=password_hash(), hosts=("matriculas.example.org",))
    access.check_host("Matriculas.example.org:443")
    with pytest.raises(Forbidden):
        access.check_host("localhost")
    Access(password_hash=password_hash()).check_host("anything.example.org")


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "localhost"])
def test_this_machine(address: str) -> None:
    assert is_this_machine(address)
    Access().check_peers([address])


@pytest.mark.parametrize("address", ["", "0.0.0.0", "::", "192.0.2.1", "::ffff:192.0.2.1", "127.0.0.1.example", "x"])
def test_other_machines_are_refused_while_open(address: str) -> None:
    assert not is_this_machine(address)
    with pytest.raises(Forbidden):
        Access().check_peers(["127.0.0.1", address])
    Access(password_hash=password_hash()).check_peers([address])


def test_one_client_is_one_network() -> None:
    assert network("2001:db8:1:2::5") == network("2001:db8:1:2:ffff::9") != network("2001:db8:1:3::5")
    assert network("192.0.2.1") == "192.0.2.1"
    assert network("") == ""


def test_a_session_ends_by_itself_and_by_logging_out(tmp_path: Path) -> None:
    clock = Clock()
    sessions, elsewhere = (Sessions(LocalStore(tmp_path), clock) for _ in range(2))
    id = sessions.begin()
    assert sessions.holds(id)
    assert elsewhere.holds(id)
    sessions.end(id)
    assert not sessions.holds(id)
    clock.now += 31  # another process remembers for half a minute
    assert not elsewhere.holds(id)

    id = sessions.begin()
    clock.now += HOURS * 3600 - 1
    assert sessions.holds(id)
    clock.now += 1
    assert not sessions.holds(id)
    sessions.begin()
    assert not (tmp_path / PREFIX / id).exists()


@pytest.mark.parametrize("id", ["", "../registros.csv", "9999999999-", "9999999999-" + "0" * 32, "x" * 100])
def test_an_id_that_nobody_gave_is_no_session(tmp_path: Path, id: str) -> None:
    sessions = Sessions(LocalStore(tmp_path))
    assert not sessions.holds(id)
    sessions.end(id)


SECRET = "import hashlib; from coronet import wiring; print(hashlib.sha256(wiring.secret_key()).hexdigest())"


def test_the_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    """Several processes that start together sign with one key."""
    environ = {**clean_environ(), "CORONET_HOME": str(tmp_path)}
    old = os.umask(0)
    try:
        started = [
            subprocess.Popen([sys.executable, "-c", SECRET], env=environ, stdout=subprocess.PIPE) for _ in range(4)
        ]
        digests = {process.communicate(timeout=60)[0] for process in started}
    finally:
        os.umask(old)
    assert len(digests) == 1
    assert digests.pop() != b""
    secret = tmp_path / "data" / "secreto"
    assert (stat.S_IMODE(secret.stat().st_mode), secret.stat().st_size) == (0o600, 32)
    assert [path.name for path in secret.parent.iterdir()] == ["secreto"]


def test_the_secret_may_be_given(tmp_path: Path) -> None:
    environ = {**clean_environ(), "CORONET_HOME": str(tmp_path), "CORONET_SECRET_KEY": "s" * 40}
    command = [sys.executable, "-c", "from coronet import wiring; print(wiring.secret_key().decode())"]
    assert subprocess.check_output(command, env=environ, text=True).strip() == "s" * 40
    assert not (tmp_path / "data").exists()


def test_make_password_and_make_api_key_print_what_the_environment_takes(tmp_path: Path) -> None:
    printed = make(["password"], PASSWORD)
    (tmp_path / ".env").write_text(printed + make(["api-key", "NAME=caja", "RIGHTS=leer+borrar"]))
    environ = {**clean_environ(), "CORONET_HOME": str(tmp_path)}
    check = (
        "from coronet import wiring\n"
        f"wiring.access().log_in({PASSWORD!r}, '192.0.2.1')\n"
        "print(*sorted(wiring.settings().api_keys[0].rights))"
    )
    assert subprocess.check_output([sys.executable, "-c", check], env=environ, text=True) == "borrar leer\n"


def make(arguments: list[str], typed: str = "") -> str:
    command = ["make", "--silent", "--no-print-directory", *arguments]
    return subprocess.check_output(command, cwd=PROJECT, input=typed, text=True, timeout=120)


@pytest.mark.parametrize("arguments", [["password"], ["api-key", "Caja", "leer"], ["api-key", "caja", "todo"], []])
def test_credentials_that_cannot_be_are_refused(arguments: list[str]) -> None:
    command = [sys.executable, str(PROJECT / "scripts" / "credentials.py"), *arguments]
    done = subprocess.run(command, input="corta\n", capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (1, "", False)
