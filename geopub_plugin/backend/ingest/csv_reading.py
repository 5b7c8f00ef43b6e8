"""Tables of text (RFC 4180 and what spreadsheets make of it), read row by row: which encoding, which separator."""

from __future__ import annotations

import csv
import io
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, List, Optional, Sequence, Tuple

SEPARATORS = (",", ";", "\t", "|")
LONGEST_CELL = 64_000_000  # characters: a polygon of a million points as WKT
_SAMPLE = 64_000  # characters looked at to find the separator
_BLOCK = 1 << 20


@dataclass(frozen=True)
class TextTable:
    """How a file is to be read, and what its first line says."""

    path: Path
    encoding: str
    separator: str
    skipped: int  # lines before the header: "sep=;", which Excel writes
    header: Tuple[str, ...]

    def rows(self) -> Iterator[Tuple[int, List[str]]]:
        """Yield the number in the file and the cells of each row that is not empty; raise csv.Error for damage."""
        with _opened(self.path, self.encoding) as file:
            for _ in range(self.skipped):
                file.readline()
            reader = csv.reader(file, delimiter=self.separator)
            next(reader, None)
            for row in reader:
                if row:
                    yield self.skipped + reader.line_num, row


def text_table(path: Path) -> Optional[TextTable]:
    """Find out how to read a file; None when it holds no line."""
    encoding = _encoding(path)
    with _opened(path, encoding) as file:
        sample = file.read(_SAMPLE)
    if not sample.strip():
        return None
    skipped, said = 0, ""
    first, _, rest = sample.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        skipped, said, sample = 1, first.strip()[4], rest
    separator = said or _separator(sample, len(sample) >= _SAMPLE)
    header = next(csv.reader(io.StringIO(sample), delimiter=separator), [])
    return TextTable(path, encoding, separator, skipped, tuple(cell.strip() for cell in header))


def _separator(sample: str, cut: bool) -> str:
    """Return the separator under which the rows have most columns, and as many as the header."""
    lines = sample.splitlines(keepends=True)
    text = "".join(lines[:-1] if cut and len(lines) > 1 else lines)

    def fitness(separator: str) -> Tuple[float, int]:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=separator) if row][:50]
        width = len(rows[0]) if rows else 0
        alike = sum(len(row) == width for row in rows) / max(len(rows), 1)
        return (alike if width > 1 else 0.0), width

    return max(SEPARATORS, key=fitness)


def _encoding(path: Path) -> str:
    """Return the encoding of a file: by its mark, else UTF-8 when all of it is, else Windows-1252."""
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        with _opened(path, "utf-8-sig") as text:
            while text.read(_BLOCK):
                pass
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


@contextmanager
def _opened(path: Path, encoding: str) -> Iterator[io.TextIOWrapper]:
    former = csv.field_size_limit(LONGEST_CELL)
    errors = "replace" if encoding == "cp1252" else "strict"  # five bytes of Windows-1252 mean nothing
    try:
        with path.open(encoding=encoding, errors=errors, newline="") as file:
            yield file
    finally:
        csv.field_size_limit(former)


def own_names(header: Sequence[str]) -> Tuple[Tuple[str, ...], Tuple[str, ...]]:
    """Return a name for each column that no other has, and those that had to be made."""
    names: List[str] = []
    made: List[str] = []
    for place, given in enumerate(header, 1):
        name = given or f"column_{place}"
        number = 1
        while name.lower() in {taken.lower() for taken in names}:
            number += 1
            name = f"{given or 'column'}_{number}"
        if name != given:
            made.append(name)
        names.append(name)
    return tuple(names), tuple(made)
