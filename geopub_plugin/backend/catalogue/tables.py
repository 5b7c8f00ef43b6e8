"""The tables of the catalogue. A change here comes with a step in `migrations`."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeEngine

metadata = MetaData()

_json: TypeEngine = JSON(none_as_null=True)


def _entity(name: str, *columns: object) -> Table:
    """Return a table whose rows carry an id (UUID) and two moments (ISO 8601, UTC, microseconds: they sort as text)."""
    return Table(
        name,
        metadata,
        Column("id", String(36), primary_key=True),
        Column("created", String(27), nullable=False),
        Column("updated", String(27), nullable=False),
        *columns,
    )


def _of_datastore() -> Column:
    return Column("datastore", ForeignKey("datastore.id", ondelete="CASCADE"), nullable=False, index=True)


def _text(name: str, **options: object) -> Column:
    return Column(name, Text, nullable=False, default="", **options)


def _flag(name: str) -> Column:
    return Column(name, Boolean, nullable=False, default=False)


def _map(name: str) -> Column:
    return Column(name, _json, nullable=False, default=dict)


def _sha256() -> Column:
    return Column("sha256", String(64), nullable=False, default="")  # of the file, hexadecimal; "" when not known


def _list(name: str) -> Column:
    return Column(name, _json, nullable=False, default=list)


schema_version = Table("schema_version", metadata, Column("version", Integer, nullable=False))

# The data folder that a catalogue outside it belongs to; without a row, the catalogue is inside.
home = Table("home", metadata, Column("folder", String(36), primary_key=True))

# --- who, and where ---------------------------------------------------------------------------------------------

user = _entity("user", _text("email", unique=True), _text("first_name"), _text("last_name"))

community = _entity(
    "community",
    _text("name"),
    _text("technical_name", unique=True),
    _text("description"),
    _text("contact"),
    Column("public", Boolean, nullable=False, default=False),
    Column("supervisor", ForeignKey("user.id"), nullable=False),
)

membership = Table(
    "membership",
    metadata,
    Column("user", ForeignKey("user.id", ondelete="CASCADE"), primary_key=True),
    Column("community", ForeignKey("community.id", ondelete="CASCADE"), primary_key=True),
    _list("rights"),
)

datastore = _entity(
    "datastore",
    Column("community", ForeignKey("community.id", ondelete="CASCADE"), nullable=False, unique=True),
    _text("name"),
    _text("technical_name", unique=True),
    _text("description"),
    Column("active", Boolean, nullable=False, default=True),
    _text("layer_name_prefix"),
    _text("file_identifier_prefix"),
)

endpoint = _entity(
    "endpoint",
    _text("name", unique=True),
    _text("technical_name", unique=True),
    _text("type"),
    Column("open", Boolean, nullable=False, default=True),
    _list("urls"),  # [{"type", "path"}]; the host is the one that is asked
)

datastore_endpoint = Table(
    "datastore_endpoint",
    metadata,
    Column("datastore", ForeignKey("datastore.id", ondelete="CASCADE"), primary_key=True),
    Column("endpoint", ForeignKey("endpoint.id", ondelete="CASCADE"), primary_key=True),
    Column("quota", BigInteger, nullable=False),  # offerings
)

storage = _entity("storage", _text("name", unique=True), _text("type"), _list("labels"))

datastore_storage = Table(
    "datastore_storage",
    metadata,
    Column("datastore", ForeignKey("datastore.id", ondelete="CASCADE"), primary_key=True),
    Column("storage", ForeignKey("storage.id", ondelete="CASCADE"), primary_key=True),
    Column("purpose", String(16), nullable=False),  # "data", "uploads", "annexes"
    Column("quota", BigInteger, nullable=False),  # bytes
)

# --- what is delivered, and what becomes of it ----------------------------------------------------------------------

upload = _entity(
    "upload",
    _of_datastore(),
    _text("name"),
    _text("description"),
    _text("type"),
    _text("srs"),
    _text("status"),
    _flag("open"),  # shown to other datastores
    _map("type_infos"),
    Column("extent", _json),
    _map("tags"),
    _map("extra"),
)

upload_file = _entity(
    "upload_file",
    Column("upload", ForeignKey("upload.id", ondelete="CASCADE"), nullable=False),
    _text("path"),  # as the client names it; never a path of ours
    _text("kind"),  # "data", "md5"
    Column("total", BigInteger, nullable=False),  # bytes announced
    Column("received", BigInteger, nullable=False),  # bytes verified and on disk
    _sha256(),
    UniqueConstraint("upload", "path"),
)

stored_data = _entity(
    "stored_data",
    _of_datastore(),
    _text("name"),
    _text("description"),
    _text("type"),
    _text("srs"),
    _text("status"),
    _flag("open"),  # shown to other datastores
    _flag("public_activity"),
    Column("storage", ForeignKey("storage.id"), nullable=False),
    Column("revision", Integer, nullable=False, default=0),  # the current one; 0 before the first
    Column("size", BigInteger, nullable=False, default=0),
    Column("extent", _json),  # a GeoJSON Feature
    _map("type_infos"),
    _map("edition"),
    _map("tags"),
    _map("extra"),
)

data_revision = Table(
    "data_revision",
    metadata,
    Column("stored_data", ForeignKey("stored_data.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("created", String(27), nullable=False),
    Column("suffix", String(16), nullable=False),
    Column("size", BigInteger, nullable=False),
    _sha256(),
    _text("srs"),
    Column("bounds", _json, nullable=False),  # west, south, east, north
    _map("details"),  # relations or levels, names, faults
)

execution = _entity(
    "execution",
    _of_datastore(),
    _text("family"),  # "check", "processing"
    Column("program", String(36), nullable=False, index=True),  # id of the check or of the processing
    _text("status"),
    Column("launched", String(27)),
    Column("started", String(27)),
    Column("finished", String(27)),
    Column("upload", ForeignKey("upload.id", ondelete="CASCADE"), index=True),  # of a check
    Column("output", ForeignKey("stored_data.id", ondelete="CASCADE"), index=True),  # of a processing
    _map("parameters"),
    Column("callback", _json),
    Column("progress", _json),
    _list("faults"),
)

execution_input = Table(
    "execution_input",
    metadata,
    Column("execution", ForeignKey("execution.id", ondelete="CASCADE"), primary_key=True),
    Column("entity", String(36), primary_key=True),  # may be deleted after the execution: no foreign key
    Column("kind", String(16), nullable=False),  # "upload", "stored_data"
    _text("name"),
    _text("type"),
)

log_line = Table(
    "log_line",
    metadata,
    Column("execution", ForeignKey("execution.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    _text("line"),
)

outbox = _entity(  # messages that wait: written with the end of their execution, removed once they are delivered
    "outbox",
    Column("execution", String(36), nullable=False),  # no foreign key: what it tells may be deleted before
    Column("way", String(16), nullable=False),  # "mail", "webhook"; "" until it is known who is to be told
    _map("notice"),
    Column("tries", Integer, nullable=False, default=0),
    Column("due", String(27), nullable=False, index=True),  # not before this moment
)

# --- files beside the data ------------------------------------------------------------------------------------------

static = _entity(
    "static",
    _of_datastore(),
    _text("name"),
    _text("description"),
    _text("type"),
    Column("revision", Integer, nullable=False),
    Column("suffix", String(16), nullable=False),
    Column("size", BigInteger, nullable=False),
    _sha256(),
    _map("type_infos"),
    _map("extra"),
)

annexe = _entity(
    "annexe",
    _of_datastore(),
    _list("paths"),
    _text("mime_type"),
    Column("size", BigInteger, nullable=False),
    _sha256(),
    Column("published", Boolean, nullable=False, default=False),
    _list("labels"),
    _map("extra"),
)

record = _entity(  # the platform's "metadata"
    "record",
    _of_datastore(),
    _text("file_identifier", unique=True),
    _text("type"),
    _text("level"),
    Column("open_data", Boolean, nullable=False, default=False),
    _text("document"),  # XML, as received
    _list("endpoints"),  # ids of those it is published on
    _map("tags"),
    _map("extra"),
)

# --- what is published ----------------------------------------------------------------------------------------------

configuration = _entity(
    "configuration",
    _of_datastore(),
    _text("name"),
    _text("layer_name"),
    _text("type"),
    _text("status"),
    Column("attribution", _json),
    _list("metadata"),
    _map("type_infos"),
    _map("tags"),
    _map("extra"),
    UniqueConstraint("type", "layer_name"),
)

configuration_data = Table(
    "configuration_data",
    metadata,
    Column("configuration", ForeignKey("configuration.id", ondelete="CASCADE"), primary_key=True),
    Column("stored_data", ForeignKey("stored_data.id"), primary_key=True, index=True),
)

configuration_static = Table(
    "configuration_static",
    metadata,
    Column("configuration", ForeignKey("configuration.id", ondelete="CASCADE"), primary_key=True),
    Column("static", ForeignKey("static.id"), primary_key=True, index=True),
)

offering = _entity(
    "offering",
    _of_datastore(),
    Column("configuration", ForeignKey("configuration.id"), nullable=False, index=True),
    Column("endpoint", ForeignKey("endpoint.id"), nullable=False),
    Column("open", Boolean, nullable=False, default=True),
    Column("available", Boolean, nullable=False, default=True),
    _text("status"),
    _flag("public_activity"),
    _map("published"),  # what the services show: definition, and the revisions it is pinned to
    _map("extra"),
    UniqueConstraint("configuration", "endpoint"),
)

# --- what is said of entities, whatever their table: no foreign key ------------------------------------------------

comment = _entity(
    "comment",
    _of_datastore(),
    Column("entity", String(36), nullable=False, index=True),
    Column("author", ForeignKey("user.id", ondelete="SET NULL")),
    _text("text"),
)

content_revision = Table(  # of styles and of metadata records
    "content_revision",
    metadata,
    Column("entity", String(36), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("created", String(27), nullable=False),
    Column("suffix", String(16), nullable=False),
    Column("content", LargeBinary, nullable=False),
)

event = _entity(
    "event",
    Column("entity", String(36), nullable=False, index=True),
    _text("title"),
    _text("text"),
    Column("initiator", ForeignKey("user.id", ondelete="SET NULL")),
)

Index("execution_by_status", execution.c.status)
Index("log_by_execution", log_line.c.execution, log_line.c.number)
