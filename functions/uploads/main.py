"""GET /uploads/<filename>: a photograph, its thumbnail or its plate."""

from flask import Request, Response
from flask.typing import ResponseReturnValue

from coronet import wiring
from coronet.web import endpoint, lambda_handler, path_parameter


@endpoint()
def uploads(request: Request) -> ResponseReturnValue:
    """The picture whose file name ends the path."""
    picture = wiring.register().photo(path_parameter(request)).data
    return Response(picture, mimetype="image/jpeg" if picture.startswith(b"\xff\xd8") else "image/webp")


handler = lambda_handler(uploads)
