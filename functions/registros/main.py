"""GET /registros: the register, newest first."""

from flask import Request, render_template
from flask.typing import ResponseReturnValue

from coronet import wiring
from coronet.web import endpoint, lambda_handler


@endpoint()
def registros(request: Request) -> ResponseReturnValue:
    """A page of records; `antes` is the id before which it starts."""
    page = wiring.register().page(before=request.args.get("antes", type=int))
    return render_template("registros.html", page=page)


handler = lambda_handler(registros)
