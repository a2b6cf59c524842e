"""Check the register, and mend it with --repair. Exit status: 0 it is whole, 1 it is not, 2 nobody can tell."""

import argparse
import sys
from datetime import UTC, datetime

from coronet import doctor, wiring
from coronet.errors import CoroNetError


def main() -> int:
    """Say what is wrong, a line a fault."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--repair", action="store_true", help="mend what can be, after a copy of what that changes")
    repair = arguments.parse_args().repair
    try:
        return _examine(repair)
    except CoroNetError as error:
        print(f"The register cannot be examined: {error}", file=sys.stderr)
        return 2


def _examine(repair: bool) -> int:
    now = datetime.now(UTC)
    store = wiring.store()
    diagnosis = doctor.examine(store, now)
    _print(diagnosis)
    if repair and diagnosis.mendable:
        copies = doctor.mend(store, wiring.ledger(), diagnosis, now)
        print(f"Mended; all that this changed or removed is kept as it was under {copies}")
        diagnosis = doctor.examine(store, now)
        _print(diagnosis)
    if swept := store.sweep(before=now - doctor.SAFE_AGE):
        print(f"Removed what {swept} writes that were cut off had left")
    return 0 if diagnosis.healthy else 1


def _print(diagnosis: doctor.Diagnosis) -> None:
    for line in diagnosis.lines():
        print(line)
    if diagnosis.healthy:
        print("The register is whole")


if __name__ == "__main__":
    sys.exit(main())
