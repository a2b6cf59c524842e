"""GET or POST /eliminar/<id>: delete a record and its photograph."""

from flask import Request, flash, redirect
from flask.typing import ResponseReturnValue

from coronet import wiring
from coronet.web import endpoint, lambda_handler, path_id, text


@endpoint(back="/registros")
def eliminar(request: Request) -> ResponseReturnValue:
    """Delete the record whose id ends the path."""
    wiring.register().delete(path_id(request))
    flash(text("deleted.ok"), "ok")
    return redirect("/registros")


handler = lambda_handler(eliminar)
