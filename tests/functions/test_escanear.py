"""The scan of a bucket as Lambda runs it: AWS's runtime interface, its events, and real boto3 against moto's server."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from mypy_boto3_s3 import S3Client

import aws
from drawing import photograph
from emulator import EMULATOR, HandlerFailed, Invoke, emulating

pytestmark = pytest.mark.skipif(not EMULATOR.is_file(), reason="AWS's emulator is for Linux on x86-64 and arm64")

BUCKET = "coronet-entrada"


@pytest.fixture(scope="module")
def s3_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with aws.moto_server(tmp_path_factory.mktemp("moto")) as url:
        yield url


@pytest.fixture
def s3(s3_url: str) -> Iterator[S3Client]:
    client = aws.session().client("s3", endpoint_url=s3_url)
    client.create_bucket(Bucket=BUCKET)
    yield client
    for each in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        client.delete_object(Bucket=BUCKET, Key=each["Key"])
    client.delete_bucket(Bucket=BUCKET)


@pytest.fixture
def scan(s3_url: str, tmp_path: Path) -> Iterator[Invoke]:
    environ = {
        "AWS_ENDPOINT_URL": s3_url,
        "CORONET_STORAGE": "s3",
        "CORONET_BUCKET": BUCKET,
        "CORONET_READERS": "tesseract",
    }
    with emulating("escanear", tmp_path, environ=environ) as invoke:
        yield invoke


def s3_event(*keys: str) -> dict[str, Any]:
    return {
        "Records": [
            {"eventSource": "aws:s3", "s3": {"object": {"key": quote_plus(key, safe="/")}, "bucket": {"name": BUCKET}}}
            for key in keys
        ]
    }


def through_sqs(*bodies: str | dict[str, Any]) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "eventSource": "aws:sqs",
                "body": body if isinstance(body, str) else json.dumps(body),
            }
            for number, body in enumerate(bodies)
        ]
    }


def keys(s3: S3Client, prefix: str) -> list[str]:
    return [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]


def images(s3: S3Client) -> list[str]:
    data = s3.get_object(Bucket=BUCKET, Key="data/registros.csv")["Body"].read().decode("utf-8")
    return [row["imagen"] for row in csv.DictReader(io.StringIO(data))]


def test_photographs_become_records_and_wait_no_more(scan: Invoke, s3: S3Client) -> None:
    names = ["entrada/a.jpg", "entrada/Ana Ñandú/camión + 1.jpg", "entrada/x/y/100%25 z.jpg"]
    for name in names:
        s3.put_object(Bucket=BUCKET, Key=name, Body=photograph(exif=_where()))
    bridge = {"source": "aws.s3", "detail-type": "Object Created", "detail": {"object": {"key": names[2]}}}
    test = {"Service": "Amazon S3", "Event": "s3:TestEvent"}

    assert scan(through_sqs(s3_event(names[0]), s3_event(names[1]), bridge, test)) == {"batchItemFailures": []}

    assert keys(s3, "entrada/") == []
    assert sorted(images(s3)) == sorted(
        key.removeprefix("uploads/") for key in keys(s3, "uploads/") if key.endswith(".jpg")
    )
    assert len(images(s3)) == 3
    stored = s3.get_object(Bucket=BUCKET, Key=f"uploads/{images(s3)[0]}")["Body"].read()
    assert b"Exif" not in stored


def _where() -> bytes:
    from PIL import Image

    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    return exif.tobytes()


def test_repeats_change_nothing(scan: Invoke, s3: S3Client) -> None:
    s3.put_object(Bucket=BUCKET, Key="entrada/a.jpg", Body=photograph())
    event = through_sqs(s3_event("entrada/a.jpg"), s3_event("entrada/a.jpg"))
    for _ in range(2):
        assert scan(event) == {"batchItemFailures": []}
    s3.put_object(Bucket=BUCKET, Key="entrada/a.jpg", Body=photograph())  # as it was before a crash after its row
    assert scan(s3_event("entrada/a.jpg")) == {"batchItemFailures": []}
    assert len(images(s3)) == 1
    assert keys(s3, "entrada/") == []


def test_what_is_no_photograph_is_put_aside_with_the_reason(scan: Invoke, s3: S3Client) -> None:
    s3.put_object(Bucket=BUCKET, Key="entrada/Ana Ñandú/nota + 1.txt", Body=b"no photograph")
    s3.put_object(Bucket=BUCKET, Key="entrada/video.mp4", Body=bytes(21 << 20))
    s3.put_object(Bucket=BUCKET, Key="entrada/a.jpg", Body=photograph())
    names = ("entrada/Ana Ñandú/nota + 1.txt", "entrada/video.mp4", "entrada/a.jpg", "entrada/gone.jpg")
    assert scan(s3_event(*names)) == {"batchItemFailures": []}
    assert keys(s3, "rechazadas/") == [
        "rechazadas/Ana Ñandú/nota + 1.txt",
        "rechazadas/Ana Ñandú/nota + 1.txt.txt",
        "rechazadas/video.mp4",
        "rechazadas/video.mp4.txt",
    ]
    why = [s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode() for key in keys(s3, "rechazadas/")[1::2][:1]]
    assert "JPEG, PNG, WebP o HEIC" in why[0]
    assert "20 MB" in s3.get_object(Bucket=BUCKET, Key="rechazadas/video.mp4.txt")["Body"].read().decode()
    assert keys(s3, "entrada/") == []
    assert len(images(s3)) == 1


def test_only_the_messages_that_failed_come_back(scan: Invoke, s3: S3Client) -> None:
    s3.put_object(Bucket=BUCKET, Key="entrada/a.jpg", Body=photograph())
    answer = scan(through_sqs("no JSON", s3_event("entrada/a.jpg"), {"Records": [{"s3": {}}]}))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}, {"itemIdentifier": "m2"}]}
    assert len(images(s3)) == 1


def test_a_damaged_register_sends_everything_back(scan: Invoke, s3: S3Client) -> None:
    s3.put_object(Bucket=BUCKET, Key="data/registros.csv", Body=b"somebody else's\n")
    s3.put_object(Bucket=BUCKET, Key="entrada/a.jpg", Body=photograph())
    assert scan(through_sqs(s3_event("entrada/a.jpg"))) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert keys(s3, "entrada/") == ["entrada/a.jpg"]
    with pytest.raises(HandlerFailed, match="could not be scanned"):
        scan(s3_event("entrada/a.jpg"))


def test_a_photograph_of_the_web_is_none_of_its_business(scan: Invoke, s3: S3Client) -> None:
    s3.put_object(Bucket=BUCKET, Key="uploads/x.jpg", Body=photograph())
    s3.put_object(Bucket=BUCKET, Key="entrada/carpeta/", Body=b"")
    assert scan(s3_event("uploads/x.jpg", "entrada/carpeta/")) == {"batchItemFailures": []}
    assert keys(s3, "") == ["entrada/carpeta/", "uploads/x.jpg"]
