"""Measures a reader where plates are known: `make accuracy PLATES=DIR|corrections [READER=NAME] [OUT=FILE.json]`."""

import argparse
import csv
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from coronet import wiring
from coronet.errors import CoroNetError, ReaderUnavailable
from coronet.model import NOT_READ, Reading
from coronet.photo import Photo, open_photo
from coronet.plates import CERTAIN, drawn_alike

CORRECTIONS = "corrections"
_NO_SAMPLES = {True: "nobody has corrected or confirmed a plate yet", False: "no SET/labels.csv with photographs"}
_COLUMNS = "{:12}{:>8}{:>8}{:>8}{:>8}{:>8}{:>12}{:>12}"


@dataclass(frozen=True)
class Sample:
    """A photograph, loaded when it is its turn, and its plate ("" where it shows none)."""

    set: str
    image: str
    plate: str
    load: Callable[[], bytes]


@dataclass(frozen=True)
class Result:
    """One photograph: its labelled plate ("" where it shows none), what was read, and how long that took."""

    set: str
    image: str
    expected: str
    got: str
    confidence: float | None
    milliseconds: float

    @property
    def right(self) -> bool:
        """Whether the answer is the plate, O and Q taken as 0 and I as 1; without a plate, no answer is right."""
        return compared(self.got) == compared(self.expected)


def main() -> None:
    """Read every photograph, print a row a set and a total, and write the same as JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "plates",
        help="folder of sets, each a folder with photographs and a labels.csv; or `corrections`: the records of the "
        "register whose plate people corrected or confirmed",
    )
    parser.add_argument("--reader", default="chain", help="chain, onnx, tesseract or openai")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    given = parser.parse_args()
    try:
        samples = list(settled() if given.plates == CORRECTIONS else labelled(Path(given.plates)))
        if not samples:
            sys.exit(f"{given.plates}: {_NO_SAMPLES[given.plates == CORRECTIONS]}")
        read = reader(given.reader)
        progress = track(samples, "", console=Console(stderr=True))
        results = [_measured(read, each) for each in progress]
    except (CoroNetError, OSError) as error:
        sys.exit(f"\n{error}")
    report = summary(results)
    _print(report)
    if given.out:
        given.out.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def labelled(folder: Path) -> Iterator[Sample]:
    """The photographs of the sets in `folder`."""
    for labels in sorted(folder.glob("*/labels.csv")):
        with labels.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                path = labels.parent / row["image"]
                yield Sample(labels.parent.name, path.name, row["text"], path.read_bytes)


def settled() -> Iterator[Sample]:
    """The register's photographs whose plate a person gave or confirmed."""
    register = wiring.register()
    for seen in register.settled():
        image, plate = seen.record.image, seen.record.plate.replace(NOT_READ, "")
        yield Sample(CORRECTIONS, image, plate, lambda image=image: register.photo(image).data)  # type: ignore[misc]


def reader(name: str) -> Callable[[Photo], Reading | None]:
    """What reads a photograph: the reader `name` alone, or the whole chain. Raises SettingsError for another name."""
    if name == "chain":
        return lambda photo: wiring.chain().read(photo).reading
    one = wiring.reader(name)
    if one is None:
        raise ReaderUnavailable(f"the reader {name} is left out by its settings")
    return lambda photo: one.read(photo, seconds=wiring.settings().read_seconds)


def summary(results: Sequence[Result]) -> dict[str, Any]:
    """The report: `sets` and `total` with counts and milliseconds, `peak_mb` of this process, and the `misses`.

    `none` counts the photographs without an answer: on those without a plate, these are the ones that are right.
    `certain` has the answers that nobody is asked to review, and how many of them are right.
    """
    sets = {
        name: [each for each in results if each.set == name] for name in dict.fromkeys(each.set for each in results)
    }
    certain = [each for each in results if (each.confidence or 0) >= CERTAIN]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "sets": {name: _row(each) for name, each in sets.items()},
        "total": _row(results),
        "certain": {"n": len(certain), "right": sum(each.right for each in certain)},
        "peak_mb": round(peak / (2**20 if sys.platform == "darwin" else 2**10)),
        "misses": [
            {
                "set": each.set,
                "image": each.image,
                "expected": each.expected,
                "got": each.got,
                "confidence": each.confidence,
            }
            for each in results
            if not each.right
        ],
    }


def _row(results: Sequence[Result]) -> dict[str, int]:
    times = sorted(each.milliseconds for each in results)
    return {
        "n": len(results),
        "right": sum(each.right for each in results),
        "wrong": sum(not each.right and bool(each.got) for each in results),
        "none": sum(not each.got for each in results),
        "ms_median": round(statistics.median(times)),
        "ms_p95": round(times[(len(times) * 95 - 1) // 100]),
    }


def _measured(read: Callable[[Photo], Reading | None], sample: Sample) -> Result:
    photo = open_photo(sample.load())
    started = time.perf_counter()
    reading = read(photo)
    milliseconds = 1000 * (time.perf_counter() - started)
    text, confidence = (reading.text, round(reading.confidence, 4)) if reading else ("", None)
    return Result(sample.set, sample.image, sample.plate, text, confidence, milliseconds)


def compared(plate: str) -> str:
    """A plate as it is compared: letters and digits, O and Q as 0 and I as 1."""
    return drawn_alike("".join(filter(str.isalnum, plate.upper())))


def _print(report: dict[str, Any]) -> None:
    print(_COLUMNS.format("set", "photos", "right", "wrong", "none", "right %", "median ms", "p95 ms"))
    for name, row in {**report["sets"], "total": report["total"]}.items():
        share = f"{100 * row['right'] / row['n']:.1f}"
        print(
            _COLUMNS.format(
                name, row["n"], row["right"], row["wrong"], row["none"], share, row["ms_median"], row["ms_p95"]
            )
        )
    print(f"certain answers {report['certain']['n']}, of them right {report['certain']['right']}")
    print(f"peak memory {report['peak_mb']} MB")


if __name__ == "__main__":
    main()
