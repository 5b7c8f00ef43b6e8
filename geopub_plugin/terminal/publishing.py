"""`geopub publish`, `geopub complete` and `geopub status`."""

from __future__ import annotations

import signal
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any, Iterator, Optional, Tuple

import click

from ..backend.errors import Unavailable
from ..backend.translation import tr
from ..publish.client.datastores import health
from ..publish.completion import completed
from ..publish.embedded import Backend, open_backend
from ..publish.proposal import SERVICES
from ..publish.publication import Publication, Quiet
from .choices import point, publication_request
from .display import progress_on, show_datasheets, show_result
from .options import FILE, data_folder, err, opened, out, print_json, store_of, store_options
from .outcome import result_json, status_json, urls_json


@click.command(
    help=tr("Publish a GeoPackage, GeoJSON, CSV, FlatGeobuf, or a zip of these or of shapefiles; print the addresses.")
)
@click.argument("file", type=FILE)
@click.option("--table", "tables", multiple=True, help=tr("Only this table (may be repeated)."))
@click.option("--style", "styles", multiple=True, type=FILE, help=tr("A QML or SLD file, named after its table."))
@click.option("--title", help=tr("The title people see."))
@click.option("--datasheet", help=tr("The datasheet it belongs to; the title by default."))
@click.option("--name", help=tr("The technical name in addresses; made from the title by default."))
@click.option("--services", default=",".join(SERVICES), help=tr("Among wfs,wms,tms."), show_default=True)
@click.option("--min-zoom", type=click.IntRange(0, 18), help=tr("The top level of the tiles."))
@click.option("--max-zoom", type=click.IntRange(0, 18), help=tr("The bottom level of the tiles."))
@click.option("--srs", help=tr("The coordinate reference system, as EPSG:2154, if the file does not say."))
@click.option("--sample", callback=point, help=tr("Only 10 × 10 tiles around LONGITUDE,LATITUDE."))
@click.option("--no-serve", is_flag=True, help=tr("End the backend that was started, once all is published."))
@store_options
def publish(
    file: Path,
    tables: Tuple[str, ...],
    styles: Tuple[Path, ...],
    server: str,
    token_file: Optional[Path],
    datastore: str,
    data: Optional[Path],
    as_json: bool,
    no_serve: bool,
    **choices: Any,
) -> None:
    """Publish a file and, where it had to start the backend, keep serving until Ctrl-C."""
    from ..publish.map_style import TileStyling, keep_map_style  # here: other commands need no styles

    request = publication_request(file, tables, styles, choices)
    with ExitStack() as stack:
        with _cancelled_by_ctrl_c() as cancel:
            backend = None if server else stack.enter_context(open_backend(data_folder(data)))
            store = store_of(server, token_file, datastore, backend, cancel)
            with nullcontext(Quiet()) if as_json else progress_on(err()) as listener:
                result = Publication(store, request, listener).resume()
            told = keep_map_style(store, request.title, result, TileStyling(request.styles))
            result = replace(result, faults=(*result.faults, *told))
        if as_json:
            print_json(result_json(result))
        else:
            show_result(out(), result)
        if backend is not None and backend.process is not None and not no_serve:
            _keep_serving(backend)


@click.command(help=tr("Turn a sample of tiles into the full pyramid, with the same settings and at the same address."))
@click.argument("name")
@store_options
def complete(name: str, as_json: bool, **where: Any) -> None:
    """Complete the sample that the layer NAME shows."""
    with _cancelled_by_ctrl_c() as cancel, nullcontext(Quiet()) if as_json else progress_on(err()) as listener:
        urls = completed(opened(**where, cancel=cancel), name, listener)
    if as_json:
        print_json({"urls": urls_json(urls)})
    else:
        for url in urls:
            out().print(f"{url.type:<5} {url.url}", soft_wrap=True, markup=False)


@click.command(help=tr("List the datasheets and their live addresses."))
@store_options
def status(as_json: bool, **where: Any) -> None:
    """Ask the backend, or a server, what it publishes."""
    store = opened(**where)
    address, version, sheets = store.page, health(store.connection).version, store.datasheets.list()
    if as_json:
        print_json(status_json(address, version, sheets))
    else:
        show_datasheets(out(), address, sheets)


def _keep_serving(backend: Backend) -> None:
    """Serve until Ctrl-C, which is the way to end it and no failure."""
    err().print(tr("Serving at {url} until Ctrl-C.", url=backend.url), style="bold")
    try:
        if backend.process is not None and backend.process.wait() != 0:
            raise Unavailable(tr("The publishing backend ended unexpectedly."), cure=tr("Run `geopub serve` again."))
    except KeyboardInterrupt:
        err().print(tr("Stopped. `geopub serve` brings everything back."))


@contextmanager
def _cancelled_by_ctrl_c() -> Iterator[Event]:
    """Yield an event that the first Ctrl-C sets, so that the work is taken back; the second one ends at once."""
    cancel = Event()
    before = signal.getsignal(signal.SIGINT)

    def interrupt(number: int, frame: Any) -> None:
        signal.signal(signal.SIGINT, before)
        cancel.set()

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield cancel
    finally:
        signal.signal(signal.SIGINT, before)
