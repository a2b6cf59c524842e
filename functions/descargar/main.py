"""GET /descargar: the register as a CSV file."""

from flask import Request, Response
from flask.typing import ResponseReturnValue

from coronet import wiring
from coronet.web import endpoint, lambda_handler


@endpoint()
def descargar(request: Request) -> ResponseReturnValue:
    """`registros.csv` as an attachment."""
    headers = {"Content-Disposition": "attachment; filename=registros.csv"}
    return Response(wiring.register().export(), mimetype="text/csv", headers=headers)


handler = lambda_handler(descargar)
