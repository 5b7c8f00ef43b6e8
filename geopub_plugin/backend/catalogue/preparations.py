"""What checks have found out about uploads, kept for the next job on the same files: see `ingest.preparation`.

It is no part of what the catalogue stores: what is lost here is found out again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Sequence

from .store import Store
from .uploads import uploads

ROOM = "prepared"  # beside the rooms whose files rows name


def keep(store: Store, upload: str, work: Path, names: Sequence[str]) -> None:
    """Move what a check has left in its work folder beside the upload, in this order."""
    for name in names:
        made = work / name
        store.folder.publish(made, store.folder.prepared(upload) / made.name)


def forget(store: Store, upload: str) -> None:
    """Remove what is known of an upload's files: they may change, or are not needed any more."""
    store.folder.remove(store.folder.prepared(upload))


def sweep(store: Store) -> None:
    """Remove what is known of uploads that are gone."""
    room = store.folder.path / ROOM
    if not room.is_dir():
        return
    with store.reading() as connection:
        known = {upload.id for upload in uploads.find(connection)}
    for place in room.iterdir():
        if place.name not in known:
            store.folder.remove(place)
