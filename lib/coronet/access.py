"""Who may do what, and how often: passwords, API keys, rights, limits."""

import enum
import hashlib
import hmac
import ipaddress
import re
import secrets
import threading
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from coronet.errors import Forbidden, TooManyRequests, Unauthenticated


class Right(enum.StrEnum):
    """What a caller may do, as `CORONET_API_KEYS` names it."""

    READ = "leer"
    SAVE = "guardar"
    DELETE = "borrar"


EVERYTHING = frozenset(Right)
DEFAULT_RATES: Mapping[Right, int] = {Right.SAVE: 60, Right.READ: 600}
MIN_PASSWORD, MAX_PASSWORD = 12, 200

_SCRYPT = "scrypt:32768:8:3"  # OWASP's Password Storage Cheat Sheet; 32 MB, some 0.3 s
_SCOPE = re.compile(r"[^\s\[\]]+")
_MAX_SUBJECT = 255  # OpenID Connect Core, section 2
_KEY_NAME = re.compile(r"[a-z0-9_-]{1,40}")
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?", re.IGNORECASE | re.ASCII)
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sent a request: a person's `sesion`, a program's `clave` or access token (`jwt`), or `local`."""

    kind: str
    name: str = ""
    rights: frozenset[Right] = EVERYTHING

    @property
    def is_program(self) -> bool:
        """Whether it says who it is with every request by itself, which no browser does for another site."""
        return self.kind in ("clave", "jwt")

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else self.kind


LOCAL = Caller("local")
"""Anybody at this machine, where neither a password nor a key is set."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is kept of a key: never the key itself, only its SHA-256, which is enough for 256 random bits."""

    name: str
    rights: frozenset[Right]
    digest: str

    def __str__(self) -> str:
        rights = "+".join(right for right in Right if right in self.rights)
        return f"{self.name}:{rights}:{self.digest}"


def new_api_key(name: str, rights: Iterable[str]) -> tuple[str, ApiKey]:
    """A fresh key, and what is kept of it. Raises ValueError for a name or a right that cannot be one."""
    key = f"coronet_{secrets.token_urlsafe(32)}"
    return key, _api_key(f"{name}:{'+'.join(rights)}:{_digest(key)}")


def parse_api_keys(text: str) -> tuple[ApiKey, ...]:
    """Keys as `name:right+right:sha256`, separated by commas. Raises ValueError."""
    keys = tuple(_api_key(entry.strip()) for entry in text.split(",") if entry.strip())
    if len({key.name for key in keys}) < len(keys):
        raise ValueError("two keys have one name")
    return keys


def _api_key(entry: str) -> ApiKey:
    name, rights, digest = entry.split(":") if entry.count(":") == 2 else ("", "", "")
    if not _KEY_NAME.fullmatch(name) or not re.fullmatch("[0-9a-f]{64}", digest):
        raise ValueError("a key is name:right+right:sha256, its name of a-z 0-9 _ -; make api-key writes one")
    return ApiKey(name, frozenset(Right(right) for right in rights.split("+")), digest)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def token_holder(claims: Mapping[str, str]) -> Caller:
    """Whose access token that is, by the claims that API Gateway found in it, having verified it.

    Its scopes are its rights: `leer`, or `coronet/leer` where the issuer puts a resource's name before them. Other
    scopes mean nothing here. Raises Unauthenticated where it names nobody.
    """
    if not (subject := claims.get("sub", "")):
        raise Unauthenticated("a token without a subject")
    scopes = _SCOPE.findall(claims.get("scope") or claims.get("scp") or "")  # a list comes as "[leer guardar]"
    given = {scope.removeprefix("coronet/") for scope in scopes}
    return Caller("jwt", subject[:_MAX_SUBJECT], frozenset(right for right in Right if right in given))


def hash_password(password: str) -> str:
    """The password as `CORONET_PASSWORD_HASH` keeps it (scrypt). Raises ValueError for a wrong length."""
    from werkzeug.security import generate_password_hash

    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise ValueError(f"a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters")
    return generate_password_hash(_normal(password), _SCRYPT)


def parse_password_hash(text: str) -> str:
    """`text`, if it is a hash that `make password` made, or empty. Raises ValueError."""
    if text and not re.fullmatch(r"scrypt:\d+:\d+:\d+\$[A-Za-z0-9]+\$[0-9a-f]{128}", text):
        raise ValueError("it is no password hash; make password writes one")
    return text


def _normal(password: str) -> str:
    return unicodedata.normalize("NFC", password)  # keyboards differ in how they compose ñ


def parse_rates(text: str) -> Mapping[Right, int] | None:
    """Requests a minute, as `guardar=60,leer=600`; deleting counts as saving. None where `text` is empty."""
    if not text:
        return None
    rates = dict(DEFAULT_RATES)
    for entry in text.split(","):
        name, _, number = entry.partition("=")
        right = Right(name.strip())
        if right not in DEFAULT_RATES or not 0 < int(number) <= 10**6:
            raise ValueError("it is guardar=N,leer=N, each from 1 to a million")
        rates[right] = int(number)
    return rates


