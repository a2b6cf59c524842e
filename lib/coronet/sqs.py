"""Messages of AWS's SQS that have to come again."""

import logging
from collections.abc import Mapping
from typing import Any

log = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 5, 3600


def postpone(message: Mapping[str, Any]) -> None:
    """Let a message that a Lambda event brought come again in 5 seconds, then in 10, and so on, up to an hour.

    Where SQS refuses, it comes again when its queue says.
    """
    import botocore.session  # boto3 would double what the function's first event waits for
    from botocore.exceptions import BotoCoreError, ClientError

    earlier = int(message["attributes"]["ApproximateReceiveCount"]) - 1
    try:
        client: Any = botocore.session.get_session().create_client("sqs")
        client.change_message_visibility(
            QueueUrl=client.get_queue_url(QueueName=message["eventSourceARN"].rpartition(":")[2])["QueueUrl"],
            ReceiptHandle=message["receiptHandle"],
            VisibilityTimeout=min(_FIRST_PAUSE * 2 ** min(earlier, 16), _LONGEST_PAUSE),
        )
    except (BotoCoreError, ClientError) as error:
        log.warning("a message could not be postponed: %s", type(error).__name__)
