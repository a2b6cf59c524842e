"""GET /registros: the register, searched, newest first."""

from flask import Request, render_template
from flask.typing import ResponseReturnValue

from coronet import representation, wiring
from coronet.register import PAGE
from coronet.search import Query
from coronet.web import endpoint, lambda_handler, number_argument, wants_json


@endpoint()
def registros(request: Request) -> ResponseReturnValue:
    """A page of `limite` of the records that the address's other parameters ask for."""
    query = Query.of(request.args)
    page = wiring.register().search(query, limit=number_argument(request.args, "limite", highest=500) or PAGE)
    if wants_json(request):
        return representation.listing(page)
    return render_template("registros.html", page=page, query=query)


handler = lambda_handler(registros)
