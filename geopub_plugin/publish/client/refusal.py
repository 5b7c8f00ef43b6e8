"""What a server refused, as an error of the one tree."""

from __future__ import annotations

from typing import Any, Dict, List, Type

from ...backend.errors import HTTP_STATUS, Cancelled, GeoPubError, JobFailed, Unavailable
from ...backend.translation import tr
from ..transport import Response

KINDS: Dict[int, Type[GeoPubError]] = {status: kind for kind, status in HTTP_STATUS.items() if kind is not Cancelled}


def refusal(answer: Response) -> GeoPubError:
    """Return the error that an answer outside 200-299 stands for, in the server's own words where it has any."""
    kind = KINDS.get(answer.status, _family(answer.status))
    what, *rest = _sentences(answer.json()) or [_own_words(answer)]
    why = rest[0] if len(rest) > 1 else ""
    cure = " ".join(rest[1:] if len(rest) > 1 else rest)
    return kind(what, why, cure)


def _family(status: int) -> Type[GeoPubError]:
    if status in (502, 504) or 300 <= status < 400:
        return Unavailable
    return KINDS[400] if 400 <= status < 500 else JobFailed


def _sentences(wire: Any) -> List[str]:
    """Return what the body says: `{"error": str, "error_description": [str]}`, a string in its place tolerated."""
    if not isinstance(wire, dict):
        return []
    said = wire.get("error_description") or wire.get("message") or wire.get("error") or []
    return [str(part) for part in ([said] if isinstance(said, str) else said) if part]


def _own_words(answer: Response) -> str:
    if 300 <= answer.status < 400:
        return tr("The server moved to {address}: use that address.", address=answer.headers.get("location", "?"))
    return tr("The server refused with status {status}, without saying why.", status=answer.status)
