"""A repeated save and a notice on every store."""

from datetime import UTC, datetime, timedelta

from coronet.ledger import Ledger
from coronet.model import Candidate, Corners, Reading, Sighting
from coronet.notices import Notices
from coronet.photo import open_photo
from coronet.ports import BlobStore
from coronet.register import Register
from drawing import photograph

CORNERS: Corners = ((0.4, 0.6), (0.6, 0.6), (0.6, 0.7), (0.4, 0.7))
READING = Reading("1234BCD", 0.7, "onnx", CORNERS, (0.9,) * 7, (Candidate("I234BCD", 0.2, CORNERS),))


def test_a_save_with_an_origin_is_one_record_and_one_notice(store: BlobStore) -> None:
    register = Register(
        store=store,
        ledger=Ledger(store),
        open_photo=open_photo,
        read=lambda _: Sighting(READING),
        now=lambda: datetime.now(UTC),
        visit=timedelta(minutes=5),
        announces=True,
    )
    photo, origin = photograph(), "0123456789abcdef"
    first = register.save(photo, owner="Ana", origin=origin)
    assert register.save(photo, owner="Ana", origin=origin) == first
    assert register.search().total == 1

    told: list[tuple[str, bytes]] = []
    notices = Notices(store=store, register=register, send=lambda id, body: told.append((id, body)))
    [key] = notices.waiting()
    assert notices.deliver(key)
    assert list(notices.waiting()) == []
    assert [id for id, _ in told] == ["registro-1"]
    assert b'"propietario":"Ana"' in told[0][1]

    register.delete(1)
    assert list(store.keys("uploads/")) == []
