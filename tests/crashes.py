"""A process that ends in the middle of its work, as far as a test in the same process can have it."""

from typing import NoReturn


class Crash(BaseException):
    """The process ends."""


def crash(*_: object) -> NoReturn:
    """What ends it, in the place of any function."""
    raise Crash
