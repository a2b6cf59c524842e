"""What stands before every view: whose request it is, and whether it may do what it asks for."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import click
from flask import Flask, Request, g, session
from flask.sessions import SecureCookieSessionInterface

from coronet import wiring
from coronet.access import LOCAL, Caller, Right, is_this_machine, network, token_holder
from coronet.errors import Forbidden, Refused, Unauthenticated

_SAFE = {"GET", "HEAD", "OPTIONS"}
_RIGHT_OF = {"GET": Right.READ, "HEAD": Right.READ, "OPTIONS": Right.READ, "DELETE": Right.DELETE}


def admit(request: Request, *, right: Right | None, public: bool) -> None:
    """Let the request through, or raise Refused; afterwards `caller()` says whose it is.

    `right` is what it needs: by default what its method means. Nothing of its body is read before it is known who
    sends it.
    """
    access = wiring.access()
    access.check_host(request.headers.get("Host", ""))
    access.check_peers(_peers(request))
    needed = right or _RIGHT_OF.get(request.method, Right.SAVE)
    changes = request.method not in _SAFE or needed is not Right.READ
    if changes and _comes_from_elsewhere(request):
        raise Forbidden("a change asked for by another site", key="error.another_site")
    found = g.caller = _caller(request)
    if not public:
        access.count(needed, str(found) if found and found.is_program else address(request))
        if found is None:
            raise Unauthenticated("neither a session nor a key")
        if needed not in found.rights:
            raise Forbidden(f"{found} lacks the right {needed}", key="error.right")
    if changes and found and found.kind == "sesion" and not _token_fits(request):
        raise Forbidden("no CSRF token", key="error.csrf")


def refuse_open_address() -> None:
    """End the process where a server is about to offer CoroNet to other machines without a password or a key.

    functions-framework loads the functions inside its own click command, which knows the address.
    """
    command = click.get_current_context(silent=True)
    host = command.params.get("host") if command else None
    if host is not None and wiring.access().open and not is_this_machine(host):
        raise SystemExit(
            f"CoroNet will not serve {host} to everybody: put a password (make password) or a key (make api-key) into "
            "the environment or the .env file, or serve this machine alone (make serve HOST=127.0.0.1)."
        )


def caller() -> str:
    """Whoever sent the request: `clave:NAME`, `jwt:SUBJECT`, `sesion:ID`, `local` while CoroNet is open, or `nadie`."""
    return str(g.get("caller") or "nadie")


def audit(what: str, *records: int) -> None:
    """Tell the audit log what the caller did, and to which records."""
    wiring.audit().write(caller(), what, *records)


def address(request: Request) -> str:
    """Where the request comes from, as far as limits are concerned."""
    return network(request.remote_addr or "")


def log_in(request: Request, password: str) -> None:
    """Begin a session. Raises Unauthenticated for another password, TooManyRequests after too many of those."""
    try:
        wiring.access().log_in(password, address(request))
    except Refused:
        audit(f"login refused from {address(request)}")
        raise
    session.clear()
    session.permanent = True
    session["sesion"] = id = wiring.sessions().begin()
    session["clave"] = wiring.access().fingerprint
    g.caller = _person(id)
    audit("logged in")


def log_out() -> None:
    """End the session, for every copy of its cookie."""
    if logged_in():
        audit("logged out")
    wiring.sessions().end(str(session.get("sesion", "")))
    session.clear()
    g.caller = None


def logged_in() -> bool:
    """Whether the request belongs to a session."""
    found: Caller | None = g.get("caller")
    return found is not None and found.kind == "sesion"


def csrf_token() -> str:
    """What a change by this session has to bring along; empty where there is no session."""
    if not logged_in():
        return ""
    return hmac.new(wiring.secret_key(), f"csrf {session['sesion']}".encode(), hashlib.sha256).hexdigest()


class SessionCookie(SecureCookieSessionInterface):
    """Flask's signed cookie; over HTTPS it is Secure, and bound to this very host by its name."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """Whether browsers send it over HTTPS only."""
        return _https()

    def get_cookie_name(self, app: Flask) -> str:
        """`__Host-` is a promise that browsers keep (RFC 6265bis, 4.1.3.2)."""
        name: str = super().get_cookie_name(app)
        return f"__Host-{name}" if _https() else name


def _https() -> bool:
    from flask import request

    return request.is_secure


def _caller(request: Request) -> Caller | None:
    if wiring.access().open:
        return LOCAL
    if (claims := _verified_claims(request)) is not None:
        return token_holder(claims)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    key = token.strip() if scheme.lower() in ("bearer", "token") else request.headers.get("X-API-Key", "")
    if key:
        return wiring.access().key_holder(key, address(request))
    id = session.get("sesion")
    if (
        isinstance(id, str)
        and session.get("clave") == wiring.access().fingerprint != ""
        and wiring.sessions().holds(id)
    ):
        return _person(id)
    return None


def _verified_claims(request: Request) -> Mapping[str, str] | None:
    """What API Gateway's JWT authorizer says in the event that called this Lambda; no request can say it itself."""
    context = request.environ.get("apig_wsgi.request_context", {})
    found: Mapping[str, str] | None = context.get("authorizer", {}).get("jwt", {}).get("claims")
    return found


def _person(session_id: str) -> Caller:
    return Caller("sesion", hashlib.sha256(session_id.encode()).hexdigest()[:8])  # a name that opens nothing


def _peers(request: Request) -> list[str]:
    """Every address that the request says it has come through: it is this machine's only if all of them are."""
    named = request.headers.get("X-Forwarded-For", "")
    return [request.remote_addr or "", *(each.strip() for each in named.split(",") if each.strip())]


def _comes_from_elsewhere(request: Request) -> bool:
    """Whether a browser says that another site, or a guess of what will be typed, is behind this request."""
    headers = request.headers
    if "prefetch" in headers.get("Sec-Purpose", ""):
        return True
    if site := headers.get("Sec-Fetch-Site"):
        return site not in ("same-origin", "none")
    source = headers.get("Origin") or headers.get("Referer") or ""
    return source != "" and _host_of(source) != _host_of(f"{request.scheme}://{headers.get('Host', '')}")


def _host_of(address: str) -> tuple[Any, ...]:
    try:
        parts = urlsplit(address)
        default = {"http": 80, "https": 443}.get(parts.scheme)
        return parts.hostname, parts.port or default
    except ValueError:
        return ()


def _token_fits(request: Request) -> bool:
    sent = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
    return hmac.compare_digest(sent.encode(), csrf_token().encode())
