"""Photographs that were put under `entrada/` of an S3 bucket."""

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from coronet.errors import InvalidInput, StoreUnavailable
from coronet.model import MAX_PHOTO_BYTES
from coronet.scan import Incoming

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

INCOMING = "entrada/"
REJECTED = "rechazadas/"


class S3Inbox:
    """The objects under INCOMING, by their keys; an object's origin is its key and its ETag.

    What is settled is removed: the original says where it was taken, and the stored photograph no longer does. What is
    rejected goes to REJECTED, with a text beside it that `explain` makes. Objects elsewhere, and what S3's console puts
    in the place of folders, are not there.
    """

    def __init__(self, bucket: str, *, explain: Callable[[InvalidInput], str]) -> None:
        self._bucket = bucket
        self._explain = explain
        self._client: S3Client = boto3.Session().client("s3")

    def open(self, name: str) -> Incoming | None:
        """See Inbox."""
        if not name.startswith(INCOMING) or name.endswith("/"):
            return None
        with _failures():
            try:
                found = self._client.get_object(Bucket=self._bucket, Key=name)
            except self._client.exceptions.NoSuchKey:
                return None
            if found["ContentLength"] > MAX_PHOTO_BYTES:
                found["Body"].close()
                raise InvalidInput(
                    "object over the limit", key="error.photo.too_large", megabytes=MAX_PHOTO_BYTES >> 20
                )
            origin = hashlib.sha256(f"{name}\0{found['ETag']}".encode()).hexdigest()[:16]
            return Incoming(origin, found["LastModified"], found["Body"].read(), found["ETag"])

    def settle(self, name: str, incoming: Incoming) -> None:
        """See Inbox."""
        with _failures():
            try:
                self._client.delete_object(Bucket=self._bucket, Key=name, IfMatch=incoming.version)
            except ClientError as error:
                if error.response["Error"]["Code"] not in ("PreconditionFailed", "NoSuchKey"):
                    raise

    def reject(self, name: str, error: InvalidInput) -> None:
        """See Inbox."""
        aside = REJECTED + name.removeprefix(INCOMING)
        with _failures():
            self._client.copy({"Bucket": self._bucket, "Key": name}, self._bucket, aside)
            self._client.put_object(
                Bucket=self._bucket,
                Key=f"{aside}.txt",
                Body=self._explain(error).encode(),
                ContentType="text/plain; charset=utf-8",
            )
            self._client.delete_object(Bucket=self._bucket, Key=name)


@contextlib.contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise StoreUnavailable(f"S3: {type(error).__name__}") from error
