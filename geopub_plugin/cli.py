"""The front door of the command line: `geopub publish`, `serve`, `tiles`, `status`, `doctor`. See docs/cli.md."""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from threading import Event
from typing import Any, Callable, Iterator, Optional, Sequence, Tuple

import click
from platformdirs import user_data_dir
from rich.console import Console

from .backend.about import __title__, __version__
from .backend.errors import GeoPubError, InvalidInput, Unavailable
from .backend.translation import tr
from .publish.client import Store, open_store
from .publish.client.datastores import health
from .publish.completion import completed
from .publish.embedded import Backend, find_backend, open_backend
from .publish.proposal import SERVICES
from .publish.publication import Publication, Quiet
from .terminal.administration import commands as administration_commands
from .terminal.checking import check_command
from .terminal.choices import point, publication_request, tiles_request
from .terminal.display import progress_on, show_datasheets, show_error, show_result
from .terminal.outcome import ExitCode, error_json, exit_code, result_json, status_json
from .terminal.store_commands import resume_command, revisions_group
from .terminal.style_commands import styles_group

out = Console(highlight=False)  # results
err = Console(stderr=True, highlight=False)  # everything else

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="GEOPUB_DATA",
    default=None,
    help=tr("The data folder; by default that of the user ($GEOPUB_DATA)."),
)
_json_option = click.option("--json", "as_json", is_flag=True, help=tr("Print one JSON document on standard output."))


def _server_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--datastore", default="", help=tr("Which of your datastores on the server.")),
        click.option("--token-file", type=_FILE, help=tr("The file with the server's token (or $GEOPUB_TOKEN).")),
        click.option("--server", default="", help=tr("The address of a server; by default, the backend here.")),
    ):
        command = option(command)
    return command


@click.group(help=tr("Publish layers as live WFS, WMS and vector tile services."))
@click.version_option(__version__, prog_name=__title__)
def cli() -> None:
    """Hold the commands together."""


@cli.command(
    help=tr("Publish a GeoPackage, GeoJSON, CSV, FlatGeobuf, or a zip of these or of shapefiles; print the addresses.")
)
@click.argument("file", type=_FILE)
@click.option("--table", "tables", multiple=True, help=tr("Only this table (may be repeated)."))
@click.option("--style", "styles", multiple=True, type=_FILE, help=tr("A QML or SLD file, named after its table."))
@click.option("--title", help=tr("The title people see."))
@click.option("--datasheet", help=tr("The datasheet it belongs to; the title by default."))
@click.option("--name", help=tr("The technical name in addresses; made from the title by default."))
@click.option("--services", default=",".join(SERVICES), help=tr("Among wfs,wms,tms."), show_default=True)
@click.option("--min-zoom", type=click.IntRange(0, 18), help=tr("The top level of the tiles."))
@click.option("--max-zoom", type=click.IntRange(0, 18), help=tr("The bottom level of the tiles."))
@click.option("--srs", help=tr("The coordinate reference system, as EPSG:2154, if the file does not say."))
@click.option("--sample", callback=point, help=tr("Only 10 × 10 tiles around LONGITUDE,LATITUDE."))
@click.option("--no-serve", is_flag=True, help=tr("End the backend that was started, once all is published."))
@_server_options
@_data_option
@_json_option
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
    from .publish.map_style import keep_map_style  # here: other commands need no styles

    request = publication_request(file, tables, styles, choices)
    with ExitStack() as stack:
        with _cancelled_by_ctrl_c() as cancel:
            backend = None if server else stack.enter_context(open_backend(_data_folder(data)))
            store = _store(server, token_file, datastore, backend, cancel)
            with nullcontext(Quiet()) if as_json else progress_on(err) as listener:
                result = Publication(store, request, listener).resume()
            told = keep_map_style(store, request.title, result, request.styles)
            result = replace(result, faults=(*result.faults, *told))
        if as_json:
            _print_json(result_json(result))
        else:
            show_result(out, result)
        if backend is not None and backend.process is not None and not no_serve:
            _keep_serving(backend)


