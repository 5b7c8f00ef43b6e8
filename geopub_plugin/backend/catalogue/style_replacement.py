"""A new revision of a style, and the services that follow it: above statics and offerings, which do not meet."""

from __future__ import annotations

import hashlib
from typing import BinaryIO

from .content_revisions import remember
from .offerings import follow_style, style_files
from .quotas import ANNEXES, require_room
from .statics import Static, read_style, statics, style_infos, write_style
from .store import Store


def replace_static(store: Store, static: Static, body: BinaryIO) -> Static:
    """Put a new revision of a style behind its id; services that draw with it follow."""
    content, suffix = read_style(body)
    with store.alone(static.id):
        with store.reading() as connection:
            static = statics.get(connection, static.id)  # another request may have been here before
            require_room(connection, static.datastore, ANNEXES, len(content) - static.size)
        former = static.place(store).read_bytes()
        number = static.revision + 1
        write_style(store, static.id, number, suffix, content)
        with store.writing() as connection:
            file = {"suffix": suffix, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            infos = style_infos(content)
            changed = statics.change(connection, static.id, revision=number, type_infos=infos, **file)
            remember(connection, static.id, static.suffix, former, store.kept_revisions, static.revision)
            remember(connection, static.id, suffix, content, store.kept_revisions, number)
            follow_style(store, connection, changed)
            kept = {changed.place(store), *style_files(store, connection)}
        for old in set(store.folder.static(static.id).iterdir()) - kept:
            store.folder.remove(old)
    return changed
