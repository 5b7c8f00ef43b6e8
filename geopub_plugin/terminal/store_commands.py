"""`geopub revisions` and `geopub resume`: what is kept in a store, and what was left unfinished there."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, Dict, Optional

import click
from rich.table import Table

from ..backend.amounts import number_text, size_text
from ..backend.translation import tr
from ..publish.client.revisions import KINDS
from ..publish.integration_progress import STEPS
from ..publish.resumption import interrupted, resume_integration, stop_text
from .options import FILE, opened, out, print_json, store_options

_what = click.option(
    "--what", type=click.Choice(list(KINDS)), default="data", help=tr("Of data, a style, or metadata.")
)


@click.group(help=tr("List, compare and bring back revisions of data, styles and metadata."))
def revisions() -> None:
    """Hold the commands together."""


@revisions.command("list", help=tr("List the revisions of NAME that are kept."))
@click.argument("name")
@_what
@store_options
def list_revisions(name: str, what: str, as_json: bool, **where: Any) -> None:
    """List the revisions of something."""
    store = opened(**where)
    found = store.revisions.list(what, store.revisions.find(what, name))
    if as_json:
        print_json([asdict(one) for one in found])
        return
    table = Table(tr("Revision"), tr("Made"), tr("Size"), "")
    for one in found:
        marks = [tr("current")] * one.current + [tr("published")] * one.published
        made = one.created[:19].replace("T", " ")
        table.add_row(str(one.number), made, size_text(one.size), ", ".join(marks))
    out().print(table)


@revisions.command(help=tr("Say what differs between two revisions of NAME."))
@click.argument("name")
@click.argument("before", type=click.IntRange(1))
@click.argument("after", type=click.IntRange(1))
@_what
@store_options
def compare(name: str, before: int, after: int, what: str, as_json: bool, **where: Any) -> None:
    """Compare two revisions of something."""
    store = opened(**where)
    found = store.revisions.compare(what, store.revisions.find(what, name), before, after)
    if as_json:
        print_json(found)
    elif what == "data":
        out().print(_difference(found))
    else:
        out().print("\n".join(found["difference"]) or tr("They are the same."), markup=False, soft_wrap=True)


@revisions.command(help=tr("Bring revision NUMBER of NAME back; services follow."))
@click.argument("name")
@click.argument("number", type=click.IntRange(1))
@_what
@store_options
def rollback(name: str, number: int, what: str, as_json: bool, **where: Any) -> None:
    """Bring a revision of something back."""
    store = opened(**where)
    identifier = store.revisions.find(what, name)
    store.revisions.roll_back(what, identifier, number)
    current = next(one.number for one in store.revisions.list(what, identifier) if one.current)
    if as_json:
        print_json({"name": name, "what": what, "current": current})
    else:
        out().print(tr("“{name}” is at revision {number} now.", name=name, number=current), markup=False)


@click.command(help=tr("Go on with integrations that were interrupted, or say which there are."))
@click.option("--upload", help=tr("Only this one, by its name or identifier."))
@click.option("--file", type=FILE, help=tr("The file that was being sent, where it did not arrive whole."))
@click.option("--list", "only_list", is_flag=True, help=tr("Only say what was interrupted, and where."))
@store_options
def resume(upload: Optional[str], file: Optional[Path], only_list: bool, as_json: bool, **where: Any) -> None:
    """Go on with what was left unfinished."""
    store = opened(**where)
    left = [one for one in interrupted(store) if not upload or upload in (one.upload.id, one.upload.name)]
    results: Dict[str, Dict[str, str]] = {}
    for one in left:
        results[one.upload.id] = {"name": one.upload.name, "step": STEPS[one.step], "stored_data": ""}
        if not only_list and (not one.needs_file or file is not None):
            data = resume_integration(store, one.upload.id, file if one.needs_file else None)
            results[one.upload.id].update(step="", stored_data=data.id)
    if as_json:
        print_json([{"upload": identifier, **told} for identifier, told in results.items()])
        return
    if not results:
        out().print(tr("Nothing was interrupted."))
    for one in left:
        done = results[one.upload.id]["stored_data"]
        state = tr("integrated") if done else tr("interrupted {step}", step=stop_text(one))
        out().print(tr("{name}: {told}", name=one.upload.name, told=state), markup=False)


def _difference(found: Dict[str, Any]) -> Table:
    """Return a table of what differs between two revisions of data."""
    table = Table(tr("Table"), tr("Added rows"), tr("Changed rows"), tr("Removed rows"), tr("Columns"))
    for one in found["tables"]:
        rows, columns = one["rows"], one["columns"]
        told = [f"+ {name}" for name in columns["added"]] + [f"- {name}" for name in columns["removed"]]
        counts = (number_text(rows[how]["count"]) for how in ("added", "changed", "removed"))
        table.add_row(one["name"], *counts, ", ".join([*told, *columns["changed"]]))
    return table
