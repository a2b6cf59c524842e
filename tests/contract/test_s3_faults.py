"""S3 behind a network that fails: nothing acknowledged is lost, nothing is there twice."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import boto3
import pytest

from coronet.errors import StoreConflict, StoreUnavailable
from coronet.ledger import KEY, Ledger
from coronet.model import Entry
from coronet.storage.s3 import S3Store
from faulty_proxy import Fault, Proxy, faulty_proxy

NUMBERS = count(1)
LARGE = b"0123456789abcdef" * (6 * 1024 * 1024 // 16)  # appended by a copy


def entry() -> Entry:
    return Entry(registered_at="2026-11-23 09:30:15", plate="1234BCD", image=f"{next(NUMBERS)}.jpg")


@pytest.fixture
def proxy(s3_url: str) -> Iterator[Proxy]:
    with faulty_proxy(s3_url) as running:
        yield running


@pytest.fixture
def plain(bucket: str) -> S3Store:
    """A store that reaches its bucket without trouble."""
    return S3Store(bucket)


@pytest.fixture
def store(plain: S3Store, proxy: Proxy, bucket: str, monkeypatch: pytest.MonkeyPatch) -> S3Store:
    """A store that reaches the same bucket through the proxy."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
    return S3Store(bucket)


def test_a_put_whose_answer_was_lost_happened_once(store: S3Store, plain: S3Store, proxy: Proxy) -> None:
    proxy.fail(Fault.ANSWER_LOST, method="PUT")
    version = store.put("uploads/x.jpg", b"one", replaces=None, notes={"a": "1"})
    assert [(method, fault) for method, _, fault in proxy.seen] == [
        ("PUT", Fault.ANSWER_LOST),
        ("PUT", None),
        ("HEAD", None),
    ]
    blob = plain.get("uploads/x.jpg")
    assert blob and (blob.data, blob.version, dict(blob.notes)) == (b"one", version, {"a": "1"})
    proxy.fail(Fault.ANSWER_LOST, method="PUT")
    version = store.append("uploads/x.jpg", b"two", replaces=version)
    blob = plain.get("uploads/x.jpg")
    assert blob and (blob.data, blob.version) == (b"onetwo", version)


@pytest.mark.parametrize("step", ["partNumber=1", "partNumber=2", "uploads", "uploadId"])
@pytest.mark.parametrize("fault", [Fault.ANSWER_LOST, Fault.REFUSED, Fault.INTERNAL_ERROR])
def test_a_large_append_survives_one_fault(
    store: S3Store, plain: S3Store, proxy: Proxy, step: str, fault: Fault
) -> None:
    version = plain.put(KEY, LARGE, replaces=None)
    method = "PUT" if step.startswith("part") else "POST"
    proxy.fail(fault, method=method, part=step)
    version = store.append(KEY, b"new", replaces=version, notes={"a": "1"})
    assert fault in {each for _, _, each in proxy.seen}
    blob = plain.tail(KEY, 4)
    assert blob and (blob.data, blob.version, blob.size) == (b"fnew", version, len(LARGE) + 3)
    assert dict(blob.notes) == {"a": "1"}


@pytest.mark.parametrize("step", ["partNumber=1", "partNumber=2", "uploadId"])
def test_a_large_append_that_another_comes_before(store: S3Store, plain: S3Store, proxy: Proxy, step: str) -> None:
    version = plain.put(KEY, LARGE, replaces=None)

    def choose(method: str, path: str) -> Fault | None:
        if method == ("POST" if step == "uploadId" else "PUT") and step in path and "uploads" not in path:
            proxy.choose = lambda method, path: None
            plain.append(KEY, b"theirs", replaces=version)
        return None

    proxy.choose = choose
    with pytest.raises(StoreConflict):
        store.append(KEY, b"mine", replaces=version)
    blob = plain.tail(KEY, 7)
    assert blob and (blob.data, blob.size) == (b"ftheirs", len(LARGE) + 6)
    assert plain.sweep(before=datetime.now(UTC) + timedelta(days=1)) == 0  # the upload was given up


def test_a_put_that_another_writes_over_before_it_is_asked_for(store: S3Store, plain: S3Store, proxy: Proxy) -> None:
    """The answer is lost and somebody else writes: the repeated request meets a conflict, for the ledger to solve."""

    def choose(method: str, path: str) -> Fault | None:
        if method != "PUT":
            return None
        puts = [each for each in proxy.seen if each[0] == "PUT"]
        if not puts:
            return Fault.ANSWER_LOST
        blob = plain.get(KEY)
        if blob and blob.data == b"mine":
            plain.put(KEY, b"theirs", replaces=blob.version)
        return None

    proxy.choose = choose
    with pytest.raises(StoreConflict):
        store.put(KEY, b"mine", replaces=None)


