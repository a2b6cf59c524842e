"""GET /estaticos/<filename>: the pages' style, script and icon."""

from flask import Request, send_file
from flask.typing import ResponseReturnValue

from coronet.web import endpoint, lambda_handler, path_parameter, static_file


@endpoint(public=True)
def estaticos(request: Request) -> ResponseReturnValue:
    """The asset whose name ends the path; its address changes with its content, so it is kept for ever."""
    response = send_file(static_file(path_parameter(request)))
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


handler = lambda_handler(estaticos)
