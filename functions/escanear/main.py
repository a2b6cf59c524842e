"""Photographs that arrive under entrada/ of the bucket: each becomes a record."""

from typing import Any

from coronet import s3_events, wiring
from coronet.scan import Outcome, scan


def escanear(event: s3_events.Event, context: object) -> dict[str, Any]:
    """Register the photographs that the event tells of, and name the SQS messages that have to come again.

    Raises RuntimeError where a photograph of an event that came without SQS failed: Lambda sends it again.
    """
    wanted = dict(s3_events.messages(event))
    outcomes = scan(wiring.register(), wiring.inbox(), [key for keys in wanted.values() for key in keys or ()])
    failed = [id for id, keys in wanted.items() if keys is None or any(outcomes[key] is Outcome.FAILED for key in keys)]
    if "" in failed:
        raise RuntimeError("photographs of the event could not be scanned")
    return {"batchItemFailures": [{"itemIdentifier": id} for id in failed]}


handler = escanear
