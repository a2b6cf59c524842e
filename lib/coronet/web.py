"""From an endpoint to Flask to Lambda: what every page shares (session, flash, errors, headers, templates, JSON)."""

import contextlib
import functools
import hashlib
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Flask, Request, flash, redirect, render_template, request
from flask.json.provider import DefaultJSONProvider
from flask.typing import ResponseReturnValue
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, ModuleLoader
from markupsafe import Markup
from werkzeug import Response
from werkzeug import exceptions as http
from werkzeug.wsgi import get_input_stream

from coronet import guard, plates, representation
from coronet.access import Right
from coronet.album import thumbnail_of
from coronet.errors import CoroNetError, InvalidInput, MethodNotAllowed, NotFound, Refused, TooLarge, Unauthenticated
from coronet.model import MAX_PHOTO_BYTES
from coronet.sessions import HOURS
from coronet.texts import LANGUAGES
from coronet.texts import text as text_in

View = Callable[[Request], ResponseReturnValue]
Function = Callable[[Request], Response]

STATIC = Path(__file__).with_name("static")
TEMPLATES = Path(__file__).with_name("templates")
COMPILED = TEMPLATES / "compiled"
"""The templates as Python modules, where `compile_templates` has made them."""

FORM_BYTES = 1024 * 1024
PHOTO_BODY_BYTES = MAX_PHOTO_BYTES * 4 // 3 + FORM_BYTES  # a photograph in base64, and the texts beside it
MAX_ANSWER_BYTES = 4_500_000
"""What a Lambda's answer holds: 6 MB, in base64."""
_DRAIN_BYTES = 4 * MAX_PHOTO_BYTES
_CHUNK_BYTES = 64 * 1024

_JSON = ("application/json", "application/problem+json")

_NOT_FROM_PAGES = ("PATCH", "DELETE")

METHODS = ["GET", "POST", "PATCH", "DELETE"]

log = logging.getLogger("coronet")


SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self' blob: data:; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # "no-referrer" would make the Origin of our own forms null
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
}
HTTPS_HEADERS = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}


def endpoint(
    *,
    right: Right | None = None,
    public: bool = False,
    back: str | None = None,
    pages: bool = True,
    max_bytes: int = FORM_BYTES,
) -> Callable[[View], Function]:
    """Make a view, `(request) -> what Flask may return`, a function that any host can call with a request.

    functions-framework, the gateway and Lambda all call the same function, and each call runs a small Flask
    application of the view's own; so sessions, flashes and errors are the same everywhere. What a view refuses
    becomes an error page or, where `back` names one, a redirect to that page with an `error` flash. A program
    (see `wants_json`) gets a problem document instead, and so does everybody from an endpoint without `pages`.

    The caller needs `right`; by default to read for GET, to delete for DELETE and to save for the rest. Only what is
    `public` is for everybody. A body of more than `max_bytes` is refused unread.
    """
    guard.refuse_open_address()
    options = _Options(right=right, public=public, back=back, pages=pages, max_bytes=max_bytes)

    def decorate(view: View) -> Function:
        @functools.wraps(view)
        def function(request: Request) -> Response:
            request.environ["wsgi.input"] = _Body(request.environ["wsgi.input"])
            return Response.from_app(_application(view, options), request.environ)

        return function

    return decorate


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    """See `endpoint`."""

    right: Right | None
    public: bool
    back: str | None
    pages: bool
    max_bytes: int


def lambda_handler(function: Function) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """The AWS Lambda handler of a function, for API Gateway's events of either version."""
    from apig_wsgi import make_lambda_handler

    def application(environ: Any, start_response: Any) -> Any:
        return function(Request(environ))(environ, start_response)

    handler: Callable[[dict[str, Any], Any], dict[str, Any]] = make_lambda_handler(application, binary_support=True)
    return handler


def wants_json(request: Request) -> bool:
    """Whether JSON is what the client would rather have: browsers, and who takes anything, get pages.

    PATCH and DELETE, which no page's form sends, are answered with JSON always.
    """
    return request.method in _NOT_FROM_PAGES or request.accept_mimetypes.best_match(["text/html", *_JSON]) in _JSON


def texts_of(request: Request, *names: str) -> dict[str, str | None]:
    """The texts of those names in a form or a JSON object, None for what is absent. Raises InvalidInput."""
    body = request.get_json(silent=True) if request.is_json else request.form
    if not isinstance(body, dict):
        raise InvalidInput("the body is no JSON object")
    texts = {name: body.get(name) for name in names}
    if not all(value is None or isinstance(value, str) for value in texts.values()):
        raise InvalidInput("a field is no text")
    return texts


