"""The functions as on AWS, on this machine: HTTP in front, AWS's emulator for each instance, moto's server as S3."""

import base64
import contextlib
import queue
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Thread
from typing import Any

import requests
from werkzeug import Request, Response
from werkzeug.routing import Map, Rule
from werkzeug.serving import WSGIRequestHandler, make_server

import aws
from coronet.gateway import routes
from emulator import HandlerFailed, Invoke, emulating
from servers import free_port

BUCKET = "coronet-lambdas"


@contextlib.contextmanager
def serving_lambdas(
    scratch: Path, *functions: str, instances: int, environ: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Serve the routes of these `functions/NAME/` on a bucket of their own; yields the address and that of S3.

    Of each there are so many instances, and each answers one request at a time, as on Lambda; what finds none that is
    free waits. Like API Gateway it answers 502 where a handler failed, 504 where it took too long.
    """
    with contextlib.ExitStack() as stack:
        s3_url = stack.enter_context(aws.moto_server(scratch))
        aws.session().client("s3", endpoint_url=s3_url).create_bucket(Bucket=BUCKET)
        settings = {
            "AWS_LAMBDA_FUNCTION_TIMEOUT": "29",
            "AWS_ENDPOINT_URL": s3_url,
            "CORONET_STORAGE": "s3",
            "CORONET_BUCKET": BUCKET,
            "CORONET_AUDIT": "-",
            "CORONET_SECRET_KEY": "for tests only, and long enough to be one",
            **environ,
        }
        free: dict[str, queue.SimpleQueue[Invoke]] = {}
        for name in functions:
            free[name] = queue.SimpleQueue()
            for number in range(instances):
                folder = scratch / f"{name}-{number}"
                folder.mkdir()
                free[name].put(stack.enter_context(emulating(name, folder, environ=settings)))
        server = make_server("127.0.0.1", free_port(), _Gateway(free), threaded=True, request_handler=_Quiet)
        stack.callback(server.shutdown)
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.port}", s3_url


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_: object) -> None:
        """No line for each request."""


class _Gateway:
    """HTTP requests as API Gateway's events (payload format 2.0), and the answers as HTTP again."""

    def __init__(self, free: Mapping[str, "queue.SimpleQueue[Invoke]"]) -> None:
        self._free = free
        table = [(route, Path(route.folder).name) for route in routes()]
        self._urls = Map(
            [
                Rule(route.path.replace("{", "<").replace("}", ">"), methods=[route.method], endpoint=name)
                for route, name in table
                if name in free
            ]
        )

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        name, _ = self._urls.bind_to_environ(environ).match()
        event = _event(request)
        invoke = self._free[name].get()
        try:
            answer = _response(invoke(event))
        except HandlerFailed as error:
            answer = Response(str(error), 502)
        except (requests.Timeout, requests.JSONDecodeError):  # the emulator says so in plain words
            answer = Response(status=504)
        finally:
            self._free[name].put(invoke)
        return answer(environ, start_response)


def _event(request: Request) -> dict[str, Any]:
    address = request.remote_addr
    return {
        "version": "2.0",
        "rawPath": request.path,
        "rawQueryString": request.query_string.decode("ascii"),
        "headers": {name.lower(): value for name, value in request.headers} | {"x-forwarded-proto": "https"},
        "cookies": [f"{name}={value}" for name, value in request.cookies.items()],
        "requestContext": {
            "http": {"method": request.method, "path": request.path, "protocol": "HTTP/1.1", "sourceIp": address}
        },
        "body": base64.b64encode(request.get_data()).decode("ascii"),
        "isBase64Encoded": True,
    }


def _response(answer: Mapping[str, Any]) -> Response:
    body = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
    response = Response(body, answer["statusCode"], answer["headers"])
    for cookie in answer["cookies"]:
        response.headers.add("Set-Cookie", cookie)
    return response
