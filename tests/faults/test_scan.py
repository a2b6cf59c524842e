"""A thousand photographs through handlers that are killed: each becomes one record."""

import csv
import io
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from mypy_boto3_s3 import S3Client
from PIL import Image

import aws
from drawing import encoded
from servers import PROJECT, clean_environ

pytestmark = pytest.mark.slow

BUCKET = "coronet-mil"
PHOTOGRAPHS = 1000
REPEATS = 200
BATCH = 20
KILLED = 0.05
SEED = 20261123

HANDLER = """
import json, sys
sys.path.insert(0, "functions/escanear")
from main import handler
for line in sys.stdin:
    print(json.dumps(handler(json.loads(line), None)), flush=True)
"""


class Worker:
    """A Lambda instance: a process with the handler, started anew after it was killed."""

    def __init__(self, environ: dict[str, str]) -> None:
        self._environ = environ
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", HANDLER],
            cwd=PROJECT,
            env=self._environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, event: dict[str, Any], kill_after: float | None) -> set[str]:
        """The messages of the batch that have to come again; all of them where the handler was killed."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(event) + "\n")
        self._process.stdin.flush()
        if kill_after is not None:
            try:
                self._process.wait(kill_after)
            except subprocess.TimeoutExpired:
                self.stop()
            self._start()
            return {record["messageId"] for record in event["Records"]}
        failed = json.loads(self._process.stdout.readline())["batchItemFailures"]
        return {each["itemIdentifier"] for each in failed}

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def s3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Client]:
    with aws.moto_server(tmp_path) as url:
        for name, value in {**aws.ENVIRON, "AWS_ENDPOINT_URL": url}.items():
            monkeypatch.setenv(name, value)
        client = aws.session().client("s3", endpoint_url=url)
        client.create_bucket(Bucket=BUCKET)
        yield client


def keys(s3: S3Client, prefix: str) -> set[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
    return {each["Key"] for page in pages for each in page.get("Contents", [])}


def message(id: int, key: str) -> dict[str, str]:
    body = {"Records": [{"eventSource": "aws:s3", "s3": {"object": {"key": quote_plus(key, safe="/")}}}]}
    return {"messageId": str(id), "eventSource": "aws:sqs", "body": json.dumps(body)}


def test_every_photograph_is_registered_once(s3: S3Client) -> None:
    rng = random.Random(SEED)
    names = [f"entrada/Cámara {number % 7}/{number} + ñ.jpg" for number in range(PHOTOGRAPHS)]
    for number, name in enumerate(names):
        colour = (number % 256, number // 256, 90)
        s3.put_object(Bucket=BUCKET, Key=name, Body=encoded(Image.new("RGB", (64, 48), colour)))
    queue = [message(id, name) for id, name in enumerate([*names, *rng.sample(names, REPEATS)])]
    rng.shuffle(queue)

    readers = {"CORONET_STORAGE": "s3", "CORONET_BUCKET": BUCKET, "CORONET_READERS": "openai"}  # no key: nobody reads
    environ = {**clean_environ(), **aws.ENVIRON, "AWS_ENDPOINT_URL": s3.meta.endpoint_url, **readers}
    workers = [Worker(environ) for _ in range(2)]
    kills = 0
    try:
        with ThreadPoolExecutor(len(workers)) as threads:
            while queue:
                batches = [queue[:BATCH], queue[BATCH : 2 * BATCH]]
                queue = queue[2 * BATCH :]
                after = [rng.uniform(0, 3) if rng.random() < KILLED else None for _ in workers]
                kills += len([each for each in after if each is not None])
                events = [{"Records": batch} for batch in batches]
                for batch, again in zip(batches, threads.map(Worker.run, workers, events, after), strict=True):
                    queue += [each for each in batch if each["messageId"] in again]
                rng.shuffle(queue)
    finally:
        for worker in workers:
            worker.stop()

    data = s3.get_object(Bucket=BUCKET, Key="data/registros.csv")["Body"].read().decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(data)))
    assert kills
    assert len(rows) == PHOTOGRAPHS
    assert len({row["id"] for row in rows}) == PHOTOGRAPHS
    assert {f"uploads/{row['imagen']}" for row in rows} == {key for key in keys(s3, "uploads/") if key.endswith(".jpg")}
    assert keys(s3, "entrada/") == set()
