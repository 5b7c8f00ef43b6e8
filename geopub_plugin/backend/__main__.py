"""`python -m geopub_plugin.backend serve --data DIR`: the backend as a process of its own.

It prints one line on stdout: `READY URL` once it serves, or `FAILED {"kind", "what", "why", "cure", "exit"}`. What went
wrong is also said in words on stderr, and by the exit code.

`python -m geopub_plugin.backend audit --data DIR` prints, as one line of JSON, whether catalogue and files agree.

`python -m geopub_plugin.backend administer --data DIR` reads one line of JSON, see `catalogue.administration`, does
what it says and prints, as one line of JSON, what came of it. By stdin: others may see the arguments of a process.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import contextmanager
from dataclasses import fields
from typing import Dict, Iterator, List, Optional, Type

from .errors import DataFolderLocked, DataFolderNewer, GeoPubError, InvalidInput, StorageFull, Unavailable
from .jobs.messages import error_as_json
from .listening import PortTaken
from .locations import PACKAGE
from .settings import Settings
from .translation import tr, use_language

VENDOR = PACKAGE / "vendor"  # made by `make package`: pure Python that no QGIS carries

OTHER, USAGE, PORT, LOCKED, NEWER, FULL, DAMAGED = 1, 2, 3, 4, 5, 6, 7  # exit codes
_EXIT_CODES: Dict[Type[BaseException], int] = {
    InvalidInput: USAGE,
    PortTaken: PORT,
    DataFolderLocked: LOCKED,
    DataFolderNewer: NEWER,
    StorageFull: FULL,
}


def main(arguments: Optional[List[str]] = None) -> int:
    """Serve until the end is asked for, audit or administer a data folder, and return the exit code."""
    given = vars(_parser().parse_args(arguments))
    command = given.pop("command")
    if os.name == "posix":
        os.umask(0o077)
    if VENDOR.is_dir():
        sys.path.insert(0, str(VENDOR))
    try:
        settings = Settings.read(**given)
        if settings.language:
            use_language(settings.language)
        return {"audit": _audit, "administer": _administer, "serve": _serve}[command](settings)
    except GeoPubError as error:
        return _failed(error)


def _serve(settings: Settings) -> int:
    with _installed():
        from .server import serve
    serve(settings, announce_ready=lambda url: _say(f"READY {url}"))
    return 0


def _audit(settings: Settings) -> int:
    with _installed():
        from .catalogue.audit import audit
    found = audit(settings.data, settings.catalogue_url)
    _say(json.dumps(found.as_json()))
    return 0 if found.sound else DAMAGED


def _administer(settings: Settings) -> int:
    with _installed():
        from .catalogue.administration import administer
    _say(json.dumps(administer(settings.data, settings.catalogue_url, json.loads(sys.stdin.readline()))))
    return 0


@contextmanager
def _installed() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise Unavailable(
            tr("GeoPub is not installed completely."),
            tr("The Python package {name} is missing.", name=error.name),
            tr("Install GeoPub again; `geopub doctor` shows what is missing."),
        ) from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="geopub-backend", description=tr("The publishing engine of GeoPub."))
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help=tr("serve a data folder"))
    audit = commands.add_parser("audit", help=tr("say whether catalogue and files of a data folder agree"))
    administer = commands.add_parser("administer", help=tr("do what a line of JSON on stdin says"))
    few, names = (audit, administer), ("data", "catalogue_url", "language")
    for field in fields(Settings):
        option = "--" + field.name.replace("_", "-")
        if isinstance(field.default, bool):
            serve.add_argument(option, action="store_const", const=True)
        else:
            for command in (serve, *few) if field.name in names else (serve,):
                command.add_argument(option, metavar="VALUE", help=f"GEOPUB_{field.name.upper()}")
    return parser


def _failed(error: GeoPubError) -> int:
    code = exit_code(error)
    wire = error_as_json(error)
    wire.pop("faults")
    _say("FAILED " + json.dumps({**wire, "exit": code}))
    print("\n".join(error.sentences), file=sys.stderr)
    return code


def exit_code(error: GeoPubError) -> int:
    """Return the exit code that stands for an error at the start."""
    return next((_EXIT_CODES[kind] for kind in type(error).__mro__ if kind in _EXIT_CODES), OTHER)


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
