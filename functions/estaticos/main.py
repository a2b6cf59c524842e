"""GET /estaticos/<version>/<filename> and /sw.js: the pages' style, scripts and icons."""

import mimetypes

from flask import Request, send_file
from flask.typing import ResponseReturnValue

from coronet.web import assets_version, endpoint, lambda_handler, path_parameter, static_file

mimetypes.add_type("application/manifest+json", ".webmanifest")


@endpoint(public=True)
def estaticos(request: Request) -> ResponseReturnValue:
    """The asset whose name ends the path; kept for ever under its version, and asked for anew under any other."""
    response = send_file(static_file(path_parameter(request)))
    if request.path.startswith(f"/estaticos/{assets_version()}/"):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        response.headers["Cache-Control"] = "no-cache"
    return response


handler = lambda_handler(estaticos)
