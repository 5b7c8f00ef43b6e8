"""`geopub serve`."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import click

from ..backend.translation import tr
from .options import data_folder, data_option


@click.command(help=tr("Serve what is published in a data folder until Ctrl-C."))
@data_option
@click.option("--host", default="127.0.0.1", show_default=True, help=tr("The address to listen on."))
@click.option(
    "--port", default=0, type=click.IntRange(0, 65535), help=tr("The port; the one of the last time by default.")
)
def serve(data: Optional[Path], host: str, port: int) -> None:
    """Run the backend in this process."""
    from ..backend.__main__ import main as backend_main

    arguments = ["serve", "--data", str(data_folder(data)), "--host", host, "--port", str(port)]
    raise SystemExit(backend_main(arguments))
