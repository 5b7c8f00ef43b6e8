"""Annexes: public files beside the services, such as styles for clients that draw by themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Sequence, Union

from ..transport import FileSlice
from .connection import Connection, segment
from .entity import text

Content = Union[bytes, FileSlice]


class Annexes:
    """The annexes of one datastore."""

    def __init__(self, connection: Connection, datastore: str) -> None:
        self._connection = connection
        self._root = f"datastores/{segment(datastore)}/annexes"

    def keep(self, path: str, content: Union[bytes, Path], labels: Sequence[str] = ()) -> str:
        """Publish a file at a path, or replace what is there; return its id."""
        filename = path.rpartition("/")[2]
        body: Content = content if isinstance(content, bytes) else FileSlice(content, 0, content.stat().st_size)
        for known in self._connection.pages(self._root, {"path": path}):
            if path in (known.get("paths") or ()):
                identifier = text(known, "_id")
                self._connection.put_file(f"{self._root}/{segment(identifier)}", filename, body)
                return identifier
        fields = {"paths": path, "published": "true", "labels": list(labels)}
        return text(self._connection.post_file(self._root, filename, body, fields), "_id")

    def replace(self, identifier: str, filename: str, content: bytes) -> None:
        """Put another file in the place of one; its address stays."""
        self._connection.put_file(f"{self._root}/{segment(identifier)}", filename, content)

    def withdraw(self, path: str, ends: Sequence[str]) -> None:
        """Delete the files that stand at a path with one of these ends, and those below it if one is a slash."""
        for known in list(self._connection.pages(self._root, {"path": f"{path}%"})):
            paths = [one for one in known.get("paths") or () if str(one).startswith(path)]
            if any(one == path + end or (end == "/" and one.startswith(path + end)) for one in paths for end in ends):
                self.delete(text(known, "_id"))

    def delete(self, identifier: str) -> None:
        """Delete a file."""
        self._connection.ask("DELETE", f"{self._root}/{segment(identifier)}")
