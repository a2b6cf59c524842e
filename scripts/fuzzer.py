"""Fuzz what takes bytes from strangers, guided by coverage (atheris), for so many seconds in all.

What breaks something is written to tests/fuzz/cases, where the tests find it.
"""

import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(PROJECT / "tests"), str(PROJECT / "lib")]

LIMITS = ["-timeout=2", "-rss_limit_mb=1024", "-max_len=20000", "-print_final_stats=1", "-verbosity=0"]


def fuzz(target: str, options: list[str]) -> None:
    """Run one target in this process until its time is over; a crash, a hang or too much memory ends it."""
    import atheris

    with atheris.instrument_imports(include=["coronet", "werkzeug", "PIL"]):
        from fuzz.targets import TARGETS
    atheris.Setup([sys.argv[0], *options], TARGETS[target])
    atheris.Fuzz()


def main(seconds: int) -> int:
    """Every target in a process of its own, one after another; 1 where one of them found something."""
    if importlib.util.find_spec("atheris") is None:
        print("atheris has no wheel for this Python and system: nothing fuzzed", file=sys.stderr)
        return 2
    from fuzz.targets import CASES, TARGETS, seeds

    found = 0
    for target in TARGETS:
        with tempfile.TemporaryDirectory() as corpus:
            for number, seed in enumerate(seeds(target)):
                Path(corpus, f"seed-{number}").write_bytes(seed)
            options = [
                corpus,
                f"-max_total_time={seconds // len(TARGETS)}",
                f"-artifact_prefix={CASES / target}/",
                *LIMITS,
            ]
            print(f"--- {target}", flush=True)
            found |= subprocess.run([sys.executable, __file__, target, *options], check=False).returncode
    return int(found != 0)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        sys.exit(main(int(sys.argv[1])))
    fuzz(sys.argv[1], sys.argv[2:])
