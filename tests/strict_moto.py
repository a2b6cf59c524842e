"""moto as strict as S3: multipart conditions are kept, lists come in parts, requests do not run into each other.

moto 5.2 passes over If-Match where a multipart upload is completed and over x-amz-copy-source-if-match where a part
is copied, and its objects are not safe under threads. Run as a program it serves: `strict_moto.py HOST PORT`.
"""

import os
import sys
from threading import Lock
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.s3.exceptions import PreconditionFailed
from moto.s3.responses import S3Response
from werkzeug.serving import make_server

_copy_part = S3Response.upload_part_copy
_post = S3Response._key_response_post


def _strict_copy_part(self: Any) -> Any:
    bucket, _, key = self.headers["x-amz-copy-source"].lstrip("/").partition("/")
    _require(self, bucket, key, self.headers.get("x-amz-copy-source-if-match"))
    return _copy_part(self)


def _strict_post(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
    if self._get_param("uploadId"):
        _require(self, self.bucket_name, self.parse_key_name(), request.headers.get("If-Match"))
    return _post(self, request, *args, **kwargs)


def _require(self: Any, bucket: str, key: str, etag: str | None) -> None:
    if etag is not None:
        there = self.backend.get_object(bucket, key)
        if there is None or there.etag != etag:
            raise PreconditionFailed("If-Match")


def be_strict() -> None:
    """Make moto strict in this process; its lists have 50 keys, for nobody wants to put 1,000 to need a second one."""
    os.environ["MOTO_S3_DEFAULT_MAX_KEYS"] = "50"
    S3Response.upload_part_copy = _strict_copy_part  # type: ignore[method-assign]
    S3Response._key_response_post = _strict_post  # type: ignore[method-assign]


def main() -> None:
    """Serve."""
    be_strict()
    one_at_a_time = Lock()
    moto = DomainDispatcherApplication(create_backend_app)

    def application(environ: Any, start_response: Any) -> list[bytes]:
        with one_at_a_time:
            return list(moto(environ, start_response))

    host, port = sys.argv[1:]
    make_server(host, int(port), application, threaded=True, request_handler=MotoRequestHandler).serve_forever()


if __name__ == "__main__":
    main()
