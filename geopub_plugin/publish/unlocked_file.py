"""A file of SQLite's that is read without locks, so that whoever writes in it need not wait for the reader.

SQLite's lock of a reader, held for as long as a large table takes, keeps QGIS from beginning an edit session, or from
saving one: its window stands still for five seconds, and then the user reads "database is locked". So nothing is
locked; instead it is looked at before and afterwards whether the file is the same. Each commit and each change of the
journal's mode counts up a number in the file's header (https://www.sqlite.org/fileformat2.html, 1.3.7), which
`PRAGMA data_version` compares; what is written before a commit changes the file's time, and has a journal beside the
file, or a lock on it.

The header is not read by opening the file ourselves: on POSIX closing it would take away the locks that QGIS's own
SQLite holds on it in the same process (https://www.sqlite.org/howtocorrupt.html, 2.2). SQLite closes with care.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Optional, Tuple
from urllib.parse import quote

_NOTHING = "SELECT 1 FROM sqlite_master WHERE 0"  # locks and unlocks in one call
_State = Tuple[int, int, int]  # data_version, bytes, time of the last change in ns


def read_uri(file: Path, locks: bool = True) -> str:
    """Return the URI under which SQLite reads a file, with its locks or without."""
    return f"file:{quote(file.resolve().as_posix())}?mode=ro{'' if locks else '&nolock=1'}"


def log_of(file: Path) -> Path:
    """Return where the write-ahead log of a file is, if it has one."""
    return _beside(file, "-wal")


class UnlockedFile:
    """Watches a file of SQLite's that is read without locks; to be used in one thread."""

    def __init__(self, file: Path) -> None:
        """Open the file.

        Raises:
            sqlite3.OperationalError: it is in the mode of a write-ahead log, which cannot be read without locks.
        """
        self._file = file.resolve()
        self._connection = sqlite3.connect(read_uri(file, locks=False), uri=True, isolation_level=None)
        self._before: Optional[_State] = None
        try:
            self._connection.execute(_NOTHING)
        except sqlite3.Error:
            self.close()
            raise

    def begin(self, patience: float) -> None:
        """Note how the file is now, before anything is read.

        Raises:
            sqlite3.OperationalError: somebody is writing in it, and still is after `patience` seconds.
        """
        self._require_rest(patience)
        self._before = self._state()

    def end(self, patience: float) -> None:
        """Prove that what was read since `begin` is the file as it was at one moment.

        Raises:
            sqlite3.OperationalError: it is not certain: somebody has written in it, or is about to.
        """
        after = self._state()
        self._require_rest(patience)
        if after != self._before:
            raise sqlite3.OperationalError("the file was changed while it was read")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _state(self) -> _State:
        ((version,),) = self._connection.execute("PRAGMA data_version").fetchall()  # all: so that it is read anew
        found = self._file.stat()
        return version, found.st_size, found.st_mtime_ns

    def _require_rest(self, patience: float) -> None:
        with closing(sqlite3.connect(read_uri(self._file), uri=True, timeout=patience)) as connection:
            connection.execute(_NOTHING)
        journal = _beside(self._file, "-journal")
        if log_of(self._file).exists() or (journal.exists() and journal.stat().st_size):
            raise sqlite3.OperationalError("somebody is writing in the file")


def _beside(file: Path, suffix: str) -> Path:
    place = file.resolve()
    return place.with_name(place.name + suffix)
