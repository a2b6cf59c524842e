"""One address that is told of saved records, as the Standard Webhooks specification 1.0 says.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: headers, signature, which
answers count, and that an id stays the same when a notice is sent again.
"""

import base64
import binascii
import hmac
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from urllib.parse import urlsplit

from coronet.errors import ReceiverRefuses, ReceiverUnavailable

_SECONDS = 10
_TRY_LATER = {408, 425, 429}
_PREFIX = "whsec_"


class Webhook:
    """Posts notices to `url`, each signed with `secret`."""

    def __init__(self, url: str, secret: bytes, *, clock: Callable[[], float] = time.time) -> None:
        self._url = url
        self._secret = secret
        self._clock = clock
        self._opener = urllib.request.build_opener(_NoRedirects)

    def send(self, id: str, body: bytes) -> None:
        """Send the JSON in `body`; the receiver tells by `id` what it was sent before.

        Raises ReceiverUnavailable where there is no answer or one that asks for patience, and ReceiverRefuses for
        every other answer that is not 2xx. Redirects are not followed.
        """
        timestamp = str(int(self._clock()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "CoroNet",
            "webhook-id": id,
            "webhook-timestamp": timestamp,
            "webhook-signature": signature(self._secret, id, timestamp, body),
        }
        request = urllib.request.Request(self._url, body, headers, method="POST")  # noqa: S310 (parse_url let it pass)
        try:
            self._opener.open(request, timeout=_SECONDS).close()
        except urllib.error.HTTPError as answer:
            answer.close()
            if answer.code >= 500 or answer.code in _TRY_LATER:
                raise ReceiverUnavailable(f"answer {answer.code}") from None
            raise ReceiverRefuses(f"answer {answer.code}") from None
        except (OSError, HTTPException) as error:
            raise ReceiverUnavailable(type(error).__name__) from error


def signature(secret: bytes, id: str, timestamp: str, body: bytes) -> str:
    """The symmetric signature of the specification: HMAC-SHA256 over `id.timestamp.body`, in base64 after `v1,`."""
    signed = b".".join([id.encode(), timestamp.encode(), body])
    return f"v1,{base64.b64encode(hmac.digest(secret, signed, 'sha256')).decode()}"


def parse_url(text: str) -> str:
    """`text`, if it is an http or https address, or empty. Raises ValueError."""
    if text and (urlsplit(text).scheme not in ("http", "https") or not urlsplit(text).hostname):
        raise ValueError("it is no http or https address")
    return text


def parse_secret(text: str) -> bytes:
    """The bytes of a secret as the specification writes it, `whsec_` and 24 to 64 bytes in base64; none for none.

    Raises ValueError.
    """
    try:
        secret = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        secret = b""
    if text and not (text.startswith(_PREFIX) and 24 <= len(secret) <= 64):
        raise ValueError("it is not whsec_ and 24 to 64 bytes in base64")
    return secret


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None
