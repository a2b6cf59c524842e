"""GET, PATCH or DELETE /registros/<id>: one record, for programs."""

from flask import Request
from flask.typing import ResponseReturnValue

from coronet import representation, wiring
from coronet.web import endpoint, lambda_handler, path_id


@endpoint(pages=False)
def registro(request: Request) -> ResponseReturnValue:
    """The record whose id ends the path: shown, or deleted with its photograph."""
    id = path_id(request)
    if request.method == "DELETE":
        wiring.register().delete(id)
        return "", 204
    return representation.record(wiring.register().find(id))


handler = lambda_handler(registro)
