"""GET /uploads/<filename>: a photograph, its thumbnail or its plate."""

from flask import Request, Response
from flask.typing import ResponseReturnValue

from coronet import wiring
from coronet.errors import NotFound
from coronet.web import endpoint, lambda_handler, path_parameter


@endpoint()
def uploads(request: Request) -> ResponseReturnValue:
    """The picture whose file name ends the path."""
    picture = wiring.register().photo(path_parameter(request)).data
    if picture.startswith(b"\xff\xd8\xff"):
        return Response(picture, mimetype="image/jpeg")
    if picture.startswith(b"RIFF") and picture[8:12] == b"WEBP":
        return Response(picture, mimetype="image/webp")
    raise NotFound("what is kept under that name is no photograph")


handler = lambda_handler(uploads)
