"""`geopub styles`: the styles of a service listed, added, edited, renamed, chosen, taken away, saved."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, List, Sequence, Tuple

import click
from rich.console import Console
from rich.table import Table

from ..backend.errors import InvalidInput, NotFound
from ..backend.translation import tr
from ..publish.client import Store
from ..publish.client.configurations import TMS, WFS, WMS, Configuration
from .display import show_faults

if TYPE_CHECKING:
    from ..publish.client.listed_styles import ServiceStyle
    from ..publish.style_input import Examined, StyleSource

Opened = Callable[..., Store]  # from the options of the command line
Options = Callable[[Callable[..., Any]], Callable[..., Any]]
Print = Callable[[Any], None]
_TYPES = {"wms": WMS, "wfs": WFS, "tms": TMS}

_files = click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)  # fmt: skip
_service = click.option(
    "--service", type=click.Choice(list(_TYPES)), default="wms", help=tr("Whose styles: of maps, features or tiles.")
)
_fetch = click.option(
    "--fetch", is_flag=True, help=tr("Fetch graphics that lie elsewhere once, and keep them with the style.")
)


def styles_group(options: Options, opened: Opened, print_json: Print, out: Console) -> click.Group:
    """Return the commands on styles; `options` adds those that say which store."""

    @click.group("styles", help=tr("List, add, edit and choose the styles of a published layer."))
    def styles() -> None:
        """Hold the commands together."""

    told = _Told(print_json, out)
    for command in (_list, _add, _edit, _rename, _choose, _remove, _save):
        styles.add_command(command(options, opened, told))
    return styles


class _Told:
    """Says what has become of styles, as a table or as JSON."""

    def __init__(self, print_json: Print, out: Console) -> None:
        self._print_json, self.out = print_json, out

    def styles(self, styles: Sequence[ServiceStyle], as_json: bool) -> None:
        """Print the styles of a service."""
        if as_json:
            self._print_json([asdict(one) for one in styles])
            return
        table = Table(tr("Style"), tr("Name in requests"), tr("Tables"), "", box=None, padding=(0, 2, 0, 0))
        for one in styles:
            tables = ", ".join(part.table for part in one.parts if part.table)
            table.add_row(one.name, one.technical_name, tables, tr("current") if one.current else "")
        self.out.print(table if styles else tr("The service has no style of its own."))

    def examined(self, examined: Examined, as_json: bool) -> None:
        """Print what was found in files; raise for what cannot be used."""
        if not as_json:
            show_faults(self.out, examined.faults)
        if not examined.accepted:
            why = "" if not as_json else " ".join(fault.sentence for fault in examined.faults)
            raise InvalidInput(tr("The style cannot be used."), why, faults=examined.faults)


def _list(options: Options, opened: Opened, told: _Told) -> click.Command:
    @click.command("list", help=tr("List the styles of LAYER."))
    @click.argument("layer")
    @_service
    @options
    def command(layer: str, service: str, as_json: bool, **store_options: Any) -> None:
        store = opened(**store_options)
        told.styles(store.styles.list(_configuration(store, layer, service).id), as_json)

    return command


def _add(options: Options, opened: Opened, told: _Told) -> click.Command:
    @click.command("add", help=tr("Add FILES, each named after its table, to LAYER as one style."))
    @click.argument("layer")
    @_files
    @click.option("--name", required=True, help=tr("What people call the style."))
    @click.option("--current", is_flag=True, help=tr("Draw with it from now on."))
    @_service
    @_fetch
    @options
    def command(
        layer: str, files: Tuple[Path, ...], name: str, current: bool, service: str, fetch: bool, as_json: bool,
        **store_options: Any,
    ) -> None:  # fmt: skip
        from ..publish.style_input import add_style  # here: other commands need no styles

        store = opened(**store_options)
        configuration = _configuration(store, layer, service)
        examined = _examined(store, configuration, files, fetch)
        told.examined(examined, as_json)
        add_style(store, configuration.id, name, examined, current)
        told.styles(store.styles.list(configuration.id), as_json)

    return command


def _edit(options: Options, opened: Opened, told: _Told) -> click.Command:
    @click.command("edit", help=tr("Put FILES in the place of those of STYLE; addresses and name stay."))
    @click.argument("layer")
    @click.argument("style")
    @_files
    @_service
    @_fetch
    @options
    def command(
        layer: str, style: str, files: Tuple[Path, ...], service: str, fetch: bool, as_json: bool, **store_options: Any
    ) -> None:
        from ..publish.style_input import replace_style

        store = opened(**store_options)
        configuration = _configuration(store, layer, service)
        examined = _examined(store, configuration, files, fetch)
        told.examined(examined, as_json)
        replace_style(store, configuration.id, style, examined)
        told.styles(store.styles.list(configuration.id), as_json)

    return command


def _rename(options: Options, opened: Opened, told: _Told) -> click.Command:
    @click.command("rename", help=tr("Call STYLE by another NAME; what requests call it stays."))
    @click.argument("layer")
    @click.argument("style")
    @click.argument("name")
    @_service
    @options
    def command(layer: str, style: str, name: str, service: str, as_json: bool, **store_options: Any) -> None:
        store = opened(**store_options)
        configuration = _configuration(store, layer, service)
        store.styles.rename(configuration.id, style, name)
        told.styles(store.styles.list(configuration.id), as_json)

    return command


def _choose(options: Options, opened: Opened, told: _Told) -> click.Command:
    @click.command("choose", help=tr("Draw LAYER with STYLE where none is named."))
    @click.argument("layer")
    @click.argument("style")
    @_service
    @options
    def command(layer: str, style: str, service: str, as_json: bool, **store_options: Any) -> None:
        store = opened(**store_options)
        configuration = _configuration(store, layer, service)
        store.styles.make_current(configuration.id, style)
        told.styles(store.styles.list(configuration.id), as_json)

    return command


def _remove(options: Options, opened: Opened, told: _Told) -> click.Command:
    @click.command("remove", help=tr("Take STYLE away from LAYER."))
    @click.argument("layer")
    @click.argument("style")
    @_service
    @options
    def command(layer: str, style: str, service: str, as_json: bool, **store_options: Any) -> None:
        store = opened(**store_options)
        configuration = _configuration(store, layer, service)
        store.styles.remove(configuration.id, style)
        told.styles(store.styles.list(configuration.id), as_json)

    return command


def _save(options: Options, opened: Opened, told: _Told) -> click.Command:
    @click.command("save", help=tr("Write the files of STYLE into FOLDER."))
    @click.argument("layer")
    @click.argument("style")
    @click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
    @_service
    @options
    def command(layer: str, style: str, folder: Path, service: str, as_json: bool, **store_options: Any) -> None:
        store = opened(**store_options)
        for file in store.styles.read(_configuration(store, layer, service).id, style):
            place = folder / Path(file.filename).name
            place.write_bytes(file.content)
            told.out.print(str(place), markup=False, soft_wrap=True)

    return command


def _examined(store: Store, configuration: Configuration, files: Sequence[Path], fetch: bool) -> Examined:
    from ..publish.style_graphics import fetching
    from ..publish.style_input import examine

    sources = [_source(file, alone=len(files) == 1, tables=_tables(configuration)) for file in files]
    return examine(store, configuration.id, sources, fetching(store.connection.transport) if fetch else None)


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
