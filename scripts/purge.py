"""Remove the records and photographs that are older than CORONET_RETENTION_DAYS."""

import sys

from coronet import wiring
from coronet.errors import CoroNetError


def main() -> int:
    """Purge and say how many records went."""
    days = wiring.settings().retention_days
    if not days:
        print("CORONET_RETENTION_DAYS is not set: nothing is ever too old")
        return 0
    try:
        print(f"Removed {wiring.purge()} records older than {days} days")
    except CoroNetError as error:
        print(f"Not purged: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
