"""The one tree of errors. Expected outcomes are values, see `faults`."""

from __future__ import annotations

from typing import Dict, Iterable, Tuple, Type

from .faults import Fault


class GeoPubError(Exception):
    """Something went wrong: what happened, why, and what to do about it, in the user's language."""

    def __init__(self, what: str, why: str = "", cure: str = "", faults: Iterable[Fault] = ()) -> None:
        super().__init__(what)
        self.what, self.why, self.cure = what, why, cure
        self.faults = tuple(faults)  # the findings behind a refusal

    @property
    def sentences(self) -> Tuple[str, ...]:
        """The parts that say something, in reading order."""
        return tuple(part for part in (self.what, self.why, self.cure) if part)

    def __str__(self) -> str:
        return " ".join(self.sentences)


class InvalidInput(GeoPubError):
    """A request or a file cannot be used as it is."""


class Malformed(InvalidInput):
    """A document is not what its kind of document must be."""


class NotAuthenticated(GeoPubError):
    """The request carries no valid token."""


class NotAllowed(GeoPubError):
    """The caller may not do this."""


class NotFound(GeoPubError):
    """There is no such thing."""


class Conflict(GeoPubError):
    """The state of an entity, or a name already taken, forbids this."""


class TooLarge(GeoPubError):
    """A body, an archive or an answer exceeds its limit."""


class StorageFull(GeoPubError):
    """No room is left on the disk or in the quota."""


class TooManyRequests(GeoPubError):
    """The caller must wait."""

    def __init__(self, what: str, why: str = "", cure: str = "", seconds: int = 1) -> None:
        super().__init__(what, why, cure)
        self.seconds = seconds  # to wait


class Unavailable(GeoPubError):
    """A part that is needed does not answer: backend, renderer, server."""


class Cancelled(GeoPubError):
    """The user ended the work."""


class JobFailed(GeoPubError):
    """A worker could not finish its job."""


class DataFolderLocked(GeoPubError):
    """Another backend runs on this data folder."""


class DataFolderNewer(GeoPubError):
    """The data folder was written by a newer version."""


HTTP_STATUS: Dict[Type[GeoPubError], int] = {
    InvalidInput: 400,
    NotAuthenticated: 401,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    Cancelled: 409,
    TooLarge: 413,
    Malformed: 422,
    TooManyRequests: 429,
    Unavailable: 503,
    StorageFull: 507,
}


def http_status(error: GeoPubError) -> int:
    """Return the HTTP status of an error: that of its nearest class in `HTTP_STATUS`, else 500."""
    return next((HTTP_STATUS[kind] for kind in type(error).__mro__ if kind in HTTP_STATUS), 500)
