"""The checks of a store, run here before anything is sent: the same catalogue, the same findings."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Sequence, Tuple

from ..backend.faults import Fault
from ..backend.ingest import check_job


class _Quiet:
    """A progress that nobody listens to."""

    def step(self, name: str, total: int, unit: str) -> None:
        """Ignore the step."""

    def advance(self, amount: int) -> None:
        """Ignore the amount."""

    def log(self, line: str) -> None:
        """Ignore the line."""


def check_files(files: Sequence[Path], srs: str = "", tables: Sequence[str] = ()) -> Tuple[Fault, ...]:
    """Return everything that a store would find in files, the heaviest first.

    Args:
        files: as they would be delivered: one, or all that belong together.
        srs: the reference system that would be declared, "" for none.
        tables: those that would be published; none means all.

    Raises:
        InvalidInput: the declared reference system is unknown.
        StorageFull: there is no room to unpack an archive.
    """
    with tempfile.TemporaryDirectory(prefix="geopub-check-") as work:
        told = {"files": [str(file) for file in files], "srs": srs, "tables": list(tables)}
        found = check_job.run(told, Path(work), _Quiet())
    return tuple(Fault.from_json(wire) for wire in found["faults"])
