"""GET /: the page from which a vehicle is registered."""

from flask import Request, render_template
from flask.typing import ResponseReturnValue

from coronet.web import endpoint, lambda_handler


@endpoint()
def inicio(request: Request) -> ResponseReturnValue:
    """The upload page."""
    return render_template("inicio.html")


handler = lambda_handler(inicio)
