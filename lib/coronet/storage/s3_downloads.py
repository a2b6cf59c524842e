"""Files that are too large for an answer, fetched from the S3 bucket."""

import secrets
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from coronet.errors import StoreUnavailable
from coronet.privacy import DOWNLOADS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SECONDS = 300

_CONFIG = Config(
    signature_version="s3v4",
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
    request_checksum_calculation="when_required",  # see S3Store
)


class S3Downloads:
    """Objects under DOWNLOADS, each under a name that nobody guesses. A rule of the bucket removes them after a day."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        session = boto3.Session()
        region = session.client("s3").meta.endpoint_url  # told of no endpoint, the SDK would sign for us-east-1's
        self._client: S3Client = session.client("s3", endpoint_url=region, config=_CONFIG)

    def offer(self, data: bytes, *, name: str, content_type: str) -> str:
        """See Downloads."""
        at: Any = {"Bucket": self._bucket, "Key": DOWNLOADS + secrets.token_urlsafe(32)}
        try:
            self._client.put_object(
                **at,
                Body=data,
                ContentType=content_type,
                ContentDisposition=f"attachment; filename={name}",
                CacheControl="no-store",
            )
            return self._client.generate_presigned_url("get_object", Params=at, ExpiresIn=SECONDS)
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailable(f"S3: {type(error).__name__}") from None
