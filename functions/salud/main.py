"""GET /salud: whether CoroNet answers."""

from flask import Request, Response
from flask.typing import ResponseReturnValue

from coronet.web import endpoint, lambda_handler


@endpoint(public=True)
def salud(request: Request) -> ResponseReturnValue:
    """`ok`, for load balancers and supervisors; it says nothing else to anybody."""
    return Response("ok\n", mimetype="text/plain")


handler = lambda_handler(salud)
