"""What every store promises (ports.BlobStore)."""

from datetime import UTC, datetime, timedelta

import pytest

from coronet.errors import InvalidInput, StoreConflict
from coronet.ports import BlobStore

KEY = "data/registros.csv"
NOTES = {"rows": "3", "last-id": "7"}
BIG = b"0123456789abcdef" * (6 * 1024 * 1024 // 16)  # over S3's smallest part: appended by a copy there


def test_nothing_is_there_at_first(store: BlobStore) -> None:
    assert store.get(KEY) is None
    assert store.tail(KEY, 10) is None
    assert store.tail(KEY, 0) is None
    assert list(store.keys("")) == []
    store.delete(KEY)


def test_what_is_put_is_there(store: BlobStore) -> None:
    data = bytes(range(256))
    version = store.put(KEY, data, replaces=None)
    blob = store.get(KEY)
    assert blob and (blob.data, blob.version, blob.size, dict(blob.notes)) == (data, version, 256, {})


def test_an_empty_object_is_there(store: BlobStore) -> None:
    version = store.put(KEY, b"", replaces=None)
    for blob in (store.get(KEY), store.tail(KEY, 5), store.tail(KEY, 0)):
        assert blob and (blob.data, blob.version, blob.size) == (b"", version, 0)
    store.append(KEY, b"abc", replaces=version)
    blob = store.get(KEY)
    assert blob and blob.data == b"abc"


def test_the_tail_is_the_end(store: BlobStore) -> None:
    version = store.put(KEY, b"0123456789", replaces=None, notes=NOTES)
    for size, data in ((0, b""), (3, b"789"), (10, b"0123456789"), (11, b"0123456789"), (1 << 40, b"0123456789")):
        blob = store.tail(KEY, size)
        assert blob and (blob.data, blob.version, blob.size, dict(blob.notes)) == (data, version, 10, NOTES)


def test_every_write_gives_another_version(store: BlobStore) -> None:
    first = store.put(KEY, b"a", replaces=None)
    second = store.put(KEY, b"b", replaces=first)
    third = store.append(KEY, b"c", replaces=second)
    assert len({first, second, third}) == 3
    blob = store.get(KEY)
    assert blob and (blob.data, blob.version) == (b"bc", third)


def test_an_append_to_nothing_makes_the_object(store: BlobStore) -> None:
    version = store.append(KEY, b"abc", replaces=None, notes=NOTES)
    blob = store.get(KEY)
    assert blob and (blob.data, blob.version, dict(blob.notes)) == (b"abc", version, NOTES)


@pytest.mark.parametrize("write", ["put", "append"])
def test_no_write_where_another_came_first(store: BlobStore, write: str) -> None:
    old = store.put(KEY, b"old", replaces=None)
    new = store.put(KEY, b"new", replaces=old, notes=NOTES)
    for replaces in (None, old, "no version of anything"):
        with pytest.raises(StoreConflict):
            getattr(store, write)(KEY, b"mine", replaces=replaces)
    blob = store.get(KEY)
    assert blob and (blob.data, blob.version, dict(blob.notes)) == (b"new", new, NOTES)


@pytest.mark.parametrize("write", ["put", "append"])
def test_no_write_where_the_object_is_gone(store: BlobStore, write: str) -> None:
    version = store.put(KEY, b"old", replaces=None)
    store.delete(KEY)
    with pytest.raises(StoreConflict):
        getattr(store, write)(KEY, b"mine", replaces=version)
    with pytest.raises(StoreConflict):
        getattr(store, write)("never/there", b"mine", replaces=version)
    assert store.get(KEY) is None
    assert list(store.keys("")) == []


def test_notes_belong_to_the_version_that_they_were_written_with(store: BlobStore) -> None:
    first = store.put(KEY, b"a", replaces=None, notes=NOTES)
    second = store.append(KEY, b"b", replaces=first, notes={"rows": "4"})
    blob = store.tail(KEY, 1)
    assert blob and (blob.data, dict(blob.notes)) == (b"b", {"rows": "4"})
    third = store.append(KEY, b"c", replaces=second)
    blob = store.get(KEY)
    assert blob and (blob.data, dict(blob.notes)) == (b"abc", {})
    store.put(KEY, b"d", replaces=third, notes=NOTES)
    blob = store.get(KEY)
    assert blob and (blob.data, dict(blob.notes)) == (b"d", NOTES)


def test_a_deleted_object_comes_back_as_a_new_one(store: BlobStore) -> None:
    store.put(KEY, b"abc", replaces=None, notes=NOTES)
    store.delete(KEY)
    assert store.get(KEY) is None
    store.put(KEY, b"xyz", replaces=None)
    blob = store.get(KEY)
    assert blob and (blob.data, dict(blob.notes)) == (b"xyz", {})


def test_it_is_told_when_an_object_was_written(store: BlobStore) -> None:
    before = datetime.now(UTC)
    version = store.put(KEY, b"abc", replaces=None)
    store.append(KEY, b"d", replaces=version)
    for blob in (store.get(KEY), store.tail(KEY, 1), store.tail(KEY, 0)):
        assert blob and before - timedelta(seconds=2) <= blob.written <= datetime.now(UTC) + timedelta(seconds=2)


def test_forgetting_and_sweeping_leave_what_is_there(store: BlobStore) -> None:
    version = store.put(KEY, b"abc", replaces=None, notes=NOTES)
    store.put(KEY, b"abcd", replaces=version, notes=NOTES)
    store.put("data/x", b"x", replaces=None)
    store.delete("data/x")
    for key in (KEY, "data/x", "data/never"):
        store.forget(key)
    assert store.sweep(before=datetime.now(UTC) + timedelta(days=1)) == 0
    assert list(store.keys("")) == [KEY]
    blob = store.get(KEY)
    assert blob and (blob.data, dict(blob.notes)) == (b"abcd", NOTES)


def test_large_objects_grow(store: BlobStore) -> None:
    first = store.put(KEY, BIG, replaces=None, notes=NOTES)
    second = store.append(KEY, b"one", replaces=first, notes=NOTES)
    third = store.append(KEY, b"two", replaces=second, notes={"rows": "5"})
    for stale in (None, first, second):
        with pytest.raises(StoreConflict):
            store.append(KEY, b"stale", replaces=stale)
    blob = store.get(KEY)
    assert blob and (blob.data, blob.version, dict(blob.notes)) == (BIG + b"onetwo", third, {"rows": "5"})
    end = store.tail(KEY, 8)
    assert end and (end.data, end.version, end.size) == (b"efonetwo", third, len(BIG) + 6)


def test_keys_are_sorted_and_begin_with_the_prefix(store: BlobStore) -> None:
    photographs = ["uploads/a.jpg", "uploads/a.json", "uploads/b.jpg", "uploads/d/e/ñ x+y.jpg"]
    names = ["data/registros.csv", *photographs, "uploadsx/c"]
    for name in reversed(names):
        version = store.put(name, b"x", replaces=None, notes=NOTES)
        store.append(name, b"y", replaces=version)
    assert list(store.keys("")) == names
    assert list(store.keys("uploads/")) == photographs
    assert list(store.keys("uploads/a.")) == ["uploads/a.jpg", "uploads/a.json"]
    assert list(store.keys("uploads")) == names[1:]
    assert list(store.keys("nothing/")) == []


def test_more_keys_than_one_answer_lists(store: BlobStore) -> None:
    names = [f"uploads/{number:04}.jpg" for number in range(120)]
    for name in names:
        store.put(name, b"", replaces=None)
    assert list(store.keys("uploads/")) == names


ODD_KEYS = ["a/.", "a/b/..", ".hidden", "data/.x", "a/" + "x" * 256, "ñ" * 128, "a/" * 511 + "b"]
NO_KEYS = ["", "/", "/etc/passwd", ".", "..", "../x", "a/../../x", "a/./b", "a//b", "a/", "a\0b", "a\nb", "a\ud800"]


def test_what_cannot_be_kept_is_refused(store: BlobStore) -> None:
    for key in (*NO_KEYS, *ODD_KEYS, "ñ" * 513):
        try:
            store.put(key, b"x", replaces=None)
        except InvalidInput:
            for call in (
                lambda key=key: store.get(key),
                lambda key=key: store.tail(key, 1),
                lambda key=key: store.append(key, b"x", replaces=None),
                lambda key=key: store.append(key, b"x", replaces="1"),
                lambda key=key: store.delete(key),
            ):
                with pytest.raises(InvalidInput):
                    call()
            assert list(store.keys("")) == []
        else:
            assert key not in NO_KEYS
            kept_alone(store, key)


def test_keys_hold_what_names_of_photographs_hold(store: BlobStore) -> None:
    for key in ("a", "uploads/ñandú 1+2 & %20 ¿'\".jpg", "x" * 240, "ñ" * 120, "entrada/a/b/c/d.JPG", "a.."):
        store.put(key, b"x", replaces=None)
        kept_alone(store, key)


def kept_alone(store: BlobStore, key: str) -> None:
    """The key is there, as it is and alone; then it is gone."""
    blob = store.get(key)
    assert blob and blob.data == b"x"
    assert list(store.keys("")) == [key]
    store.delete(key)
    assert list(store.keys("")) == []
