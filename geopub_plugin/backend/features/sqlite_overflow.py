"""Rows too large for their page of a SQLite file: how much of one lies there, and where the rest is.

Source: "Database File Format" (sqlite.org/fileformat2.html) §1.6, "Cell Payload Overflow Pages": a chain of pages, each
with the number of the next one (0 at the end) and as many bytes of the row as have room.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, List

import numpy as np

from .sqlite_records import NUMBER, require


@dataclass(frozen=True)
class OverflowPages:
    """The pages of a file that hold what has no room in leaves."""

    file: BinaryIO
    size: int  # bytes of a page
    usable: int  # of them

    @property
    def largest(self) -> int:
        """The size of the largest row that lies in its leaf: bytes."""
        return self.usable - 35

    def in_leaf(self, payload: np.ndarray) -> np.ndarray:
        """Return how many bytes of rows larger than that lie in their leaf: int64 (n,), of their sizes int64 (n,)."""
        least = (self.usable - 12) * 32 // 255 - 23
        most = least + (payload - least) % (self.usable - NUMBER)  # so that the last page of the chain is full
        return np.where(most <= self.largest, most, least)

    def chain(self, page: int, size: int) -> bytes:
        """Return so many bytes that begin in a page and go on in others; raise NotPlain where they are not there.

        The pages mostly follow one another, so all are read at once; where they do not, from there on one, two, four.
        """
        parts: List[bytes] = []
        left = ahead = -(-size // (self.usable - NUMBER))  # pages
        while left:
            require(page > 1)
            self.file.seek((page - 1) * self.size)
            data = self.file.read(min(left, ahead) * self.size)
            require(len(data) >= self.size)
            ahead *= 2
            for at in range(0, len(data) - self.size + 1, self.size):
                parts.append(data[at + NUMBER : at + self.usable])
                left -= 1
                page, follows = int.from_bytes(data[at : at + NUMBER], "big"), page + 1
                if page != follows:
                    ahead = 1
                    break
        require(page == 0)
        return b"".join(parts)[:size]