@cli.command(help=tr("Serve what is published in a data folder until Ctrl-C."))
@_data_option
@click.option("--host", default="127.0.0.1", show_default=True, help=tr("The address to listen on."))
@click.option(
    "--port", default=0, type=click.IntRange(0, 65535), help=tr("The port; the one of the last time by default.")
)
def serve(data: Optional[Path], host: str, port: int) -> None:
    """Run the backend in this process."""
    from .backend.__main__ import main as backend_main

    arguments = ["serve", "--data", str(_data_folder(data)), "--host", host, "--port", str(port)]
    raise SystemExit(backend_main(arguments))


@cli.command(
    help=tr("Make vector tiles of a GeoPackage without any server: OUT.pmtiles, OUT.mbtiles or a folder OUT/.")
)
@click.argument("file", type=_FILE)
@click.argument("archive", metavar="OUT")
@click.option("--table", "tables", multiple=True, help=tr("Only this table (may be repeated)."))
@click.option("--layer", "layers", multiple=True, help=tr("The table's name in the tiles (may be repeated)."))
@click.option("--min-zoom", "top", type=click.IntRange(0, 18), help=tr("The top level of the tiles."))
@click.option("--max-zoom", "bottom", type=click.IntRange(0, 18), help=tr("The bottom level of the tiles."))
@click.option("--preset", default="", help=tr("A generalisation by its name, see docs/tiles.md."))
@click.option("--options", default="", help=tr("A generalisation by its flags, such as -S10 -an."))
@click.option("--attributes", default="*", help=tr("The attributes of the tiles, with commas; all by default."))
@click.option("--where", default="", help=tr("Only rows for which this holds, as in SQL, such as pop > 1000."))
@click.option("--area", default="", help=tr("Only tiles that meet this POLYGON (WKT in longitude and latitude)."))
@click.option("--sample", "around", callback=point, help=tr("Only 10 × 10 tiles around LONGITUDE,LATITUDE."))
@click.option("--jobs", type=click.IntRange(1, 64), help=tr("The number of processes; one a core by default."))
@click.option(
    "--previous", nargs=2, type=_FILE, metavar="OLD.gpkg OLD.pmtiles",
    help=tr("An earlier state of the file and its tiles: only what changed is built."),
)  # fmt: skip
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help=tr("Write the report into a JSON file.")
)
@click.option("--dry-run", is_flag=True, help=tr("Only say how many tiles, how large and how long."))
@_json_option
def tiles(file: Path, archive: str, report: Optional[Path], dry_run: bool, as_json: bool, **choices: Any) -> None:
    """Make tiles beside their place and move them there when they are finished."""
    from .terminal.tiling import estimated, make_archive, show_estimate, show_tiles, write_report

    request = tiles_request(file, archive, choices)
    if dry_run:
        told = estimated(request, sample=True)
        _print_json(told) if as_json else show_estimate(out, told)
        return
    if not as_json:
        show_estimate(err, estimated(request, sample=False))
    made = make_archive(request, None if as_json else err)
    if report is not None:
        write_report(report, made)
    if as_json:
        _print_json(made)
    else:
        show_tiles(out, made)


@cli.command(help=tr("Turn a sample of tiles into the full pyramid, with the same settings and at the same address."))
@click.argument("name")
@_server_options
@_data_option
@_json_option
def complete(
    name: str, server: str, token_file: Optional[Path], datastore: str, data: Optional[Path], as_json: bool
) -> None:
    """Complete the sample that the layer NAME shows."""
    with _cancelled_by_ctrl_c() as cancel:
        store = _store(server, token_file, datastore, None if server else _running_backend(_data_folder(data)), cancel)
        with nullcontext(Quiet()) if as_json else progress_on(err) as listener:
            urls = completed(store, name, listener)
    if as_json:
        _print_json({"urls": [asdict(url) for url in urls]})
    else:
        for url in urls:
            out.print(f"{url.type:<5} {url.url}", soft_wrap=True, markup=False)


@cli.command(help=tr("List the datasheets and their live addresses."))
@_server_options
@_data_option
@_json_option
def status(server: str, token_file: Optional[Path], datastore: str, data: Optional[Path], as_json: bool) -> None:
    """Ask the backend, or a server, what it publishes."""
    folder = _data_folder(data)
    backend = None if server else _running_backend(folder)
    store = _store(server, token_file, datastore, backend, Event())
    version, sheets = health(store.connection).version, store.datasheets.list()
    url = server or (backend.url if backend else "")
    if as_json:
        _print_json(status_json(url, version, sheets))
    else:
        show_datasheets(out, url, sheets)


