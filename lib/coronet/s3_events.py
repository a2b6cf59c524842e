"""Which objects an event of AWS tells of: S3's own, also through SQS, or EventBridge's."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_plus

Event = Mapping[str, Any]


def messages(event: Event) -> Iterator[tuple[str, list[str] | None]]:
    """The id of each of SQS's messages, empty for an event that came without it, and the keys that it tells of.

    No keys for S3's test event, None for what is no event of S3.
    """
    records = event.get("Records", [])
    if not any(record.get("eventSource") == "aws:sqs" for record in records):
        yield "", _keys(event)
        return
    for record in records:
        try:
            yield record["messageId"], _keys(json.loads(record["body"]))
        except ValueError:
            yield record["messageId"], None


def _keys(event: Any) -> list[str] | None:
    try:
        if event.get("Event") == "s3:TestEvent":
            return []
        if event.get("source") == "aws.s3":
            return [event["detail"]["object"]["key"]]
        return [
            unquote_plus(record["s3"]["object"]["key"]) for record in event["Records"]
        ]  # EventBridge does not quote
    except (AttributeError, KeyError, TypeError):
        return None
