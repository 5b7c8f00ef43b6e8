"""What is said of filters in CQL2 that cannot be answered."""

from __future__ import annotations

from ...translation import tr
from ..owscommon import OwsError


def unknown(name: str, why: str = "") -> OwsError:
    """Return the error of a part of CQL2, or of a function, that is not supported."""
    return OwsError(
        "OptionNotSupported",
        "filter",
        tr("Filters of this service do not know “{name}”.", name=name[:100]),
        why or tr("It is no part of the conformance classes that the service states."),
        tr("Use the operators of these classes."),
    )


def wrong(why: str) -> OwsError:
    """Return the error of a filter that cannot be read."""
    return OwsError(
        "InvalidParameterValue",
        "filter",
        tr("The filter cannot be read."),
        why,
        tr("Correct the filter, and send the request again."),
    )
