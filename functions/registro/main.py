"""GET, PATCH or DELETE /registros/<id>: one record, for programs."""

from flask import Request
from flask.typing import ResponseReturnValue

from coronet import representation, wiring
from coronet.web import endpoint, lambda_handler, path_id


@endpoint(pages=False)
def registro(request: Request) -> ResponseReturnValue:
    """The record whose id ends the path: shown, corrected, or deleted with its photograph."""
    id = path_id(request)
    if request.method == "DELETE":
        wiring.register().delete(id)
        return "", 204
    if request.method == "PATCH":
        changes = representation.correction(request.get_json(silent=True))
        return representation.record(wiring.register().correct(id, by="api", **changes))
    return representation.record(wiring.register().find(id))


handler = lambda_handler(registro)
