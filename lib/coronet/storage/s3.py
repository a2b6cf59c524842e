"""The objects in an S3 bucket."""

import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError

from coronet.errors import StoreConflict, StoreUnavailable
from coronet.model import Blob
from coronet.storage import check_key

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_SMALLEST_PART = 5 * 1024 * 1024  # bytes: what a part of a multipart upload has at least, unless it is the last
_WRITE = "write"  # beside the notes: which write made the object
_VERSION = re.compile(r"(\d+)-(.+)")  # the object's size, which tells how to append to it, and its ETag
_MISSING = {"NoSuchKey", "404"}
_CONFLICTS = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchUpload", "412", *_MISSING}
_MOST_DELETED = 1000  # S3's limit for one request
_READS = 3  # tries to read an answer whole: botocore repeats requests, but not what it streams

_CONFIG = Config(  # a request gives up after some 12 s: a Lambda still has the time to say so
    connect_timeout=2,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=32,
    request_checksum_calculation="when_required",  # other S3-compatible stores refuse checksums that they do not know
    response_checksum_validation="when_required",
)


class S3Store:
    """A BlobStore in the bucket; credentials, region and endpoint are the AWS SDK's own settings.

    Writes are conditional on the ETag, notes are the object's metadata. A small object is rewritten to append to it;
    from 5 MiB on S3 copies what is there into a multipart upload, so that an append sends the new bytes only.
    """

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        self._client: S3Client = boto3.Session().client("s3", config=_CONFIG)

    def get(self, key: str) -> Blob | None:
        """See BlobStore."""
        return self._read(key, {})

    def tail(self, key: str, size: int) -> Blob | None:
        """See BlobStore."""
        blob = self._read(key, {"Range": f"bytes=-{max(1, size)}"})  # S3 knows no range of no bytes
        return replace(blob, data=b"") if blob and size == 0 else blob

    def put(self, key: str, data: bytes, *, replaces: str | None, notes: Mapping[str, str] | None = None) -> str:
        """See BlobStore."""
        condition: Any = {"IfNoneMatch": "*"} if replaces is None else {"IfMatch": _parts(replaces)[1]}

        def send(metadata: Mapping[str, str]) -> str:
            answer = self._client.put_object(**self._at(key), Body=data, Metadata=metadata, **condition)
            return _version(len(data), answer)

        return self._write(key, send, notes)

    def append(self, key: str, data: bytes, *, replaces: str | None, notes: Mapping[str, str] | None = None) -> str:
        """See BlobStore."""
        if replaces is None:
            return self.put(key, data, replaces=None, notes=notes)
        check_key(key)
        size, etag = _parts(replaces)
        if size >= _SMALLEST_PART:
            return self._write(key, lambda metadata: self._grow(key, size, etag, data, metadata), notes)
        blob = self.get(key)
        if blob is None or blob.version != replaces:
            raise StoreConflict("the object is not the one to replace")
        return self.put(key, blob.data + data, replaces=replaces, notes=notes)

    def delete(self, key: str) -> None:
        """See BlobStore."""
        with _failures():
            self._client.delete_object(**self._at(key))

    def keys(self, prefix: str) -> Iterator[str]:
        """See BlobStore."""
        with _failures():
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
                yield from (each["Key"] for each in page.get("Contents", []))

    def forget(self, prefix: str, *, before: datetime | None = None) -> None:
        """See BlobStore: the bucket's earlier versions."""
        versions, markers = [], []
        with _failures():
            for page in self._client.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=prefix):
                versions += [each for each in page.get("Versions", []) if not each["IsLatest"]]
                markers += page.get("DeleteMarkers", [])
            self._remove_versions(versions, before)
            self._remove_versions(markers, before)  # last: without its marker a version would be the object again

    def sweep(self, *, before: datetime) -> int:
        """See BlobStore: multipart uploads that were never completed."""
        swept = 0
        with _failures():
            for page in self._client.get_paginator("list_multipart_uploads").paginate(Bucket=self._bucket):
                for each in page.get("Uploads", []):
                    if each["Initiated"] < before:
                        self._client.abort_multipart_upload(**self._at(each["Key"]), UploadId=each["UploadId"])
                        swept += 1
        return swept

    def _remove_versions(self, listed: Sequence[Mapping[str, Any]], before: datetime | None) -> None:
        old = [each for each in listed if before is None or each["LastModified"] < before]
        for start in range(0, len(old), _MOST_DELETED):
            batch = old[start : start + _MOST_DELETED]
            objects: Any = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in batch]
            answer = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True})
            if errors := answer.get("Errors"):
                raise StoreUnavailable(f"S3: DeleteObjects failed with {errors[0].get('Code')}")

    def _at(self, key: str) -> dict[str, Any]:
        return {"Bucket": self._bucket, "Key": check_key(key)}

    def _read(self, key: str, part: Mapping[str, Any], tries: int = _READS) -> Blob | None:
        at = self._at(key)
        with _failures():
            try:
                answer = self._client.get_object(**at, **part)
            except ClientError as error:
                if _code(error) == "InvalidRange":  # an empty object has no end
                    return self._read(key, {})
                if _code(error) in _MISSING:
                    return None
                raise
            try:
                return _blob(answer, answer["Body"].read())
            except (HTTPClientError, IncompleteReadError):
                if tries == 1:
                    raise
        return self._read(key, part, tries - 1)

    def _write(self, key: str, send: Callable[[Mapping[str, str]], str], notes: Mapping[str, str] | None) -> str:
        """Send a write; a conflict with itself is none: the SDK repeats a request whose answer was lost."""
        mark = secrets.token_hex(8)
        with _failures():
            try:
                return send({**(notes or {}), _WRITE: mark})
            except ClientError as error:
                if error.response["ResponseMetadata"].get("RetryAttempts") and _code(error) in _CONFLICTS:
                    with suppress(ClientError):
                        there = self._client.head_object(**self._at(key))
                        if there["Metadata"].get(_WRITE) == mark:
                            return _version(there["ContentLength"], there)
                raise

    def _grow(self, key: str, size: int, etag: str, data: bytes, metadata: Mapping[str, str]) -> str:
        at = self._at(key)
        upload: Any = {**at, "UploadId": self._client.create_multipart_upload(**at, Metadata=metadata)["UploadId"]}
        source: Any = {"CopySource": at, "CopySourceIfMatch": etag}
        try:
            copied = self._client.upload_part_copy(**upload, PartNumber=1, **source)
            added = self._client.upload_part(**upload, PartNumber=2, Body=data)
            both = enumerate((copied["CopyPartResult"]["ETag"], added["ETag"]), start=1)
            parts: Any = {"Parts": [{"PartNumber": number, "ETag": tag} for number, tag in both]}
            answer = self._client.complete_multipart_upload(**upload, MultipartUpload=parts, IfMatch=etag)
        except BaseException:
            with suppress(ClientError, BotoCoreError):
                self._client.abort_multipart_upload(**upload)
            raise
        return _version(size + len(data), answer)


def _blob(answer: Mapping[str, Any], data: bytes) -> Blob:
    _, _, whole = answer.get("ContentRange", "").rpartition("/")
    size = int(whole or answer["ContentLength"])
    notes = {name: value for name, value in answer["Metadata"].items() if name != _WRITE}
    return Blob(data, _version(size, answer), size, answer["LastModified"], notes)


def _version(size: int, answer: Mapping[str, Any]) -> str:
    return f"{size}-{answer['ETag']}"


def _parts(version: str) -> tuple[int, str]:
    if not (match := _VERSION.fullmatch(version)):
        raise StoreConflict("the object is not the one to replace")
    return int(match[1]), match[2]


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def _failures() -> Iterator[None]:
    """Turn the SDK's errors into ours, without the key: it holds a plate."""
    try:
        yield
    except ClientError as error:
        if _code(error) in _CONFLICTS:
            raise StoreConflict(f"S3: {_code(error)}") from None
        raise StoreUnavailable(f"S3: {error.operation_name} failed with {_code(error)}") from None
    except BotoCoreError as error:
        raise StoreUnavailable(f"S3: {type(error).__name__}") from None
