"""Notices that arrive under data/avisos/ of the bucket: CORONET_WEBHOOK_URL is told of their records."""

import logging
from typing import Any

from coronet import s3_events, sqs, wiring
from coronet.errors import ReceiverRefuses, ReceiverUnavailable

log = logging.getLogger("coronet")


def avisar(event: s3_events.Event, context: object) -> dict[str, Any]:
    """Tell of the records that the event's SQS messages are of; what is not taken comes again, later and later."""
    told = {id: keys is not None and all(map(_told, keys)) for id, keys in s3_events.messages(event)}
    again = [message for message in event["Records"] if not told[message["messageId"]]]
    for message in again:
        sqs.postpone(message)
    return {"batchItemFailures": [{"itemIdentifier": message["messageId"]} for message in again]}


def _told(key: str) -> bool:
    notices = wiring.notices()
    try:
        return notices is None or notices.deliver(key)
    except (ReceiverRefuses, ReceiverUnavailable) as error:
        log.warning("a notice was not taken: %s", error)
        return False


handler = avisar
