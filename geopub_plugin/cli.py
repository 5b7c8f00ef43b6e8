"""The front door of the command line: what commands there are, and how each ends. See docs/cli.md."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from importlib import import_module
from typing import List, Optional, Sequence

import click

from .backend.about import __title__, __version__
from .backend.errors import GeoPubError
from .backend.translation import tr
from .terminal.options import err, print_json
from .terminal.outcome import ExitCode, error_json, exit_code

_OBJECTS = 20_000  # to look for garbage after: loading modules makes 40,000, which stay; to look at them takes 0.01 s
COMMANDS = {  # each with the module of `terminal` that holds it, loaded with all that it imports when it is asked for
    "publish": "publishing",
    "complete": "publishing",
    "status": "publishing",
    "serve": "serving",
    "check": "checking",
    "tiles": "tiles_command",
    "styles": "style_commands",
    "revisions": "store_commands",
    "resume": "store_commands",
    "doctor": "doctor_command",
    "user": "administration",
    "datastore": "administration",
    "client": "administration",
}


class Commands(click.Group):
    """All the commands."""

    def list_commands(self, context: click.Context) -> List[str]:
        """Return the names in the order in which help shows them."""
        return sorted(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> Optional[click.Command]:
        """Return a command, None where there is none of this name."""
        module = COMMANDS.get(name)
        return getattr(import_module(f".terminal.{module}", __package__), name) if module else None


@click.group(cls=Commands, help=tr("Publish layers as live WFS, WMS and vector tile services."))
@click.version_option(__version__, prog_name=__title__)
def cli() -> None:
    """Hold the commands together."""


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run a command and return its exit code: the entry point of `geopub`."""
    atexit.register(gc.freeze)  # or Python looks twice at everything there is before it ends: 0.08 s after `tiles`
    gc.set_threshold(_OBJECTS)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # NumPy's threads take 0.1 s, and nothing here uses them
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
            print_json(error_json(error))
        else:
            from .terminal.display import show_error

            show_error(err(), error)
        return int(exit_code(error))
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ExitCode.OK)
    return int(ExitCode.OK)


if __name__ == "__main__":
    sys.exit(main())
