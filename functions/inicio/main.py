"""GET /: the page from which a vehicle is registered."""

from flask import Request, render_template
from flask.typing import ResponseReturnValue

from coronet.web import endpoint, lambda_handler


@endpoint()
def inicio(request: Request) -> ResponseReturnValue:
    """The upload page; with `armazon` as it is for everybody, to be kept for when there is no network."""
    return render_template("inicio.html", shell="armazon" in request.args)


handler = lambda_handler(inicio)
