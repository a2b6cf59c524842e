"""The catalogues say the same in every language, and everything that a user reads is in them."""

import re
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter

import pytest

from coronet.config import PROJECT
from coronet.errors import DamagedLedger
from coronet.texts import LANGUAGES, LOCALES, catalogue

TEMPLATES = sorted((PROJECT / "lib" / "coronet" / "templates").glob("*.html"))
SAME_EVERYWHERE = {"CoroNet", "CSV", "XLSX", "NO_DETECTADA", "1234BCD"}
READ_BY_PEOPLE = {"alt", "aria-label", "title", "placeholder", "data-label"}


def test_there_is_a_catalogue_for_each_language_and_no_other() -> None:
    assert sorted(path.stem for path in LOCALES.glob("*.toml")) == sorted(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_language_has_the_same_texts_with_the_same_placeholders(language: str) -> None:
    assert _shape(language) == _shape(LANGUAGES[0])


def _shape(language: str) -> dict[str, set[str]]:
    return {
        key: {name for _, name, _, _ in Formatter().parse(text) if name} for key, text in catalogue(language).items()
    }


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_says_nothing_by_itself(path: Path) -> None:
    words = _Words()
    words.feed(re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", " ", path.read_text("utf-8"), flags=re.DOTALL))
    assert set(words.found) <= SAME_EVERYWHERE


class _Words(HTMLParser):
    """What a person would see or hear of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found += re.findall(r"\w*[^\W\d]\w+", data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in READ_BY_PEOPLE:
                self.handle_data(value or "")


@pytest.mark.parametrize("key", sorted(catalogue(LANGUAGES[0])))
def test_no_text_is_left_over(key: str) -> None:
    family = key.rpartition(".")[0]
    assert f'"{key}"' in SOURCES or f"'{key}'" in SOURCES or f'"{family}." ~' in SOURCES or f'f"{family}.{{' in SOURCES


SOURCES = "".join(
    path.read_text("utf-8")
    for folder in ("lib/coronet", "functions")
    for path in sorted((PROJECT / folder).rglob("*"))
    if path.suffix in {".py", ".html"}
)


def test_every_damage_of_the_register_has_its_words() -> None:
    words = {key.removeprefix("problem.") for key in catalogue(LANGUAGES[0]) if key.startswith("problem.")}
    assert words == set(DamagedLedger.PROBLEMS)
