"""What the commands share: options, the store that they name, and where a command writes."""

from __future__ import annotations

import json
import os
import sys
from functools import cache
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Callable, Optional

import click

from ..backend.errors import InvalidInput, Unavailable
from ..backend.translation import tr

if TYPE_CHECKING:  # loaded where they are needed: `geopub tiles` lasts hardly longer than loading all of them
    from rich.console import Console

    from ..publish.client import Store
    from ..publish.embedded import Backend

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="GEOPUB_DATA",
    default=None,
    help=tr("The data folder; by default that of the user ($GEOPUB_DATA)."),
)
json_option = click.option("--json", "as_json", is_flag=True, help=tr("Print one JSON document on standard output."))


def server_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which server."""
    for option in (
        click.option("--datastore", default="", help=tr("Which of your datastores on the server.")),
        click.option("--token-file", type=FILE, help=tr("The file with the server's token (or $GEOPUB_TOKEN).")),
        click.option("--server", default="", help=tr("The address of a server; by default, the backend here.")),
    ):
        command = option(command)
    return command


def store_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which store, and --json."""
    return server_options(data_option(json_option(command)))


@cache
def out() -> Console:
    """Return where results are printed."""
    from rich.console import Console

    return Console(highlight=False)


@cache
def err() -> Console:
    """Return where everything else is printed."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def print_json(document: Any) -> None:
    """Print the one document of --json."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    sys.stdout.flush()


def data_folder(given: Optional[Path]) -> Path:
    """Return the data folder that is given, or that of the user."""
    from platformdirs import user_data_dir

    return (given or Path(user_data_dir("geopub", appauthor=False))).absolute()


def opened(
    server: str, token_file: Optional[Path], datastore: str, data: Optional[Path], cancel: Optional[Event] = None
) -> Store:
    """Return the store that `store_options` name: of a server, or of the backend that runs here."""
    backend = None if server else running_backend(data_folder(data))
    return store_of(server, token_file, datastore, backend, cancel or Event())


def store_of(
    server: str, token_file: Optional[Path], datastore: str, backend: Optional[Backend], cancel: Event
) -> Store:
    """Return the store of a backend, or of a server where there is no backend."""
    from ..publish.client import open_store

    if backend is not None:
        return open_store(backend.api, backend.token, cancel=cancel, handover=backend.handover)
    try:
        token = token_file.read_text("utf-8").strip() if token_file else os.environ.get("GEOPUB_TOKEN", "")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(tr("The token cannot be read from {path}.", path=token_file), str(error)) from error
    return open_store(server, token, datastore, cancel=cancel)


def running_backend(folder: Path) -> Backend:
    """Return the backend that runs on a data folder; raise Unavailable where none does."""
    from ..publish.embedded import find_backend

    backend = find_backend(folder)
    if backend is None:
        raise Unavailable(
            tr("No backend runs on the data folder {path}.", path=folder),
            cure=tr("Start one with `geopub serve`, or publish something with `geopub publish`."),
        )
    return backend
