"""What users read, by key, from the catalogues in `locales/`."""

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

LOCALES = Path(__file__).with_name("locales")
LANGUAGES = ("es", "en")
"""The languages of the catalogues, the usual one first."""


def text(key: str, language: str, /, **values: str | int) -> str:
    """A language's text under `key`, its `{placeholders}` filled from `values`. Raises KeyError for an unknown key."""
    return catalogue(language)[key].format(**values)


@cache
def catalogue(language: str) -> dict[str, str]:
    """Every text of a language under its dotted key."""
    return dict(_flat("", tomllib.loads((LOCALES / f"{language}.toml").read_text("utf-8"))))


def _flat(prefix: str, table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(f"{prefix}{name}.", value)
        else:
            yield prefix + name, value
