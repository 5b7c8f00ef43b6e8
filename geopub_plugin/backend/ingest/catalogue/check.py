"""One thing that can be found in delivered data, and how it is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Iterable, Optional, Tuple

from ...faults import Fault, Severity
from ...translation import tr

EXAMPLES = 10  # at most, in one fault


@dataclass(frozen=True)
class Check:
    """One thing that can be found: how much it weighs, and what to say of it."""

    id: str
    severity: Severity
    title: str
    what: str
    why: str
    cure: str
    fixable: bool = False  # GeoPub mends it: by itself, or an error once the user has said what is asked for

    def fault(
        self,
        table: str = "",
        count: int = 1,
        examples: Iterable[object] = (),
        **values: object,
    ) -> Fault:
        """Return the finding in the user's language; `values` fill the named places of the templates."""
        values = {"table": table, "count": count, **values}
        shown = tuple(str(example) for example in examples)[:EXAMPLES]
        what, why, cure = (_filled(text, values) for text in (self.what, self.why, self.cure))
        return Fault(self.id, self.severity, what, why, cure, table, count, shown, self.fixable)


def _filled(text: str, values: Dict[str, object]) -> str:
    return tr(text, **values) if text else ""


def declared(
    severity: Severity, *rows: Tuple[str, str, str, str, str], fixable: Optional[bool] = None
) -> Tuple[Check, ...]:
    """Return checks of one severity from rows of id, title, what, why, cure; what is REPAIRED is fixable."""
    mended = severity is Severity.REPAIRED if fixable is None else fixable
    return tuple(Check(row[0], severity, *row[1:], fixable=mended) for row in rows)
