"""Storage, each an adapter of `ports.BlobStore`, and the keys that they share."""

import re

from coronet.errors import InvalidInput

_KEY = re.compile(r"(?!.*(?:^|/)\.{0,2}(?:/|$))[^\x00-\x1f\x7f]+")  # no part is empty, "." or ".."
_LONGEST = 1024  # bytes: S3's limit


def check_key(key: str) -> str:
    """`key` itself. Raises InvalidInput for what is no relative path."""
    try:
        fits = _KEY.fullmatch(key) and len(key.encode()) <= _LONGEST
    except UnicodeEncodeError:  # a lone surrogate
        fits = False
    if not fits:
        raise InvalidInput("not a storage key")
    return key
