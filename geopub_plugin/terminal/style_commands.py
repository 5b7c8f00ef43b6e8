"""`geopub styles`: the styles of a service listed, added, edited, renamed, chosen, taken away, saved."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, List, Sequence, Tuple

import click
from rich.table import Table

from ..backend.errors import InvalidInput, NotFound
from ..backend.translation import tr
from ..publish.client import Store
from ..publish.client.configurations import TMS, WFS, WMS, Configuration
from .display import show_faults
from .options import FILE, opened, out, print_json, store_options

if TYPE_CHECKING:
    from ..publish.style_input import Examined, StyleSource

_TYPES = {"wms": WMS, "wfs": WFS, "tms": TMS}

_files = click.argument("files", nargs=-1, required=True, type=FILE)
_service = click.option(
    "--service", type=click.Choice(list(_TYPES)), default="wms", help=tr("Whose styles: of maps, features or tiles.")
)
_fetch = click.option(
    "--fetch", is_flag=True, help=tr("Fetch graphics that lie elsewhere once, and keep them with the style.")
)


@click.group(help=tr("List, add, edit and choose the styles of a published layer."))
def styles() -> None:
    """Hold the commands together."""


@styles.command("list", help=tr("List the styles of LAYER."))
@click.argument("layer")
@_service
@store_options
def list_styles(layer: str, service: str, as_json: bool, **where: Any) -> None:
    """List the styles of a service."""
    store = opened(**where)
    _show(store, _configuration(store, layer, service), as_json)


@styles.command(help=tr("Add FILES, each named after its table, to LAYER as one style."))
@click.argument("layer")
@_files
@click.option("--name", required=True, help=tr("What people call the style."))
@click.option("--current", is_flag=True, help=tr("Draw with it from now on."))
@_service
@_fetch
@store_options
def add(
    layer: str,
    files: Tuple[Path, ...],
    name: str,
    current: bool,
    service: str,
    fetch: bool,
    as_json: bool,
    **where: Any,
) -> None:
    """Add a style, once it was examined."""
    from ..publish.style_input import add_style  # here: other commands need no styles

    store = opened(**where)
    configuration = _configuration(store, layer, service)
    add_style(store, configuration.id, name, _examined(store, configuration, files, fetch, as_json), current)
    _show(store, configuration, as_json)


@styles.command(help=tr("Put FILES in the place of those of STYLE; addresses and name stay."))
@click.argument("layer")
@click.argument("style")
@_files
@_service
@_fetch
@store_options
def edit(
    layer: str, style: str, files: Tuple[Path, ...], service: str, fetch: bool, as_json: bool, **where: Any
) -> None:
    """Put other files behind a style, once they were examined."""
    from ..publish.style_input import replace_style

    store = opened(**where)
    configuration = _configuration(store, layer, service)
    replace_style(store, configuration.id, style, _examined(store, configuration, files, fetch, as_json))
    _show(store, configuration, as_json)


@styles.command(help=tr("Call STYLE by another NAME; what requests call it stays."))
@click.argument("layer")
@click.argument("style")
@click.argument("name")
@_service
@store_options
def rename(layer: str, style: str, name: str, service: str, as_json: bool, **where: Any) -> None:
    """Give a style another name for people."""
    store = opened(**where)
    configuration = _configuration(store, layer, service)
    store.styles.rename(configuration.id, style, name)
    _show(store, configuration, as_json)


@styles.command(help=tr("Draw LAYER with STYLE where none is named."))
@click.argument("layer")
@click.argument("style")
@_service
@store_options
def choose(layer: str, style: str, service: str, as_json: bool, **where: Any) -> None:
    """Make a style the current one."""
    store = opened(**where)
    configuration = _configuration(store, layer, service)
    store.styles.make_current(configuration.id, style)
    _show(store, configuration, as_json)


@styles.command(help=tr("Take STYLE away from LAYER."))
@click.argument("layer")
@click.argument("style")
@_service
@store_options
def remove(layer: str, style: str, service: str, as_json: bool, **where: Any) -> None:
    """Take a style away."""
    store = opened(**where)
    configuration = _configuration(store, layer, service)
    store.styles.remove(configuration.id, style)
    _show(store, configuration, as_json)


@styles.command(help=tr("Write the files of STYLE into FOLDER."))
@click.argument("layer")
@click.argument("style")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@_service
@store_options
def save(layer: str, style: str, folder: Path, service: str, as_json: bool, **where: Any) -> None:
    """Write the files of a style, and print where they are."""
    store = opened(**where)
    for file in store.styles.read(_configuration(store, layer, service).id, style):
        place = folder / Path(file.filename).name
        place.write_bytes(file.content)
        out().print(str(place), markup=False, soft_wrap=True)


def _show(store: Store, configuration: Configuration, as_json: bool) -> None:
    """Print the styles of a service."""
    found = store.styles.list(configuration.id)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    table = Table(tr("Style"), tr("Name in requests"), tr("Tables"), "", box=None, padding=(0, 2, 0, 0))
    for one in found:
        tables = ", ".join(part.table for part in one.parts if part.table)
        table.add_row(one.name, one.technical_name, tables, tr("current") if one.current else "")
    out().print(table if found else tr("The service has no style of its own."))


def _examined(
    store: Store, configuration: Configuration, files: Sequence[Path], fetch: bool, as_json: bool
) -> Examined:
    """Return what was found in files, and print it; raise for what cannot be used."""
    from ..publish.style_graphics import fetching
    from ..publish.style_input import examine

    sources = [_source(file, alone=len(files) == 1, tables=_tables(configuration)) for file in files]
    examined = examine(store, configuration.id, sources, fetching(store.connection.transport) if fetch else None)
    if not as_json:
        show_faults(out(), examined.faults)
    if not examined.accepted:
        why = "" if not as_json else " ".join(fault.sentence for fault in examined.faults)
        raise InvalidInput(tr("The style cannot be used."), why, faults=examined.faults)
    return examined


def _source(file: Path, alone: bool, tables: Sequence[str]) -> StyleSource:
    """Return a file with its table: that of its name, or all of them for a file alone."""
    from ..publish.style_input import StyleSource

    table = "" if file.suffix.lower() == ".json" or (alone and file.stem not in tables) else file.stem
    return StyleSource.read(table, file)


def _tables(configuration: Configuration) -> List[str]:
    relations = [one for used in configuration.type_infos["used_data"] for one in used.get("relations") or ()]
    return [str(one.get("public_name") or one.get("name")) for one in relations]


def _configuration(store: Store, layer: str, service: str) -> Configuration:
    found = store.configurations.list(layer_name=layer, type=_TYPES[service])
    if not found:
        raise NotFound(
            tr("There is no {service} service “{name}”.", service=service.upper(), name=layer),
            cure=tr("`geopub status` lists what is published; --service chooses between wms, wfs and tms."),
        )
    return store.configurations.get(found[0].id)
