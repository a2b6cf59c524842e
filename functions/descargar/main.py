"""GET /descargar: the register, or what the address asks for of it, as a CSV file."""

from flask import Request
from flask.typing import ResponseReturnValue

from coronet import guard, wiring
from coronet.search import Query
from coronet.web import attachment, endpoint, lambda_handler


@endpoint()
def descargar(request: Request) -> ResponseReturnValue:
    """`registros.csv` as an attachment."""
    guard.audit("downloaded")
    data = wiring.register().export(Query.of(request.args))
    return attachment(data, name="registros.csv", mimetype="text/csv")


handler = lambda_handler(descargar)