def is_this_machine(address: str) -> bool:
    """Whether `address` is a loopback address or `localhost`."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address == "localhost"
    return (getattr(ip, "ipv4_mapped", None) or ip).is_loopback


class TokenBuckets:
    """A bucket of `size` tokens for each name, refilled evenly at `per_second`.

    Kept in this process's memory, for the `names` that came last.
    """

    def __init__(
        self, *, size: float, per_second: float, names: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._size = size
        self._per_second = per_second
        self._names = names
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, name: str) -> float:
        """Take a token: 0, or else the seconds until there is one."""
        with self._lock:
            tokens = self._tokens(name)
            granted = tokens >= 1
            self._keep(name, tokens - granted)
            return 0 if granted else (1 - tokens) / self._per_second

    def give_back(self, name: str) -> None:
        """Put the token that was taken back."""
        with self._lock:
            self._keep(name, min(self._size, self._tokens(name) + 1))

    def _tokens(self, name: str) -> float:
        tokens, at = self._buckets.get(name, (self._size, self._clock()))
        return min(self._size, tokens + (self._clock() - at) * self._per_second)

    def _keep(self, name: str, tokens: float) -> None:
        self._buckets[name] = (tokens, self._clock())
        self._buckets.move_to_end(name)
        while len(self._buckets) > self._names:
            self._buckets.popitem(last=False)


class Access:
    """The rules of one CoroNet, and its memory of who came how often.

    It is `open` where neither a password nor a key is set; then it serves this machine alone. `rates` None means the
    default ones, and none while it is open.
    """

    def __init__(
        self,
        *,
        password_hash: str = "",
        api_keys: tuple[ApiKey, ...] = (),
        hosts: tuple[str, ...] = (),
        rates: Mapping[Right, int] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._password_hash = password_hash
        self._api_keys = api_keys
        self.open = not password_hash and not api_keys
        self.fingerprint = hashlib.sha256(password_hash.encode()).hexdigest()[:16] if password_hash else ""
        """Changes with the password, so that sessions can end with it; empty where there is none."""
        self._hosts = frozenset(host.lower() for host in hosts) or (_THIS_MACHINE if self.open else None)
        rates = rates or ({} if self.open else DEFAULT_RATES)
        self._rates = {
            right: TokenBuckets(size=each, per_second=each / 60, clock=clock) for right, each in rates.items()
        }
        # ASVS 2.2.1: at most 100 failed attempts an hour on the one account; 5 and then 20 an hour from one address.
        self._guesses = TokenBuckets(size=5, per_second=20 / 3600, clock=clock)
        self._guesses_in_all = TokenBuckets(size=20, per_second=80 / 3600, clock=clock)
        self._wrong_keys = TokenBuckets(size=20, per_second=1, clock=clock)

    def check_host(self, host: str) -> None:
        """Refuse a request to a name that is not ours (DNS rebinding). Raises Forbidden."""
        match = _HOST.fullmatch(host)
        if match is None or (self._hosts is not None and match[1].lower() not in self._hosts):
            raise Forbidden("foreign Host header", key="error.host")

    def check_peers(self, addresses: Iterable[str]) -> None:
        """Refuse another machine while CoroNet is open. Raises Forbidden."""
        if self.open and not all(is_this_machine(address) for address in addresses):
            raise Forbidden("another machine, without a password set", key="error.not_this_machine")

    def log_in(self, password: str, address: str) -> None:
        """Raise Unauthenticated where that is not the password, TooManyRequests after too many that were not."""
        from werkzeug.security import check_password_hash

        wait = self._guesses.take(address)
        if not wait and (wait := self._guesses_in_all.take("")):
            self._guesses.give_back(address)
        if wait:
            raise TooManyRequests(wait, key="error.too_many_guesses")
        possible = self._password_hash and len(password) <= MAX_PASSWORD
        if not possible or not check_password_hash(self._password_hash, _normal(password)):
            raise Unauthenticated("wrong password", key="error.password")
        self._guesses.give_back(address)
        self._guesses_in_all.give_back("")

    def key_holder(self, key: str, address: str) -> Caller:
        """Whose key that is. Raises Unauthenticated where it is nobody's, TooManyRequests after too many of those."""
        digest = _digest(key)
        found = None
        for each in self._api_keys:
            if hmac.compare_digest(each.digest, digest):
                found = each
        if found is None:
            if wait := self._wrong_keys.take(address):
                raise TooManyRequests(wait)
            raise Unauthenticated("unknown API key", key="error.api_key")
        return Caller("clave", found.name, found.rights)

    def count(self, right: Right, name: str) -> None:
        """Count a request of `name`, a caller or an address, against its rate. Raises TooManyRequests."""
        buckets = self._rates.get(Right.READ if right is Right.READ else Right.SAVE)
        if buckets and (wait := buckets.take(name)):
            raise TooManyRequests(wait)


def network(address: str) -> str:
    """The address, or of IPv6 its /64 network: what one client can have all of."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((ip, 64), strict=False)) if ip.version == 6 else address
