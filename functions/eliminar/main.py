"""GET or POST /eliminar/<id>: delete a record and its photograph."""

from flask import Request, flash, redirect
from flask.typing import ResponseReturnValue

from coronet import wiring
from coronet.errors import NotFound
from coronet.texts import text
from coronet.web import endpoint, lambda_handler, path_parameter


@endpoint(back="/registros")
def eliminar(request: Request) -> ResponseReturnValue:
    """Delete the record whose id ends the path."""
    id = path_parameter(request)
    if not id.isdecimal():
        raise NotFound("an id is a number")
    wiring.register().delete(int(id))
    flash(text("deleted.ok"), "ok")
    return redirect("/registros")


handler = lambda_handler(eliminar)
