"""The tables of what is shared, of the documents of users, and of how much services and keys are used."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, LargeBinary, String, Table

from .tables import _entity, _list, _map, _text, metadata

sharing = Table(  # of an upload or a stored data with another datastore
    "sharing",
    metadata,
    Column("entity", String(36), primary_key=True),  # of either table: no foreign key, it goes with its entity
    Column("datastore", ForeignKey("datastore.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("created", String(27), nullable=False),
)

document = _entity(
    "document",
    Column("user", ForeignKey("user.id", ondelete="CASCADE"), nullable=False, index=True),
    _text("name"),
    _text("description"),
    _text("mime_type"),
    Column("size", BigInteger, nullable=False),
    _list("labels"),
    _map("extra"),
    Column("public", Boolean, nullable=False, default=False),
    Column("content", LargeBinary, nullable=False),  # small: no file, so that nothing has to agree with one
)

document_sharing = Table(
    "document_sharing",
    metadata,
    Column("document", ForeignKey("document.id", ondelete="CASCADE"), primary_key=True),
    Column("user", ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("created", String(27), nullable=False),
)

usage = Table(
    "usage",
    metadata,
    Column("begin", String(27), primary_key=True),  # of the time that is counted together
    Column("offering", ForeignKey("offering.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("key", String(36), primary_key=True),  # "" for requests without one; it may be gone: no foreign key
    Column("hits", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
)

ALL = (sharing, document, document_sharing, usage)
