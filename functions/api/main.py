"""GET /api and /openapi.yaml: the description of the API, as a page and as it is."""

from flask import Request, render_template, send_file
from flask.typing import ResponseReturnValue

from coronet import reference
from coronet.texts import catalogue
from coronet.web import endpoint, lambda_handler, language


@endpoint()
def api(request: Request) -> ResponseReturnValue:
    """The page, or openapi.yaml where that is what the path names."""
    if request.path == "/openapi.yaml":
        return send_file(reference.DESCRIPTION, mimetype="application/yaml")
    problems = {key: words for key, words in catalogue(language()).items() if key.startswith("error.")}
    return render_template("api.html", reference=reference, problems=problems)


handler = lambda_handler(api)
