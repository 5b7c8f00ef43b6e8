"""The contracts of the command line: exit codes, and the JSON documents of `--json`."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, Dict, List, Sequence, Tuple, Type

from ..backend.errors import (
    Cancelled,
    Conflict,
    DataFolderLocked,
    DataFolderNewer,
    GeoPubError,
    InvalidInput,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    TooLarge,
    Unavailable,
)

if TYPE_CHECKING:
    from ..publish.client.datasheets import Datasheet
    from ..publish.publication import LiveUrl, PublicationResult


class ExitCode(IntEnum):
    """How a command ended; docs/cli.md explains each."""

    OK = 0
    REFUSED = 1  # the file, a name or a value cannot be used
    USAGE = 2  # the command line is wrong (click)
    UNREACHABLE = 3  # no backend answers, or it cannot start
    FAILED = 4  # the work failed on the way
    FORBIDDEN = 5  # the token is missing, wrong, or not enough
    INTERRUPTED = 130  # Ctrl-C


_CODES: Tuple[Tuple[Tuple[Type[GeoPubError], ...], ExitCode], ...] = (
    ((InvalidInput, NotFound, Conflict, TooLarge), ExitCode.REFUSED),
    ((Unavailable, DataFolderLocked, DataFolderNewer), ExitCode.UNREACHABLE),
    ((NotAuthenticated, NotAllowed), ExitCode.FORBIDDEN),
    ((Cancelled,), ExitCode.INTERRUPTED),
)


def exit_code(error: GeoPubError) -> ExitCode:
    """Return the exit code of an error."""
    return next((code for kinds, code in _CODES if isinstance(error, kinds)), ExitCode.FAILED)


def error_json(error: GeoPubError) -> Dict[str, Any]:
    """Return the document of a command that failed."""
    from ..publish.publication_values import Refused

    told = {"kind": type(error).__name__, "what": error.what, "why": error.why, "cure": error.cure}
    faults = [fault.as_json() for fault in error.faults] if isinstance(error, Refused) else []
    return {"error": told, "faults": faults}


def urls_json(urls: Sequence[LiveUrl]) -> List[Dict[str, str]]:
    """Return addresses as documents tell them."""
    return [{"service": url.service, "type": url.type, "url": url.url} for url in urls]


def result_json(result: PublicationResult) -> Dict[str, Any]:
    """Return the document of a publication."""
    tables = [{"name": r.name, "native": r.native or r.name, "count": r.count} for r in result.data.relations]
    return {
        "datasheet": result.datasheet,
        "layer_name": result.layer_name,
        "updated": result.updated,
        "stored_data": result.data.id,
        "tables": tables,
        "services": urls_json(result.urls),
        "names": dict(result.names),
        "faults": [fault.as_json() for fault in result.faults],
        "times": {step.value: round(seconds, 3) for step, seconds in result.times},
    }


def status_json(url: str, version: str, datasheets: Sequence[Datasheet]) -> Dict[str, Any]:
    """Return the document of `geopub status`."""
    return {
        "server": url,
        "version": version,
        "datasheets": [
            {
                "name": sheet.name,
                "title": sheet.title,
                "state": sheet.state,
                "update": sheet.update,
                "services": [
                    {
                        "type": service.type,
                        "layer_name": service.layer_name,
                        "urls": [{"type": url.type, "url": url.url} for url in service.urls],
                    }
                    for service in sheet.services
                ],
            }
            for sheet in datasheets
        ],
    }
