"""GET /registros: the register, newest first."""

from flask import Request, render_template
from flask.typing import ResponseReturnValue

from coronet import representation, wiring
from coronet.web import endpoint, lambda_handler, number_argument, wants_json


@endpoint()
def registros(request: Request) -> ResponseReturnValue:
    """A page of `limite` records; `antes` is the id before which it starts."""
    page = wiring.register().page(
        before=number_argument(request, "antes"), limit=number_argument(request, "limite", highest=500) or 50
    )
    return representation.listing(page) if wants_json(request) else render_template("registros.html", page=page)


handler = lambda_handler(registros)
