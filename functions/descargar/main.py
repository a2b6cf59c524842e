"""GET /descargar: the register, or what the address asks for of it, as a CSV file."""

from flask import Request, Response
from flask.typing import ResponseReturnValue

from coronet import guard, wiring
from coronet.search import Query
from coronet.web import endpoint, lambda_handler


@endpoint()
def descargar(request: Request) -> ResponseReturnValue:
    """`registros.csv` as an attachment."""
    guard.audit("downloaded")
    headers = {"Content-Disposition": "attachment; filename=registros.csv"}
    return Response(wiring.register().export(Query.of(request.args)), mimetype="text/csv", headers=headers)


handler = lambda_handler(descargar)