def origin_of(request: Request) -> str | None:
    """What a request is known by when it is sent again: its `Idempotency-Key`, for this caller alone; None without.

    The header is that of draft-ietf-httpapi-idempotency-key-header. Raises InvalidInput for what cannot be a key.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not re.fullmatch("[!-~]{1,200}", key):
        raise InvalidInput("no key", key="error.key", field="Idempotency-Key")
    caller = guard.caller()
    sender = "sesion" if caller.startswith("sesion:") else caller  # who logs in again still sends the same again
    return hashlib.sha256(f"{sender} {key}".encode()).hexdigest()[:16]


def number_argument(arguments: Mapping[str, str], name: str, *, highest: int = 2**53) -> int | None:
    """The number, 1 to `highest`, that `name` has in a query or a form; None where absent. Raises InvalidInput."""
    given = arguments.get(name, "")
    if not given:
        return None
    if not re.fullmatch("[0-9]{1,16}", given) or not 1 <= int(given) <= highest:
        raise InvalidInput(f"{name} is no number in range", key="error.number", field=name, highest=highest)
    return int(given)


def path_id(request: Request) -> int:
    """The record's id that ends the path. Raises NotFound where it is no number."""
    id = path_parameter(request)
    if not re.fullmatch("[0-9]{1,16}", id):
        raise NotFound("an id is a number")
    return int(id)


def path_parameter(request: Request) -> str:
    """The last segment of the path: what `{id}` or `{filename}` stands for in a route."""
    return request.path.rpartition("/")[2]


def attachment(data: bytes, *, name: str, mimetype: str) -> ResponseReturnValue:
    """A file to be saved under that name. Where an answer cannot hold it, a redirect to where it can be fetched."""
    from coronet import wiring

    answer = Response(data, mimetype=mimetype, headers={"Content-Disposition": f"attachment; filename={name}"})
    if len(data) > MAX_ANSWER_BYTES and (downloads := wiring.downloads()):
        return redirect(downloads.offer(data, name=name, content_type=str(answer.content_type)), 303)
    return answer


def language() -> str:
    """The language of the answer: Spanish, unless the request prefers English."""

    def wanted(language: str) -> float:
        return max((q for tag, q in request.accept_languages if tag.lower().split("-")[0] == language), default=0)

    return max(LANGUAGES, key=wanted)


def text(key: str, **values: str | int) -> str:
    """The text under `key` in the language of the answer, its `{placeholders}` filled from `values`."""
    return text_in(key, language(), **values)


def message(error: CoroNetError) -> str:
    """What the user is told of an error, in the language of the answer."""
    return _said(error.key, error)


def path_plate(request: Request) -> str:
    """The plate in `/matriculas/{plate}/…`. Raises NotFound where it is none."""
    plate = request.path.split("/")[2]
    if plate != plates.clean(plate) or not plate:
        raise NotFound("no such plate")
    return plate


def static_file(name: str) -> Path:
    """The page asset of that name. Raises NotFound."""
    for path in STATIC.iterdir():
        if path.name == name:
            return path
    raise NotFound("no asset of that name")


def asset(name: str) -> str:
    """The address of a page asset, which browsers may keep for ever: its folder changes with any asset's content.

    The version is a folder, so that style and scripts find one another by relative addresses.
    """
    return f"/estaticos/{assets_version()}/{static_file(name).name}"


