"""GET or POST /entrar: log in with the password."""

from urllib.parse import urlsplit

from flask import Request, flash, redirect, render_template
from flask.typing import ResponseReturnValue

from coronet import guard, wiring
from coronet.errors import Unauthenticated
from coronet.web import endpoint, lambda_handler, text


@endpoint(public=True)
def entrar(request: Request) -> ResponseReturnValue:
    """The login form; with the password, a session and the way back to the page `volver`."""
    back = _path(request.values.get("volver", ""))
    if guard.logged_in() or wiring.access().open:
        return redirect(back)
    if request.method == "POST":
        try:
            guard.log_in(request, request.form.get("clave", ""))
        except Unauthenticated as error:
            flash(text(error.key), "error")
            return render_template("entrar.html", back=back), error.status
        return redirect(back)
    return render_template("entrar.html", back=back)


def _path(text: str) -> str:
    """`text` where it is a path of ours, and `/` where it would lead to another site."""
    leads_away = not text.startswith("/") or text.startswith(("//", "/\\")) or not text.isprintable()
    return "/" if leads_away else urlsplit(text).path or "/"


handler = lambda_handler(entrar)
