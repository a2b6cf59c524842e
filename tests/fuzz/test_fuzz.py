"""Every case that the fuzzer starts from or ever found, and properties over what hypothesis thinks of."""

import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drawing import encoded, street
from fuzz.targets import TARGETS, seeds
from servers import PROJECT

CASES = [(target, case) for target in TARGETS for case in seeds(target)]
MANY = settings(max_examples=200, deadline=None)
FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(
    ("target", "case"), CASES, ids=[f"{target}-{number}" for number, (target, _) in enumerate(CASES)]
)
def test_a_case_holds(target: str, case: bytes) -> None:
    TARGETS[target](case)


def damaged(target: str) -> st.SearchStrategy[bytes]:
    """A good input with a piece of it changed, or anything at all."""
    good = st.sampled_from(list(seeds(target)))
    places = st.integers(0, 5000)
    changed = st.builds(
        lambda data, start, length, put: data[:start] + put + data[start + length :],
        good, places, st.integers(0, 40), st.binary(max_size=40),
    )  # fmt: skip
    return st.one_of(changed, st.binary(max_size=300))


@FEW
@given(damaged("photograph"))
def test_a_photograph_is_taken_or_refused(data: bytes) -> None:
    TARGETS["photograph"](data)


@FEW
@given(damaged("upload"))
def test_an_upload_leads_back_to_the_page(data: bytes) -> None:
    TARGETS["upload"](data)


@MANY
@given(damaged("register"))
def test_a_register_is_read_or_left_as_it_is(data: bytes) -> None:
    TARGETS["register"](data)


@MANY
@given(st.one_of(st.text(), st.text("abcXYZ019- .·éИ１ſK", max_size=15)))
def test_a_plate_is_a_plate(text: str) -> None:
    TARGETS["plate"](text.encode("utf-8", "replace"))


PEAK = """
import re, sys
from coronet.photo import open_photo
open_photo(open(sys.argv[1], "rb").read()).jpeg()
print(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
"""
"""Its own peak: `ru_maxrss` begins with that of the process that started it."""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from Linux's /proc")
def test_fifty_megapixels_stay_under_a_gigabyte(tmp_path: object) -> None:
    """The most that a decoder here asks for: WebP with transparency, 90 kB as it is sent."""
    path = f"{tmp_path}/large.webp"
    image = street((7000, 7100)).convert("RGBA")
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(encoded(image, "WEBP", method=0, quality=1))
    peak = int(subprocess.check_output([sys.executable, "-c", PEAK, path], cwd=PROJECT, text=True))
    assert peak < 1_000_000
