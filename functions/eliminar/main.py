"""GET or POST /eliminar/<id>, POST /eliminar: delete records and their photographs, several at once after asking."""

from flask import Request, flash, redirect, render_template
from flask.typing import ResponseReturnValue

from coronet import guard, wiring
from coronet.access import Right
from coronet.errors import InvalidInput
from coronet.web import endpoint, lambda_handler, path_id, path_parameter, text

MOST = 500


@endpoint(right=Right.DELETE, back="/registros")
def eliminar(request: Request) -> ResponseReturnValue:
    """Delete the record whose id ends the path or, once `confirmado`, those of the form's `ids`."""
    if path_parameter(request) != "eliminar":
        wiring.register().delete(path_id(request))
        guard.audit("deleted", path_id(request))
        flash(text("deleted.ok"), "ok")
        return redirect("/registros")
    ids = sorted(set(request.form.getlist("ids", type=int)))
    if not 0 < len(ids) <= MOST:
        raise InvalidInput("none or too many to delete", key="error.selection", most=MOST)
    if "confirmado" not in request.form:
        return render_template("eliminar.html", rows=wiring.register().find_all(ids))
    number = wiring.register().delete(*ids)
    guard.audit("deleted", *ids)
    flash(text("deleted.several", number=number), "ok")
    return redirect("/registros")


handler = lambda_handler(eliminar)