def test_every_kind_of_fault_once_in_a_while(store: S3Store, plain: S3Store, proxy: Proxy) -> None:
    requests = count(1)
    faults = [Fault.ANSWER_LOST, Fault.ANSWER_CUT, Fault.REFUSED, Fault.INTERNAL_ERROR, Fault.SLOW_DOWN]

    def choose(method: str, path: str) -> Fault | None:
        number = next(requests)
        return faults[number // 3 % len(faults)] if number % 3 == 0 else None

    ledger = Ledger(store)
    promised = {record.id: record.image for record in ledger.append([entry()])}
    proxy.choose = choose
    for _ in range(25):
        promised |= {record.id: record.image for record in ledger.append([entry(), entry()])}
        assert ledger.page(limit=1).records[0].id == max(promised)
    assert set(faults) <= {fault for _, _, fault in proxy.seen if fault}
    proxy.choose = lambda method, path: None
    assert {record.id: record.image for record in Ledger(plain).records()} == promised
    assert len(promised) == 51


def test_an_append_whose_every_answer_is_lost_is_looked_for(store: S3Store, plain: S3Store, proxy: Proxy) -> None:
    ledger = Ledger(store)
    ledger.append([entry()])
    proxy.choose = lambda method, path: Fault.ANSWER_LOST if method in {"PUT", "HEAD"} else None
    assert ledger.append([entry()])[0].id == 2
    assert len(Ledger(plain).records()) == 2


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.INTERNAL_ERROR, Fault.SLOW_DOWN, Fault.ACCESS_DENIED])
def test_a_store_that_is_down_is_unavailable(store: S3Store, plain: S3Store, proxy: Proxy, fault: Fault) -> None:
    plain.put("uploads/1234BCD.jpg", b"x", replaces=None)
    proxy.choose = lambda method, path: fault
    for call in (
        lambda: store.get("uploads/1234BCD.jpg"),
        lambda: store.put("uploads/9999ZZZ.jpg", b"x", replaces=None),
        lambda: Ledger(store).append([entry()]),
    ):
        with pytest.raises(StoreUnavailable) as error:
            call()
        assert "BCD" not in str(error.value)
        assert error.value.__suppress_context__
    proxy.choose = lambda method, path: None
    assert plain.get(KEY) is None
    assert list(plain.keys("")) == ["uploads/1234BCD.jpg"]


def test_forgetting_removes_earlier_versions(bucket: str, plain: S3Store) -> None:
    client = boto3.Session().client("s3")
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    other = plain.put("uploads/y.jpg", b"other", replaces=None)
    plain.put("uploads/y.jpg", b"another", replaces=other)
    for key in ("uploads/x.jpg", "uploads/gone.jpg"):
        version = plain.put(key, b"one", replaces=None)
        plain.delete(key)
        version = plain.put(key, b"two", replaces=None)
        plain.put(key, b"three", replaces=version)
    plain.delete("uploads/gone.jpg")
    plain.forget("uploads/", before=datetime(2006, 3, 14, tzinfo=UTC))
    assert len(client.list_object_versions(Bucket=bucket)["Versions"]) == 8
    for prefix in ("uploads/x.jpg", "uploads/gone"):
        plain.forget(prefix)
    there = client.list_object_versions(Bucket=bucket)
    assert sorted(each["Key"] for each in there["Versions"]) == ["uploads/x.jpg", *["uploads/y.jpg"] * 2]
    assert "DeleteMarkers" not in there
    blob = plain.get("uploads/x.jpg")
    assert blob and blob.data == b"three"
    assert plain.get("uploads/gone.jpg") is None


def test_sweeping_ends_uploads_that_were_never_completed(bucket: str, plain: S3Store) -> None:
    client = boto3.Session().client("s3")
    client.create_multipart_upload(Bucket=bucket, Key=KEY)
    assert plain.sweep(before=datetime(2006, 3, 14, tzinfo=UTC)) == 0
    assert plain.sweep(before=datetime.now(UTC) + timedelta(hours=1)) == 1
    assert plain.sweep(before=datetime.now(UTC) + timedelta(hours=1)) == 0


def test_a_bucket_that_is_not_there(s3_environ: dict[str, str]) -> None:
    store = S3Store("no-such-bucket")
    for call in (
        lambda: store.get(KEY),
        lambda: store.tail(KEY, 0),
        lambda: store.put(KEY, b"", replaces=None),
        lambda: store.delete(KEY),
        lambda: list(store.keys("")),
        lambda: Ledger(store).append([entry()]),
        lambda: Ledger(store).page(limit=1),
    ):
        with pytest.raises(StoreUnavailable, match="NoSuchBucket"):
            call()
