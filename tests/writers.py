"""Processes that add records to one register at the same time: `writers.py STORE PROCESSES RECORDS NAME`.

Each record's number and photograph is printed once it is acknowledged.
"""

import os
import sys
from pathlib import Path

from coronet.ledger import Ledger
from coronet.model import Entry
from coronet.ports import BlobStore
from coronet.storage.local import LocalStore

NOTE = "una nota larga, con comas y «ñ» " * 6


def open_store(address: str) -> BlobStore:
    """The store at `local:FOLDER` or `s3:BUCKET`."""
    kind, _, place = address.partition(":")
    if kind == "local":
        return LocalStore(Path(place))
    from coronet.storage.s3 import S3Store  # boto3 takes a while, and writers are started often

    return S3Store(place)


def add(store: BlobStore, records: int, name: str) -> None:
    """Keep `records` photographs and their rows, one after the other."""
    ledger = Ledger(store)
    for number in range(records):
        image = f"{name}-{number}.jpg"
        store.put(f"uploads/{image}", image.encode() * 1000, replaces=None)
        entry = Entry(registered_at="2026-11-23 09:30:15", plate="1234BCD", note=NOTE, image=image)
        [record] = ledger.append([entry])
        os.write(1, f"{record.id} {image}\n".encode())


def main() -> None:
    """Fork the processes and wait for them."""
    address, processes, records, name = sys.argv[1:]
    store = open_store(address)
    children = []
    for number in range(int(processes)):
        child = os.fork()
        if child == 0:
            add(store, int(records), f"{name}-{number}")
            os._exit(0)
        children.append(child)
    sys.exit(any(os.waitpid(child, 0)[1] for child in children))


if __name__ == "__main__":
    main()
