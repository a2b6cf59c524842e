"""GET, PATCH or DELETE /registros/<id>: one record, for programs."""

from flask import Request
from flask.typing import ResponseReturnValue

from coronet import representation, wiring
from coronet.web import endpoint, lambda_handler, path_id


@endpoint(pages=False)
def registro(request: Request) -> ResponseReturnValue:
    """The record whose id ends the path: shown, corrected, or deleted with its photograph."""
    id, register = path_id(request), wiring.register()
    if request.method == "DELETE":
        register.delete(id)
        return "", 204
    if request.method == "PATCH":
        seen = register.correct(id, by="api", **representation.correction(request.get_json(silent=True)))
    else:
        seen = register.find(id)
    return representation.detail(seen, register.arrival(seen.record))


handler = lambda_handler(registro)
