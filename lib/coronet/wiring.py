"""The only place that constructs adapters, each once a process and only when it is first needed."""

import os
import secrets
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from coronet.access import Access
from coronet.audit import AuditLog
from coronet.config import Settings
from coronet.errors import SettingsError
from coronet.ledger import Ledger
from coronet.model import Sighting
from coronet.notices import Courier, Notices
from coronet.ports import BlobStore, Downloads, PlateReader
from coronet.register import Register
from coronet.scan import Inbox
from coronet.secrets import read_secret
from coronet.sessions import Sessions
from coronet.texts import text
from coronet.webhook import Webhook

if TYPE_CHECKING:
    from coronet.photo import Photo
    from coronet.readers.chain import ReaderChain
    from coronet.storage.folder_inbox import FolderInbox


@cache
def settings() -> Settings:
    """The process's settings."""
    return Settings.from_environ(read_secret=read_secret)


@cache
def store() -> BlobStore:
    """Where the register is kept."""
    if settings().storage == "s3":
        from coronet.storage.s3 import S3Store

        return S3Store(_bucket())
    from coronet.storage.local import LocalStore

    return LocalStore(settings().home)


def _bucket() -> str:
    if not settings().bucket:
        raise SettingsError("CORONET_BUCKET: CORONET_STORAGE=s3 needs one")
    return settings().bucket


@cache
def ledger() -> Ledger:
    """The register's CSV."""
    return Ledger(store())


@cache
def register() -> Register:
    """The use cases."""
    return Register(
        store=store(),
        ledger=ledger(),
        open_photo=_open_photo,
        read=_read,
        now=lambda: datetime.now(settings().time_zone),
        announces=bool(settings().webhook_url),
        visit=timedelta(minutes=settings().visit_minutes),
    )


def purge() -> int:
    """Remove what is older than CORONET_RETENTION_DAYS; return how many records, none where that is off."""
    from coronet import privacy

    days = settings().retention_days
    if not days:
        return 0
    return privacy.purge(store(), ledger(), datetime.now(settings().time_zone) - timedelta(days=days))


@cache
def access() -> Access:
    """Who may do what."""
    return Access(
        password_hash=settings().password_hash,
        api_keys=settings().api_keys,
        hosts=settings().hosts,
        rates=settings().rates,
    )


@cache
def audit() -> AuditLog:
    """Who did what."""
    return AuditLog(None if settings().audit == "-" else settings().home / settings().audit)


@cache
def sessions() -> Sessions:
    """Who is logged in."""
    return Sessions(store())


@cache
def notices() -> Notices | None:
    """What waits to be told to CORONET_WEBHOOK_URL; None where nobody is to be told."""
    if not settings().webhook_url:
        return None
    if not settings().webhook_secret:
        raise SettingsError("CORONET_WEBHOOK_SECRET: without it nobody could trust what CORONET_WEBHOOK_URL is told")
    webhook = Webhook(settings().webhook_url, settings().webhook_secret)
    return Notices(store=store(), register=register(), send=webhook.send)


@cache
def courier() -> Courier | None:
    """The thread of this process that tells what waits; None where nobody is to be told."""
    if (waiting := notices()) is None:
        return None
    courier = Courier(waiting)
    courier.start()
    return courier


@cache
def downloads() -> Downloads | None:
    """Where files wait that are too large for an answer; None on one machine, whose answers may be of any size."""
    if settings().storage != "s3":
        return None
    from coronet.storage.s3_downloads import S3Downloads

    return S3Downloads(_bucket())


@cache
def inbox() -> Inbox:
    """Where photographs wait to be registered on AWS."""
    from coronet.storage.s3_inbox import S3Inbox

    return S3Inbox(_bucket(), explain=lambda error: text(error.key, "es", **error.values))


def folder_inbox(folder: Path) -> "FolderInbox":
    """The photographs of a folder of this machine."""
    from coronet.storage.folder_inbox import FolderInbox

    return FolderInbox(folder)


@cache
def chain() -> "ReaderChain":
    """The readers of `CORONET_READERS` that can work here, in order."""
    from coronet.readers.chain import ReaderChain

    readers = [reader(name) for name in settings().readers]
    return ReaderChain([each for each in readers if each], seconds=settings().read_seconds)


def reader(name: str) -> PlateReader | None:
    """The reader of that name; None where it is left out by its settings. Raises SettingsError for an unknown name."""
    if name not in _READERS:
        raise SettingsError(f"CORONET_READERS: {name!r} is none of {', '.join(_READERS)}")
    return _READERS[name]()


def _openai() -> PlateReader | None:
    if not settings().openai_api_key:
        return None
    from coronet.readers.breaker import CircuitBreaker
    from coronet.readers.openai_vision import OpenAIVisionReader

    return CircuitBreaker(
        OpenAIVisionReader(
            api_key=settings().openai_api_key, base_url=settings().openai_base_url, model=settings().openai_model
        )
    )


def _tesseract() -> PlateReader | None:
    from coronet.readers.onnx import models
    from coronet.readers.tesseract import TesseractReader, program

    found = models()
    return TesseractReader(
        *program(settings().tesseract),
        detection=found.detection if found else None,
        countries=settings().countries,
    )


def _onnx() -> PlateReader:
    from coronet.readers.onnx import OnnxReader, models

    return OnnxReader(models(), countries=settings().countries)


_READERS = {"openai": _openai, "onnx": _onnx, "tesseract": _tesseract}


def _open_photo(data: bytes) -> "Photo":
    from coronet.photo import open_photo

    return open_photo(data)


def _read(photo: "Photo") -> Sighting:
    return chain().read(photo)


@cache
def secret_key() -> bytes:
    """What signs cookies: the setting, or a key made on the first start in a file that only its owner can read."""
    if given := settings().secret_key:
        return given.encode()
    path = settings().home / "data" / "secreto"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secrets.token_bytes(32))
                file.flush()
                os.fsync(file.fileno())
            path.hardlink_to(fresh)  # the first of several processes wins, whole
        except FileExistsError:
            pass
        finally:
            fresh.unlink(missing_ok=True)
    path.chmod(0o600)  # also where a backup was put back with other rights
    return path.read_bytes()
