"""The front door of the command line: `geopub publish`, `serve`, `tiles`, `status`, `doctor`. See docs/cli.md."""

from __future__ import annotations

import atexit
import gc
import sys
from typing import Callable, Dict, List, Optional, Sequence

import click

from .backend.about import __title__, __version__
from .backend.errors import GeoPubError
from .backend.translation import tr
from .terminal.options import data_folder, err, json_option, opened, out, print_json, store_options
from .terminal.outcome import ExitCode, error_json, exit_code

Loaded = Callable[[], click.Command]


def _publishing(name: str) -> Loaded:
    def load() -> click.Command:
        from .terminal import publishing

        return getattr(publishing, name)

    return load


def _serve() -> click.Command:
    from .terminal.serving import serve

    return serve


def _tiles() -> click.Command:
    from .terminal.tiles_command import tiles

    return tiles


def _doctor() -> click.Command:
    from .terminal.doctor_command import doctor

    return doctor


def _check() -> click.Command:
    from .terminal.checking import check_command

    return check_command(json_option, print_json, out())


def _revisions() -> click.Command:
    from .terminal.store_commands import revisions_group

    return revisions_group(store_options, opened, print_json, out())


def _resume() -> click.Command:
    from .terminal.store_commands import resume_command

    return resume_command(store_options, opened, print_json, out())


def _styles() -> click.Command:
    from .terminal.style_commands import styles_group

    return styles_group(store_options, opened, print_json, out())


def _administration(name: str) -> Loaded:
    def load() -> click.Command:
        from .terminal.administration import commands

        return next(group for group in commands(data_folder) if group.name == name)

    return load


_COMMANDS: Dict[str, Loaded] = {
    "publish": _publishing("publish"),
    "complete": _publishing("complete"),
    "status": _publishing("status"),
    "serve": _serve,
    "tiles": _tiles,
    "doctor": _doctor,
    "check": _check,
    "revisions": _revisions,
    "resume": _resume,
    "styles": _styles,
    "user": _administration("user"),
    "datastore": _administration("datastore"),
    "client": _administration("client"),
}


class Commands(click.Group):
    """All the commands; each is loaded, with what it imports, when it is asked for."""

    def list_commands(self, context: click.Context) -> List[str]:
        """Return the names in the order in which help shows them."""
        return sorted(_COMMANDS)

    def get_command(self, context: click.Context, name: str) -> Optional[click.Command]:
        """Return a command, None where there is none of this name."""
        load = _COMMANDS.get(name)
        return None if load is None else load()


@click.group(cls=Commands, help=tr("Publish layers as live WFS, WMS and vector tile services."))
@click.version_option(__version__, prog_name=__title__)
def cli() -> None:
    """Hold the commands together."""


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run a command and return its exit code: the entry point of `geopub`."""
    atexit.register(gc.freeze)  # or Python looks twice at everything there is before it ends: 0.08 s after `tiles`
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
