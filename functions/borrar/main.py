"""GET or POST /matriculas/<plate>/borrar: erase everything about one vehicle, after asking."""

from flask import Request, flash, redirect, render_template
from flask.typing import ResponseReturnValue

from coronet import guard, privacy, wiring
from coronet.access import Right
from coronet.web import endpoint, lambda_handler, path_plate, text


@endpoint(right=Right.DELETE)
def borrar(request: Request) -> ResponseReturnValue:
    """The page that asks, or with POST the end of the vehicle's rows, files and their earlier versions."""
    plate = path_plate(request)
    if request.method == "POST":
        erased = privacy.erase(wiring.store(), wiring.ledger(), plate)
        guard.audit("erased", *(record.id for record in erased))
        flash(text("erase.done", number=len(erased)), "ok")
        return redirect("/registros")
    visits = privacy.visits(wiring.ledger(), plate)
    parts = len(privacy.parts(wiring.store(), visits))
    return render_template("borrar.html", plate=plate, visits=len(visits), parts=parts)


handler = lambda_handler(borrar)
