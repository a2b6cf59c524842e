"""The commands that purge: `make purge`, and the function that AWS calls once a day."""

import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from coronet import rows
from coronet.config import PROJECT
from coronet.ledger import KEY
from coronet.model import Record
from servers import clean_environ

COMMAND = [str(PROJECT / "scripts" / "purge.py")]
FUNCTION = ["-c", "import runpy; runpy.run_path('functions/caducar/main.py')['handler']({}, None)"]


def run(home: Path, arguments: list[str], days: str) -> str:
    environ = {**clean_environ(), "CORONET_HOME": str(home), "CORONET_RETENTION_DAYS": days}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=PROJECT, env=environ, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


@pytest.mark.parametrize("arguments", [COMMAND, FUNCTION], ids=["make purge", "caducar"])
def test_what_is_older_than_the_setting_goes(tmp_path: Path, arguments: list[str]) -> None:
    today = datetime.now()
    ages = [today - timedelta(days=days) for days in (40, 20, 0)]
    records = [Record(id=id, registered_at=f"{age:%Y-%m-%d %H:%M:%S}", plate=f"{id}") for id, age in enumerate(ages, 1)]
    (tmp_path / "data").mkdir()
    (tmp_path / KEY).write_bytes(rows.HEADER + b"".join(map(rows.encode, records)))
    for days, left in (("", 3), ("0", 3), ("30", 2), ("10", 1)):
        run(tmp_path, arguments, days)
        assert list(rows.parse((tmp_path / KEY).read_bytes())) == records[-left:]


def test_the_command_says_what_it_did(tmp_path: Path) -> None:
    assert "nothing is ever too old" in run(tmp_path, COMMAND, "")
    assert run(tmp_path, COMMAND, "7") == "Removed 0 records older than 7 days\n"