@cli.command(help=tr("Say which versions are at hand, what is missing, and how to get it."))
@_data_option
@_json_option
@click.option("--deep", is_flag=True, help=tr("Prove that catalogue and files agree; the backend must not run."))
def doctor(data: Optional[Path], as_json: bool, deep: bool) -> None:
    """Look at everything that GeoPub needs; end with 4 when something is missing or damaged."""
    from .terminal.diagnosis import diagnose, missing
    from .terminal.store_audit import audit_store, show_audit

    findings = diagnose(_data_folder(data))
    lacking = missing(findings)
    store = audit_store(_data_folder(data)) if deep else None
    ok = not lacking and (store is None or store.sound)
    if as_json:
        told = {} if store is None else {"store": store.wire}
        _print_json({"ok": ok, "findings": [asdict(finding) for finding in findings], **told})
    else:
        for finding in findings:
            mark = "[green]✓[/]" if finding.ok else "[red]✗[/]"
            out.print(f"{mark} {finding.name:<18} {finding.found}", soft_wrap=True)
            if not finding.ok:
                out.print(f"  {finding.cure}", soft_wrap=True, markup=False)
        if store is not None:
            show_audit(out, store)
    raise SystemExit(int(ExitCode.OK if ok else ExitCode.FAILED))


def _opened(server: str, token_file: Optional[Path], datastore: str, data: Optional[Path]) -> Store:
    """Return the store that the options name: of a server, or of the backend that runs here."""
    backend = None if server else _running_backend(_data_folder(data))
    return _store(server, token_file, datastore, backend, Event())


def _store_options(command: Callable[..., Any]) -> Callable[..., Any]:
    return _server_options(_data_option(_json_option(command)))


cli.add_command(check_command(_json_option, lambda value: _print_json(value), out))
cli.add_command(revisions_group(_store_options, _opened, lambda value: _print_json(value), out))
cli.add_command(styles_group(_store_options, _opened, lambda value: _print_json(value), out))
cli.add_command(resume_command(_store_options, _opened, lambda value: _print_json(value), out))


for _group in administration_commands(lambda given: _data_folder(given)):
    cli.add_command(_group)


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run a command and return its exit code: the entry point of `geopub`."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        cli(given, prog_name="geopub", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return int(ExitCode.USAGE)
    except (click.Abort, KeyboardInterrupt):
        return int(ExitCode.INTERRUPTED)
    except GeoPubError as error:
        if "--json" in given:
            _print_json(error_json(error))
        else:
            show_error(err, error)
        return int(exit_code(error))
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ExitCode.OK)
    return int(ExitCode.OK)


def _store(server: str, token_file: Optional[Path], datastore: str, backend: Optional[Backend], cancel: Event) -> Store:
    """Return the store to publish into: the backend's, or a server's."""
    if backend is not None:
        return open_store(backend.api, backend.token, cancel=cancel, handover=backend.handover)
    try:
        token = token_file.read_text("utf-8").strip() if token_file else os.environ.get("GEOPUB_TOKEN", "")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(tr("The token cannot be read from {path}.", path=token_file), str(error)) from error
    return open_store(server, token, datastore, cancel=cancel)


def _running_backend(folder: Path) -> Backend:
    backend = find_backend(folder)
    if backend is None:
        raise Unavailable(
            tr("No backend runs on the data folder {path}.", path=folder),
            cure=tr("Start one with `geopub serve`, or publish something with `geopub publish`."),
        )
    return backend


def _data_folder(given: Optional[Path]) -> Path:
    return (given or Path(user_data_dir("geopub", appauthor=False))).absolute()


def _keep_serving(backend: Backend) -> None:
    """Serve until Ctrl-C, which is the way to end it and no failure."""
    err.print(tr("Serving at {url} until Ctrl-C.", url=backend.url), style="bold")
    try:
        if backend.process is not None and backend.process.wait() != 0:
            raise Unavailable(tr("The publishing backend ended unexpectedly."), cure=tr("Run `geopub serve` again."))
    except KeyboardInterrupt:
        err.print(tr("Stopped. `geopub serve` brings everything back."))


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


def _print_json(document: Any) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
