"""GET, POST, PATCH or DELETE /registros/<id>: one record, for people and for programs."""

from flask import Request, flash, redirect, render_template
from flask.typing import ResponseReturnValue

from coronet import guard, representation, wiring
from coronet.errors import InvalidInput
from coronet.register import Seen
from coronet.web import endpoint, lambda_handler, message, path_id, text, wants_json


@endpoint()
def registro(request: Request) -> ResponseReturnValue:
    """The record whose id ends the path: shown, corrected, or deleted with its photograph."""
    id, register = path_id(request), wiring.register()
    if request.method == "POST":
        return _changed(request, id)
    if request.method == "DELETE":
        register.delete(id)
        guard.audit("deleted", id)
        return "", 204
    if request.method == "PATCH":
        seen = register.correct(id, by=guard.caller(), **representation.correction(request.get_json(silent=True)))
        guard.audit("corrected", id)
    else:
        seen = register.find(id)
    if wants_json(request):
        return representation.detail(seen, register.arrival(seen.record))
    return render_template("registro.html", seen=seen)


def _changed(request: Request, id: int) -> ResponseReturnValue:
    """What the page's forms do: the page anew, saying what happened."""
    try:
        _change(request, id)
        guard.audit("corrected", id)
        flash(text(f"record.done.{request.form.get('accion', 'corregir')}"), "ok")
    except InvalidInput as error:
        flash(message(error), "error")
    return redirect(f"/registros/{id}")


def _change(request: Request, id: int) -> Seen:
    match request.form.get("accion", "corregir"):
        case "confirmar":
            return wiring.register().confirm(id, by=guard.caller())
        case "deshacer":
            return wiring.register().undo(id, by=guard.caller())
        case "corregir":
            columns = representation.CORRECTABLE.keys() & request.form.keys()
            changes = representation.correction({column: request.form[column] for column in columns})
            return wiring.register().correct(id, by=guard.caller(), **changes)
    raise InvalidInput("no such action")


handler = lambda_handler(registro)
