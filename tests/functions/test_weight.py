"""A page weighs little, is painted after one request for its style, and asks no other host for anything."""

import re

import pytest

from conftest import Client

BUDGET_BYTES = 60_000


@pytest.mark.parametrize("path", ["/", "/registros", "/resumen", "/api"])
def test_a_page_weighs_60_kilobytes_at_most_without_photographs(client: Client, path: str) -> None:
    page = client.get(path)
    assets = set(re.findall(r'(?:href|src)="(/estaticos/[^"]+\.(?:css|js))"', page.text))
    weight = len(page.content) + sum(len(client.get(asset).content) for asset in assets)
    assert weight <= BUDGET_BYTES
    assert len([asset for asset in assets if asset.endswith(".css")]) == 1
    assert not re.search(r'(?:src|href)="(?:https?:)?//(?!localhost)', re.sub(r"<a [^>]*>", "", page.text))


def test_every_module_that_the_gate_imports_is_asked_for_at_once(client: Client) -> None:
    page = client.get("/").text
    modules = set(re.findall(r'href="(/estaticos/[^"]+\.js)"|src="(/estaticos/[^"]+/gate\.js)"', page))
    named = {address for pair in modules for address in pair if address}
    folder = next(iter(named)).rpartition("/")[0]
    imported = {
        f"{folder}/{name}" for address in named for name in re.findall(r'from "\./(\w+\.js)"', client.get(address).text)
    }
    assert imported == {address for address in named if not address.endswith("/gate.js")}
