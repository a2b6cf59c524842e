"""Files that are too large for an answer, on S3."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
import requests
from moto import mock_aws
from mypy_boto3_s3.type_defs import CreateBucketConfigurationTypeDef

import aws
from coronet.access import Right, new_api_key
from coronet.errors import StoreUnavailable
from coronet.ledger import KEY, Ledger
from coronet.model import Entry
from coronet.storage.s3 import S3Store
from coronet.storage.s3_downloads import S3Downloads
from emulator import EMULATOR
from lambdas import BUCKET, serving_lambdas


def test_what_is_offered_is_fetched_as_it_is(bucket: str) -> None:
    data = bytes(range(256)) * 20_000
    downloads = S3Downloads(bucket)
    address = downloads.offer(data, name="registros.xlsx", content_type="application/x-test")
    answer = requests.get(address, timeout=30)
    assert answer.content == data
    assert answer.headers["Content-Disposition"] == "attachment; filename=registros.xlsx"
    assert answer.headers["Content-Type"] == "application/x-test"
    assert parse_qs(urlsplit(address).query)["X-Amz-Expires"] == ["300"]
    [key] = S3Store(bucket).keys("descargas/")
    assert urlsplit(address).path.endswith(key)
    assert downloads.offer(data, name="registros.xlsx", content_type="application/x-test") != address


def test_a_bucket_that_is_not_there_is_told(bucket: str) -> None:
    with pytest.raises(StoreUnavailable):
        S3Downloads(f"{bucket}-other").offer(b"x", name="x.csv", content_type="text/csv")


def test_an_address_is_of_the_bucket_s_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another region's would redirect, and no signature survives that."""
    for name, value in {**aws.ENVIRON, "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        place: CreateBucketConfigurationTypeDef = {"LocationConstraint": "eu-west-1"}
        boto3.Session().client("s3").create_bucket(Bucket="coronet-eu", CreateBucketConfiguration=place)
        address = S3Downloads("coronet-eu").offer(b"x", name="x.csv", content_type="text/csv")
    assert urlsplit(address).hostname == "s3.eu-west-1.amazonaws.com"


@pytest.mark.skipif(not EMULATOR.is_file(), reason="AWS's emulator is for Linux on x86-64 and arm64")
def test_a_register_that_no_lambda_can_answer_is_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, kept = new_api_key("oficina", [Right.READ])
    headers = {"Authorization": f"Bearer {key}"}
    environ = {"CORONET_API_KEYS": str(kept)}
    with serving_lambdas(tmp_path, "descargar", instances=1, environ=environ) as (url, s3_url):
        for name, value in {**aws.ENVIRON, "AWS_ENDPOINT_URL": s3_url}.items():
            monkeypatch.setenv(name, value)
        book = Ledger(S3Store(BUCKET))
        book.append([_entry(0)])
        small = requests.get(f"{url}/descargar", headers=headers, allow_redirects=False, timeout=60)
        assert (small.status_code, small.content) == (200, book.export())
        book.append([_entry(number) for number in range(40_000)])
        large = requests.get(f"{url}/descargar", headers=headers, allow_redirects=False, timeout=60)
        assert (large.status_code, large.headers["Cache-Control"]) == (303, "no-store")
        fetched = requests.get(large.headers["Location"], timeout=60)
        whole = S3Store(BUCKET).get(KEY)
    assert whole and len(whole.data) > 6 * 1024 * 1024
    assert fetched.content == whole.data
    assert fetched.headers["Content-Disposition"] == "attachment; filename=registros.csv"
    assert fetched.headers["Content-Type"] == "text/csv; charset=utf-8"


def _entry(number: int) -> Entry:
    image = f"1234BCD_20261123_{number:06}.jpg"
    note = f"puerta {number} {'x' * 90}"
    return Entry(registered_at="2026-11-23 07:14:34", plate="1234BCD", owner="Ana Ñandú", note=note, image=image)
