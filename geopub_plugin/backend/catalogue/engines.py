"""What differs between the databases that can hold a catalogue: SQLite in the data folder, PostgreSQL on a server.

Both give the same: a reader sees one commit as long as it lasts, writers take turns, texts and JSON are kept as given.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any, Iterable, Mapping, Optional

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url

from ..errors import InvalidInput
from ..translation import tr

WRITES = "geopub_writes"  # option of the connections that write

# Advisory locks of PostgreSQL: the first number says what is locked. They end with the transaction or the connection.
LOCK_CLASS = 0x67656F  # "geo"
WRITER_LOCK = 1
LEADER_LOCK = 2

_LOCK_SECONDS = 60  # that a writer waits for its turn
_LEAD_SECONDS = 5
_LOCK_NOT_AVAILABLE = "55P03"  # SQLSTATE


def open_engine(url: str) -> Engine:
    """Return the engine of a catalogue at an SQLAlchemy URL of SQLite or PostgreSQL."""
    if is_postgresql(url):
        engine = create_engine(
            _with_driver(url),
            json_serializer=_as_json,
            pool_pre_ping=True,
            pool_size=8,
            max_overflow=56,
            connect_args={"application_name": "geopub", "connect_timeout": 10},
        )
        event.listen(engine, "connect", _prepare_postgresql)
        event.listen(engine, "begin", _begin_postgresql)
    else:
        engine = create_engine(url, json_serializer=_as_json)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "before_cursor_execute", _refuse_what_cannot_be_kept)
    return engine


def is_postgresql(url: str) -> bool:
    """Say whether a catalogue's URL is one of PostgreSQL."""
    return url.partition(":")[0] in ("postgresql", "postgresql+psycopg2", "postgres")


def _with_driver(url: str) -> URL:
    """Return a URL with the driver that every QGIS carries; `postgres://` is how many hosts write it."""
    return make_url(url.replace("postgres:", "postgresql:", 1)).set(drivername="postgresql+psycopg2")


# SQLite --------------------------------------------------------------------------------------------------------------


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin in `_begin_sqlite`, not where sqlite3 guesses
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "busy_timeout = 10000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _writes(connection) else "BEGIN")


# PostgreSQL ----------------------------------------------------------------------------------------------------------


def _prepare_postgresql(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{_LOCK_SECONDS}s'")
    connection.commit()


def _begin_postgresql(connection: Connection) -> None:
    """Begin as SQLite does: a reader keeps one view; a writer waits for its turn and then sees the last commit.

    The lock makes what a transaction has read still true when it writes (quotas, states, numbers of revisions), also
    between several backends, without any transaction that fails and has to be repeated.
    """
    if _writes(connection):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL READ COMMITTED READ WRITE")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK_CLASS}, {WRITER_LOCK})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def take_lead(engine: Engine) -> Optional[Connection]:
    """Return a connection that holds PostgreSQL's lock of who leads as long as it is open; None if it is taken.

    A backend that was killed holds it until the server notices, which takes a moment.
    """
    connection = engine.connect()
    driver: Any = connection.connection.driver_connection
    connection.detach()  # from the pool, which would hand it out again
    driver.rollback()
    driver.autocommit = True
    with driver.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{_LEAD_SECONDS}s'")
        try:
            cursor.execute(f"SELECT pg_advisory_lock({LOCK_CLASS}, {LEADER_LOCK})")
        except engine.dialect.dbapi.OperationalError as error:  # type: ignore[union-attr]
            connection.close()
            if getattr(error, "pgcode", None) == _LOCK_NOT_AVAILABLE:
                return None
            raise
    return connection


def _writes(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get(WRITES, False))


# What is kept --------------------------------------------------------------------------------------------------------


def _refuse_what_cannot_be_kept(
    _connection: Connection, _cursor: Any, _statement: str, parameters: Any, _context: Any, many: bool
) -> None:
    """Refuse what one of the databases has no way to keep, with both: a catalogue can move from one to the other."""
    for row in parameters if many else (parameters,):
        values: Iterable[Any] = row.values() if isinstance(row, Mapping) else row
        for value in values:
            if isinstance(value, str) and not value.isprintable():  # a quick look that most texts pass
                _check_text(value)
            elif isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
                raise InvalidInput(tr("The number {number} is too large to be kept.", number=f"{value:.3e}"))


def _check_text(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise _unkept() from None
    if "\0" in text:
        raise _unkept()


def _as_json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    if "\\u0000" in text and _holds_nul(value):
        raise _unkept()
    return text


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any(_holds_nul(one) for pair in value.items() for one in pair)
    return isinstance(value, (list, tuple)) and any(_holds_nul(one) for one in value)


def _unkept() -> InvalidInput:
    return InvalidInput(
        tr("A text cannot be kept."),
        tr("It holds the character NUL, or half of a character."),
        tr("Remove that character."),
    )
