"""Which objects an event tells of, and which message told so."""

import json
from typing import Any

import pytest

from coronet.s3_events import messages
from servers import PROJECT


def event(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((PROJECT / "tests" / "events" / f"{name}.json").read_text("utf-8"))
    return content


def through_sqs(*bodies: str) -> dict[str, Any]:
    [record] = event("escanear-sqs")["Records"]
    return {"Records": [record | {"messageId": f"m{number}", "body": body} for number, body in enumerate(bodies)]}


def test_an_event_of_s3() -> None:
    assert list(messages(event("escanear-s3"))) == [("", ["entrada/Ana Ñandú/camión + 1.jpg"])]


def test_an_event_of_eventbridge_whose_keys_are_not_quoted() -> None:
    assert list(messages(event("escanear-eventbridge"))) == [("", ["entrada/Ana Ñandú/camión + 1.jpg"])]


def test_messages_of_sqs() -> None:
    [(id, keys)] = messages(event("escanear-sqs"))
    assert (id, keys) == ("059f36b4-87a3-44ab-83d2-661975830a7d", ["entrada/Ana Ñandú/camión + 1.jpg"])


def test_each_message_answers_for_itself() -> None:
    test = json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "coronet"})
    bridge = json.dumps(event("escanear-eventbridge"))
    found = list(messages(through_sqs(test, "no JSON", bridge, "[]", json.dumps({"Records": [{"s3": {}}]}))))
    assert found == [
        ("m0", []),
        ("m1", None),
        ("m2", ["entrada/Ana Ñandú/camión + 1.jpg"]),
        ("m3", None),
        ("m4", None),
    ]


@pytest.mark.parametrize("other", [{}, {"source": "aws.ec2"}, {"source": "aws.s3", "detail": {}}])
def test_what_is_no_event_of_s3(other: dict[str, Any]) -> None:
    assert list(messages(other)) == [("", None)]
