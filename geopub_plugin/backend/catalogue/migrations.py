"""The versions of the catalogue's tables, and the steps from each to the next."""

from __future__ import annotations

from typing import Callable, Dict

from sqlalchemy import Connection, insert, inspect, select, update

from ..errors import DataFolderNewer
from ..translation import tr
from . import access_tables, personal_tables, tables

Step = Callable[[Connection], None]


def _first(connection: Connection) -> None:
    """Make every table."""
    tables.metadata.create_all(connection)


def _access(connection: Connection) -> None:
    """Add accounts, tokens, permissions, keys and limits."""
    tables.metadata.create_all(connection, tables=list(access_tables.ALL))


def _checksums(connection: Connection) -> None:
    """Add checksums of files, not known of those that are there; and the folder that a catalogue outside it is for."""
    for table in (tables.upload_file, tables.data_revision, tables.static, tables.annexe):
        connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN sha256 VARCHAR(64) NOT NULL DEFAULT ''")
    tables.home.create(connection)


def _journal(connection: Connection) -> None:
    """Add comments and events, and whether data are shown to other datastores."""
    for table, column in (
        ("upload", "open"),
        ("stored_data", "open"),
        ("stored_data", "public_activity"),
        ("offering", "public_activity"),
    ):
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {column} BOOLEAN NOT NULL DEFAULT FALSE")
    tables.metadata.create_all(connection, tables=[tables.comment, tables.event])


def _content_revisions(connection: Connection) -> None:
    """Add the revisions of styles and of metadata records; those that are there begin with their next change."""
    tables.content_revision.create(connection)


def _outbox(connection: Connection) -> None:
    """Add the messages that wait; of what has ended before, everybody was told."""
    tables.outbox.create(connection)


def _personal(connection: Connection) -> None:
    """Add sharings, documents of users, and the use of services."""
    tables.metadata.create_all(connection, tables=list(personal_tables.ALL))


# A step takes the tables from the version before to its own. `_first` always makes the newest tables: a later step
# alters only what an older version left behind, and a new catalogue is stamped with the newest version at once.
STEPS: Dict[int, Step] = {
    1: _first,
    2: _access,
    3: _checksums,
    4: _journal,
    5: _content_revisions,
    6: _outbox,
    7: _personal,
}

NEWEST = max(STEPS)


def version(connection: Connection) -> int:
    """Return the version of the tables: 0 for an empty database."""
    if not inspect(connection).has_table(tables.schema_version.name):
        return 0
    return connection.execute(select(tables.schema_version.c.version)).scalar_one()


def migrate(connection: Connection) -> int:
    """Bring the tables to the newest version, in the caller's transaction, and return the version they had.

    Raises:
        DataFolderNewer: the tables are of a version that this GeoPub does not know.
    """
    found = version(connection)
    if found > NEWEST:
        raise DataFolderNewer(
            tr("This data folder was written by a newer GeoPub."),
            tr(
                "Its catalogue has version {found}; this GeoPub knows versions up to {known}.",
                found=found,
                known=NEWEST,
            ),
            tr("Update GeoPub, or choose another data folder."),
        )
    if found == 0:
        _first(connection)
        connection.execute(insert(tables.schema_version).values(version=NEWEST))
        return found
    for number in range(found + 1, NEWEST + 1):
        STEPS[number](connection)
        connection.execute(update(tables.schema_version).values(version=number))
    return found
