"""Webhooks on AWS: the bucket's event through SQS to the function under Lambda's runtime interface."""

import base64
import json
import secrets
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks
from mypy_boto3_sqs import SQSClient

import aws
from coronet.album import NOTICES
from coronet.ledger import Ledger
from coronet.model import Sighting
from coronet.photo import open_photo
from coronet.register import Register
from coronet.storage.s3 import S3Store
from drawing import photograph
from emulator import EMULATOR, Invoke, emulating
from receiver import Receiver, receiving

pytestmark = pytest.mark.skipif(not EMULATOR.is_file(), reason="AWS's emulator is for Linux on x86-64 and arm64")

SECRET = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


@pytest.fixture(scope="module")
def aws_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with aws.moto_server(tmp_path_factory.mktemp("moto")) as url:
        yield url


@pytest.fixture
def bucket(aws_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in {**aws.ENVIRON, "AWS_ENDPOINT_URL": aws_url}.items():
        monkeypatch.setenv(name, value)
    name = f"avisos-{uuid.uuid4()}"
    aws.session().client("s3", endpoint_url=aws_url).create_bucket(Bucket=name)
    return name


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def tell(aws_url: str, bucket: str, receiver: Receiver, tmp_path: Path) -> Iterator[Invoke]:
    environ = {
        "AWS_ENDPOINT_URL": aws_url,
        "CORONET_STORAGE": "s3",
        "CORONET_BUCKET": bucket,
        "CORONET_WEBHOOK_URL": receiver.url,
        "CORONET_WEBHOOK_SECRET": SECRET,
    }
    with emulating("avisar", tmp_path, environ=environ) as invoke:
        yield invoke


class Queue:
    """A real SQS queue, as far as moto is one."""

    def __init__(self, client: SQSClient) -> None:
        self.client = client
        self.name = f"avisos-{uuid.uuid4()}"
        self.url = client.create_queue(QueueName=self.name, Attributes={"VisibilityTimeout": "720"})["QueueUrl"]

    def put(self, key: str) -> None:
        record = {"eventSource": "aws:s3", "s3": {"object": {"key": key}}}
        self.client.send_message(QueueUrl=self.url, MessageBody=json.dumps({"Records": [record]}))

    def event(self, *, wait: int = 0) -> dict[str, Any]:
        """What Lambda would be called with."""
        answer = self.client.receive_message(
            QueueUrl=self.url, MessageSystemAttributeNames=["ApproximateReceiveCount"], WaitTimeSeconds=wait
        )
        return {
            "Records": [
                {
                    "messageId": message["MessageId"],
                    "receiptHandle": message["ReceiptHandle"],
                    "body": message["Body"],
                    "attributes": message["Attributes"],
                    "eventSource": "aws:sqs",
                    "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{self.name}",
                }
                for message in answer.get("Messages", [])
            ]
        }


def saved(bucket: str) -> tuple[S3Store, str]:
    """A bucket's store with a saved record, and the key of its notice."""
    store = S3Store(bucket)
    Register(
        store=store,
        ledger=Ledger(store),
        open_photo=open_photo,
        read=lambda _: Sighting(None),
        now=lambda: datetime.now(UTC),
        visit=timedelta(minutes=5),
        announces=True,
    ).save(photograph(), plate="AWS1")
    [key] = store.keys(NOTICES)
    return store, key


def test_a_notice_is_told_and_what_is_not_taken_comes_again_soon(
    tell: Invoke, bucket: str, receiver: Receiver, aws_url: str
) -> None:
    store, key = saved(bucket)
    queue = Queue(aws.session().client("sqs", endpoint_url=aws_url))
    queue.put(key)
    receiver.refusals.append(503)
    event = queue.event()
    [message] = event["Records"]
    assert tell(event) == {"batchItemFailures": [{"itemIdentifier": message["messageId"]}]}
    assert list(store.keys(NOTICES)) == [key]
    assert queue.event()["Records"] == []

    again = queue.event(wait=10)  # without being postponed it would be twelve minutes
    assert [each["messageId"] for each in again["Records"]] == [message["messageId"]]
    assert tell(again) == {"batchItemFailures": []}
    assert list(store.keys(NOTICES)) == []
    first, second = receiver.got.get(timeout=5), receiver.got.get(timeout=5)
    assert first[0]["webhook-id"] == second[0]["webhook-id"]
    assert standardwebhooks.Webhook(SECRET).verify(second[1], second[0])["matricula"] == "AWS1"
    assert tell(again) == {"batchItemFailures": []}  # SQS delivers at least once
    assert receiver.got.empty()


def test_what_is_no_event_of_the_bucket_comes_again_until_it_is_put_aside(tell: Invoke) -> None:
    event = {
        "Records": [
            {
                "messageId": "m1",
                "receiptHandle": "unknown",
                "body": "no JSON",
                "attributes": {"ApproximateReceiveCount": "1"},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:unknown",
            }
        ]
    }
    assert tell(event) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
