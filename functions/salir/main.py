"""POST /salir: log out."""

from flask import Request, redirect
from flask.typing import ResponseReturnValue

from coronet import guard
from coronet.web import endpoint, lambda_handler


@endpoint(public=True)
def salir(request: Request) -> ResponseReturnValue:
    """End the session; copies of its cookie are worth nothing afterwards."""
    guard.log_out()
    return redirect("/entrar")


handler = lambda_handler(salir)
