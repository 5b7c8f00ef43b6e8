"""`geopub check`: everything that a publication would find in a file, without any server."""

from __future__ import annotations

from pathlib import Path
from typing import Tuple

import click

from ..backend.faults import blocking
from ..backend.translation import tr
from .display import show_faults
from .options import FILE, json_option, out, print_json
from .outcome import ExitCode


@click.command(help=tr("Say everything that a publication would find in a file; end with 1 for errors."))
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--table", "tables", multiple=True, help=tr("Only this table (may be repeated)."))
@click.option("--srs", default="", help=tr("The coordinate reference system, as EPSG:2154, if the file does not say."))
@json_option
def check(files: Tuple[Path, ...], tables: Tuple[str, ...], srs: str, as_json: bool) -> None:
    """Check files as a store does."""
    from ..publish.local_check import check_files  # here: GDAL takes longer to load than other commands to run

    faults = check_files(files, srs, tables)
    errors = blocking(faults)
    if as_json:
        print_json({"ok": not errors, "faults": [fault.as_json() for fault in faults]})
    else:
        show_faults(out(), faults)
        said = tr("Errors: {count}.", count=len(errors)) if errors else tr("Nothing forbids the publication.")
        out().print(said, style="bold red" if errors else "bold green", markup=False)
    raise SystemExit(int(ExitCode.REFUSED if errors else ExitCode.OK))
