"""What OGC web services share: key-value requests, and exception reports (OGC 06-121r9, OWS Common 1.1 and 2.0)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Dict, Iterable, Mapping, Optional, Tuple

from ..errors import GeoPubError, InvalidInput, http_status
from ..safe_xml import escape, quoteattr
from ..translation import tr

LARGEST_REQUEST = 1024 * 1024  # bytes of one that is posted

# HTTP status by exception code: OGC 09-025r2 (WFS 2.0.2) table D.2, OGC 06-121r9 table 28.
_STATUS = {
    "OperationNotSupported": 400,
    "OptionNotSupported": 400,
    "MissingParameterValue": 400,
    "InvalidParameterValue": 400,
    "VersionNegotiationFailed": 400,
    "InvalidUpdateSequence": 400,
    "OperationParsingFailed": 400,
    "InvalidValue": 400,
    "OperationProcessingFailed": 403,
    "NotFound": 404,
    "NoApplicableCode": 500,
}


class OwsError(InvalidInput):
    """A request that an OGC service refuses, with the standard's code and the parameter at fault."""

    def __init__(self, code: str, locator: str, what: str, why: str = "", cure: str = "") -> None:
        super().__init__(what, why, cure)
        self.code, self.locator = code, locator

    @property
    def status(self) -> int:
        """The HTTP status that the standard gives to the code."""
        return _STATUS.get(self.code, 400)


def missing(parameter: str) -> OwsError:
    """Return the error of a request without a parameter that it needs."""
    return OwsError(
        "MissingParameterValue",
        parameter,
        tr("The parameter “{name}” is missing.", name=parameter),
        cure=tr("Add it to the request."),
    )


def invalid(parameter: str, value: str, why: str = "", cure: str = "") -> OwsError:
    """Return the error of a parameter whose value cannot be used."""
    return OwsError(
        "InvalidParameterValue",
        parameter,
        tr("“{value}” is no value of the parameter “{name}”.", value=value[:200], name=parameter),
        why,
        cure,
    )


def exception_of(error: GeoPubError) -> Tuple[str, str, int]:
    """Return the exception code, the locator ("" for none) and the HTTP status of any error of ours.

    What is not said of the request (an `OwsError`) is said of our data: no fault of the client.
    """
    if isinstance(error, OwsError):
        return error.code, error.locator, error.status
    return "NoApplicableCode", "", max(http_status(error), 500)


def exception_report(error: GeoPubError, version: str = "2.0.0") -> bytes:
    """Return the XML report of an error: `ows:ExceptionReport` of OWS Common 1.1 (06-121r3 §8)."""
    code, locator, _status = exception_of(error)
    located = f" locator={quoteattr(printable(locator))}" if locator else ""
    text = escape(printable(str(error)))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ows:ExceptionReport xmlns:ows="http://www.opengis.net/ows/1.1"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xsi:schemaLocation="http://www.opengis.net/ows/1.1 http://schemas.opengis.net/ows/1.1.0/owsAll.xsd"'
        f' version="{version}">\n'
        f'  <ows:Exception exceptionCode="{code}"{located}>\n'
        f"    <ows:ExceptionText>{text}</ows:ExceptionText>\n"
        "  </ows:Exception>\n"
        "</ows:ExceptionReport>\n"
    ).encode()


def printable(text: str) -> str:
    """Return a text without what XML 1.0 cannot hold."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)


@dataclass(frozen=True)
class Parameters:
    """The parameters of a key-value request; their names are compared without regard to case."""

    values: Mapping[str, str]  # by name in lower case

    @classmethod
    def of(cls, pairs: Iterable[Tuple[str, str]]) -> Parameters:
        """Return the parameters of name and value pairs; a name said twice must say the same."""
        values: Dict[str, str] = {}
        for name, value in pairs:
            key = name.lower()
            if values.setdefault(key, value) != value:
                raise invalid(name, value, tr("The parameter is there twice, with two values."), tr("Give it once."))
        return cls(values)

    def get(self, name: str, default: str = "") -> str:
        """Return the value of a parameter, without blanks around it; an empty one counts as absent."""
        return self.values.get(name.lower(), "").strip() or default

    def first(self, *names: str) -> str:
        """Return the first value that one of several names has, or ""."""
        return next((value for value in map(self.get, names) if value), "")

    def needed(self, name: str) -> str:
        """Return the value of a parameter that must be there."""
        value = self.get(name)
        if not value:
            raise missing(name)
        return value

    def listed(self, name: str) -> Tuple[str, ...]:
        """Return the values of a comma-separated list, () when it is absent."""
        return tuple(part for part in (part.strip() for part in self.get(name).split(",")) if part)

    def whole(self, name: str, lowest: int = 0) -> Optional[int]:
        """Return the integer that a parameter holds, or None when it is absent."""
        text = self.get(name)
        if not text:
            return None
        if not re.fullmatch(r"\+?[0-9]{1,18}", text) or int(text) < lowest:
            raise invalid(name, text, tr("A whole number from {lowest} on is needed.", lowest=lowest))
        return int(text)


def wire_list(text: str) -> Tuple[Tuple[str, ...], ...]:
    """Return the lists of a parenthesised parameter: "(a,b)(c)" is (("a", "b"), ("c",)); "a,b" is one list."""
    groups = re.findall(r"\(([^()]*)\)", text) if text.startswith("(") else [text]
    return tuple(tuple(part.strip() for part in group.split(",") if part.strip()) for group in groups)
