"""Exception reports, in the form of each version of WFS."""

from __future__ import annotations

from ...errors import GeoPubError
from ...safe_xml import escape, quoteattr
from ..owscommon import exception_of, exception_report, printable

_ROOTS = {  # root, element of one exception, attribute of its code
    "1.1.0": (
        'ows:ExceptionReport xmlns:ows="http://www.opengis.net/ows" version="1.0.0"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.opengis.net/ows'
        ' http://schemas.opengis.net/ows/1.0.0/owsExceptionReport.xsd"'
    ),
    "1.0.0": (
        'ServiceExceptionReport xmlns="http://www.opengis.net/ogc" version="1.2.0"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.opengis.net/ogc'
        ' http://schemas.opengis.net/wfs/1.0.0/OGC-exception.xsd"'
    ),
}


def report(error: GeoPubError, version: str) -> bytes:
    """Return the report of an error: of OWS Common 1.1 in 2.0.0, 1.0 in 1.1.0, a ServiceExceptionReport in 1.0.0."""
    if version not in _ROOTS:
        return exception_report(error)
    code, locator, _status = exception_of(error)
    located = f" locator={quoteattr(printable(locator))}" if locator else ""
    text = escape(printable(str(error)))
    if version == "1.0.0":
        inner = f'<ServiceException code="{code}"{located}>{text}</ServiceException>'
    else:
        inner = f'<ows:Exception exceptionCode="{code}"{located}><ows:ExceptionText>{text}</ows:ExceptionText>'
        inner += "</ows:Exception>"
    root = _ROOTS[version]
    name = root.partition(" ")[0]
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>\n  {inner}\n</{name}>\n'.encode()
