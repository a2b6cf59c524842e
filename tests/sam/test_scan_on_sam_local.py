"""`sam local invoke` of the scan, with the events as S3, SQS and EventBridge send them."""

import csv
import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mypy_boto3_s3 import S3Client

import aws
from drawing import photograph
from servers import PROJECT

pytestmark = pytest.mark.sam

EVENTS = ("escanear-s3", "escanear-sqs", "escanear-eventbridge")
KEY = "entrada/Ana Ñandú/camión + 1.jpg"


@pytest.fixture
def s3(aws_url: str) -> S3Client:
    return aws.session().client("s3", endpoint_url=aws_url)


@pytest.fixture
def invoke(sam: Callable[..., Any], built: Path, runtime_image: None, env_vars: Path) -> Callable[[str], Any]:
    def run(event: str) -> Any:
        process = sam(
            *("local", "invoke", "Escanear", "--config-env", "ci", "--env-vars", env_vars),
            *("--event", PROJECT / "tests" / "events" / f"{event}.json"),
            stdout=subprocess.PIPE,
        )
        answer, _ = process.communicate(timeout=600)
        assert process.returncode == 0
        return json.loads(answer)

    return run


def images(s3: S3Client, bucket: str) -> list[str]:
    data = s3.get_object(Bucket=bucket, Key="data/registros.csv")["Body"].read().decode("utf-8")
    return [row["imagen"] for row in csv.DictReader(io.StringIO(data))]


def keys(s3: S3Client, bucket: str, prefix: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)  # the other tests leave many
    return [each["Key"] for page in pages for each in page.get("Contents", [])]


@pytest.mark.parametrize("event", EVENTS)
def test_a_photograph_that_arrives_is_registered(
    invoke: Callable[[str], Any], s3: S3Client, bucket: str, event: str
) -> None:
    s3.put_object(Bucket=bucket, Key=KEY, Body=photograph(event[-7:]))
    before = keys(s3, bucket, "uploads/")
    assert invoke(event) == {"batchItemFailures": []}
    [stored] = [key for key in keys(s3, bucket, "uploads/") if key not in before and key.endswith(".jpg")]
    assert images(s3, bucket).count(stored.removeprefix("uploads/")) == 1
    assert keys(s3, bucket, "entrada/") == []
