"""Everything that can go wrong, each with its HTTP status and the key of its message (`locales/`)."""

import math
from collections.abc import Mapping
from typing import ClassVar


class CoroNetError(Exception):
    """The root. `str(error)` is English, for the log, without personal data; `key` and `values` make what users see."""

    status: ClassVar[int] = 500
    key: str = "error.internal"

    def __init__(self, message: str = "", *, key: str | None = None, **values: str | int) -> None:
        super().__init__(message or key or self.key)
        self.key = key or self.key
        self.values = values

    @property
    def headers(self) -> Mapping[str, str]:
        """What an HTTP answer says beside the status."""
        return {}


class InvalidInput(CoroNetError):
    """What was sent cannot be accepted; `key` says why. Nothing was stored."""

    status = 422
    key = "error.invalid"


class NotFound(CoroNetError):
    """There is no such record or photograph."""

    status = 404
    key = "error.not_found"


class MethodNotAllowed(CoroNetError):
    """The route exists, but not with this method."""

    status = 405
    key = "error.method_not_allowed"


class TooLarge(InvalidInput):
    """The request is larger than this route takes."""

    status = 413
    key = "error.too_large"


class Refused(CoroNetError):
    """The request is not let through to what it asks for, which it learns nothing about."""

    status = 403
    key = "error.forbidden"


class Forbidden(Refused):
    """Nobody may do this, or not this caller."""


class Unauthenticated(Refused):
    """Who sends this has to say who they are."""

    status = 401
    key = "error.unauthenticated"

    @property
    def headers(self) -> Mapping[str, str]:
        """See RFC 9110, 11.6.1, and RFC 6750."""
        return {"WWW-Authenticate": 'Bearer realm="CoroNet"'}


class TooManyRequests(Refused):
    """That often is too often; in `seconds` it will do."""

    status = 429
    key = "error.too_many_requests"

    def __init__(self, seconds: float, *, key: str | None = None) -> None:
        super().__init__("too many requests", key=key, seconds=math.ceil(seconds))

    @property
    def headers(self) -> Mapping[str, str]:
        """See RFC 9110, 10.2.3."""
        return {"Retry-After": str(self.values["seconds"])}


class DamagedLedger(CoroNetError):
    """The register's CSV is not what CoroNet writes; it is left as it is.

    `line` counts from 1; `problem` is one of PROBLEMS, which say it in English.
    """

    PROBLEMS: ClassVar[Mapping[str, str]] = {
        "header": "the header is not id,fecha_hora,matricula,propietario,tipo_vehiculo,observacion,imagen",
        "encoding": "not UTF-8",
        "cells": "not seven cells",
        "id": "the id is no number",
        "quote": "a quotation mark in a cell that is not quoted",
        "unclosed": "a quotation mark that never closes",
        "last_id": "data/ultimo_id beside it holds no number",
    }
    status = 500
    key = "error.damaged"

    def __init__(self, line: int, problem: str) -> None:
        what = self.PROBLEMS[problem]
        super().__init__(f"data/registros.csv is damaged at line {line}: {what}", line=line, problem=problem)
        self.line = line
        self.problem = problem


class StoreUnavailable(CoroNetError):
    """The storage cannot be reached, refuses, or is full. The write did not happen, or may be repeated safely."""

    status = 503
    key = "error.storage"


class StoreConflict(CoroNetError):
    """Somebody else wrote the object since it was read: read it again and retry."""

    status = 503
    key = "error.busy"


class ReaderUnavailable(CoroNetError):
    """A reader could not do its work (no network, no model, no time): ask the next one."""

    status = 503
    key = "error.reader"


class UnusableAnswer(ReaderUnavailable):
    """A reader is there, but its answer is no reading (prose, a refusal): the next photograph may well be read."""


class ReceiverUnavailable(CoroNetError):
    """Who is to be told of a record does not answer, or asks to be told later."""

    status = 503


class ReceiverRefuses(CoroNetError):
    """Who is to be told of a record will not have this notice."""

    status = 502


class SettingsError(CoroNetError):
    """An environment variable does not hold what it should; the message names it and its values."""
