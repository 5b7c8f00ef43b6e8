"""Service exceptions of WMS: OGC 06-042 §6.9.4 and annex E (1.3.0), OGC 01-068r3 §6.7 and annex A (1.1.1)."""

from __future__ import annotations

import re

from ...errors import GeoPubError, InvalidInput
from ...safe_xml import escape, quoteattr
from ..owscommon import OwsError

V130, V111 = "1.3.0", "1.1.1"

_PLAIN_TEXT_LIMIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd]")  # what XML 1.0 cannot hold


class ServiceException(InvalidInput):
    """A request that the service refuses, with the code that the standard has for the reason ("" for none)."""

    def __init__(self, code: str, what: str, why: str = "", cure: str = "") -> None:
        super().__init__(what, why, cure)
        self.code = code


def code_of(error: GeoPubError) -> str:
    """Return the exception code of an error, "" for none; parameters at fault get the codes of OWS Common."""
    return error.code if isinstance(error, (ServiceException, OwsError)) else ""


def report(error: GeoPubError, version: str) -> bytes:
    """Return the ServiceExceptionReport of an error in the form of this version."""
    code = code_of(error)
    attribute = f" code={quoteattr(code)}" if code else ""
    text = escape(_PLAIN_TEXT_LIMIT.sub("\ufffd", str(error)))
    exception = f"  <ServiceException{attribute}>{text}</ServiceException>\n"
    return (_opening(version) + exception + "</ServiceExceptionReport>\n").encode("utf-8")


def _opening(version: str) -> str:
    if version == V111:
        dtd = "http://schemas.opengis.net/wms/1.1.1/WMS_exception_1_1_1.dtd"
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<!DOCTYPE ServiceExceptionReport SYSTEM "{dtd}">\n'
            '<ServiceExceptionReport version="1.1.1">\n'
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ServiceExceptionReport version="1.3.0" xmlns="http://www.opengis.net/ogc"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.opengis.net/ogc'
        ' http://schemas.opengis.net/wms/1.3.0/exceptions_1_3_0.xsd">\n'
    )


def media_type(version: str) -> str:
    """Return the media type of reports: bare, as QGIS shows the message of no other (the XML says its encoding)."""
    return "application/vnd.ogc.se_xml" if version == V111 else "text/xml"