@functools.cache
def assets_version() -> str:
    """The name of the folder that the page assets have in addresses."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.iterdir()):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


@functools.cache
def _application(view: View, options: _Options) -> Flask:
    from coronet import wiring

    app = Flask(view.__name__, root_path=str(Path(__file__).parent), static_folder=None)
    app.secret_key = wiring.secret_key()
    app.session_interface = guard.SessionCookie()
    app.config.update(
        MAX_CONTENT_LENGTH=options.max_bytes,
        MAX_FORM_MEMORY_SIZE=options.max_bytes,
        SESSION_COOKIE_NAME="coronet",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=HOURS * 3600,
    )
    app.json = _Json(app)
    app.jinja_env.loader = ChoiceLoader([ModuleLoader(COMPILED), FileSystemLoader(TEMPLATES)])
    _furnish(app.jinja_env)

    @app.before_request
    def admit() -> None:
        guard.admit(request, right=options.right, public=options.public)
        if (request.content_length or 0) > options.max_bytes:
            raise http.RequestEntityTooLarge

    @app.route("/", defaults={"path": ""}, methods=METHODS)
    @app.route("/<path:path>", methods=METHODS)
    def run(path: str) -> ResponseReturnValue:
        return view(request._get_current_object())  # type: ignore[attr-defined]

    @app.errorhandler(Exception)
    def refuse(error: Exception) -> ResponseReturnValue:
        ours = _as_ours(error, options)
        answer = app.make_response(_refuse(ours, options))
        answer.headers.extend(ours.headers)
        return answer

    @app.after_request
    def finish(response: Response) -> Response:
        _drain()
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.update(SECURITY_HEADERS | (HTTPS_HEADERS if request.is_secure else {}))
        response.vary.add("Accept")
        return response

    return app


def compile_templates() -> None:
    """Make COMPILED: what is in a layer is compiled once, and not again by the first request of every instance."""
    templates = Flask(__name__).jinja_env
    _furnish(templates)
    templates.loader = FileSystemLoader(TEMPLATES)
    templates.compile_templates(COMPILED, zip=None, ignore_errors=False)


def _furnish(templates: Environment) -> None:
    """Give an application's templates what they use."""
    templates.trim_blocks = templates.lstrip_blocks = True
    templates.globals.update(
        text=text,
        language=language,
        asset=asset,
        csrf_field=_csrf_field,
        csrf_token=guard.csrf_token,
        logged_in=guard.logged_in,
    )
    templates.filters["thumbnail"] = thumbnail_of
    templates.filters["percent"] = lambda share: f"{100 * share:.0f}\u202f%"


class _Body:
    """A request's body; whatever servers raise at a broken one (cut short, badly chunked) is the client's fault."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes, all of them by default. Raises http.BadRequest."""
        try:
            data: bytes = self._stream.read(size)
        except Exception as error:
            raise http.BadRequest from error
        return data


class _Json(DefaultJSONProvider):
    """Spanish as it is written, keys in the order given, and no JSON that is nested without end."""

    ensure_ascii = False
    sort_keys = False

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """As json.loads; ValueError is all that it raises."""
        try:
            return super().loads(s, **kwargs)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


def _csrf_field() -> Markup:
    """What every form that posts holds; nothing where no session has to show that a form is its own."""
    token = guard.csrf_token()
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(token) if token else Markup("")


def _as_ours(error: Exception, options: _Options) -> CoroNetError:
    if isinstance(error, CoroNetError):
        return error
    if isinstance(error, http.RequestEntityTooLarge):
        return TooLarge("request too large", megabytes=min(options.max_bytes, MAX_PHOTO_BYTES) >> 20)
    if isinstance(error, http.MethodNotAllowed):
        return MethodNotAllowed(error.name)
    if isinstance(error, http.HTTPException):
        return InvalidInput(error.name)
    log.exception("unexpected %s", type(error).__name__)
    return CoroNetError(type(error).__name__)


def _refuse(error: CoroNetError, options: _Options) -> ResponseReturnValue:
    """The error as the user gets it: a problem document, flashed on the page `back`, or on a page of its own."""
    if error.status >= 500:
        log.error("%s: %s", type(error).__name__, error)
    if not options.pages or wants_json(request):
        document = representation.problem(error, title=_said(type(error).key, error), detail=message(error))
        return document, error.status, {"Content-Type": "application/problem+json"}
    if isinstance(error, Unauthenticated) and "text/html" in request.headers.get("Accept", ""):
        return redirect(f"/entrar?volver={quote(request.path)}" if request.method == "GET" else "/entrar")
    if options.back is not None and not isinstance(error, Refused):
        flash(message(error), "error")
        return redirect(options.back)
    return render_template("error.html", message=message(error)), error.status


def _said(key: str, error: CoroNetError) -> str:
    return text(key, **{name: _in_words(name, value) for name, value in error.values.items()})


def _in_words(name: str, value: str | int) -> str | int:
    match name:
        case "field":
            return text(f"field.{value}")
        case "problem":
            return text(f"problem.{value}")
        case _:
            return value


def _drain() -> None:
    """Read on and throw away, so that a browser that is still sending gets to see the answer."""
    body = get_input_stream(request.environ)
    with contextlib.suppress(http.BadRequest):
        for _ in range(_DRAIN_BYTES // _CHUNK_BYTES):
            if not body.read(_CHUNK_BYTES):
                break
