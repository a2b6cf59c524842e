import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import accuracy
import drawing
from coronet.ledger import Ledger
from coronet.model import Reading, Sighting
from coronet.photo import open_photo
from coronet.register import Register
from coronet.storage.local import LocalStore
from servers import PROJECT, clean_environ


def folder(root: Path) -> Path:
    """Two sets: two plates of which one is labelled wrong, and a street without any."""
    for name, shown, labels in (("cars", "4821 KLM", "a.jpg,4821KLM\nb.jpg,9999ZZZ\n"), ("none", "", "a.jpg,\n")):
        (root / name).mkdir()
        (root / name / "labels.csv").write_text("image,text\n" + labels)
        image = drawing.with_plate(shown) if shown else drawing.street()
        for row in labels.split():
            image.save(root / name / row.split(",")[0])
    return root


def test_counts_what_is_right_wrong_and_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.json"
    plates = folder(tmp_path)
    monkeypatch.setattr(sys, "argv", ["accuracy", str(plates), "--reader", "onnx", "--out", str(out)])
    accuracy.main()
    report = json.loads(out.read_text())
    counts = {name: [row[key] for key in ("n", "right", "wrong", "none")] for name, row in report["sets"].items()}
    assert counts == {"cars": [2, 1, 1, 0], "none": [1, 1, 0, 1]}
    assert all(row["ms_median"] > 0 and row["ms_p95"] > 0 for row in report["sets"].values())
    assert report["certain"] == {"n": 2, "right": 1}
    assert report["peak_mb"] > 0
    [miss] = report["misses"]
    assert (miss["set"], miss["image"], miss["expected"], miss["got"]) == ("cars", "b.jpg", "9999ZZZ", "4821KLM")
    assert 0 < miss["confidence"] <= 1
    shown = capsys.readouterr().out
    assert "cars" in shown
    assert "total" in shown
    assert "certain answers 2, of them right 1" in shown
    assert "peak memory" in shown


@pytest.mark.parametrize(
    ("got", "expected", "right"),
    [("RK-099AN", "RKO99AN", True), ("IQ1", "101", True), ("B8", "88", False), ("", "", True), ("", "A1", False)],
)
def test_look_alike_circles_and_strokes_are_compared_as_digits(got: str, expected: str, right: bool) -> None:
    assert accuracy.Result("set", "a.jpg", expected, got, None, 1.0).right is right


def test_the_records_that_people_settled_are_a_set(tmp_path: Path) -> None:
    seen = Sighting(Reading("4821KLN", 0.5, "onnx"))
    store = LocalStore(tmp_path)
    register = Register(
        store=store,
        ledger=Ledger(store),
        open_photo=open_photo,
        read=lambda photo: seen,
        now=lambda: datetime(2026, 11, 23, 9, 30, 15),
        visit=timedelta(minutes=5),
    )
    command = [sys.executable, str(PROJECT / "scripts" / "accuracy.py"), "corrections", "--reader", "onnx"]
    options: dict[str, Any] = {"capture_output": True, "text": True, "timeout": 120}
    environ = clean_environ() | {"CORONET_HOME": str(tmp_path)}
    assert "nobody has corrected" in subprocess.run(command, env=environ, check=False, **options).stderr
    corrected, confirmed, _ = (register.save(drawing.photograph("4821 KLM")).record.id for _ in range(3))
    register.correct(corrected, by="Luis", plate="4821KLM")
    register.confirm(confirmed, by="Luis")
    subprocess.run([*command, "--out", str(tmp_path / "out.json")], env=environ, check=True, **options)
    report = json.loads((tmp_path / "out.json").read_text())
    assert [report["sets"]["corrections"][key] for key in ("n", "right", "wrong", "none")] == [2, 1, 1, 0]


def test_a_folder_without_labels_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["accuracy", str(tmp_path)])
    with pytest.raises(SystemExit, match=r"no SET/labels\.csv"):
        accuracy.main()
