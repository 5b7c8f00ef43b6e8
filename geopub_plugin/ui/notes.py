"""A list of findings in words, the blocking ones marked."""

from __future__ import annotations

from html import escape
from typing import Optional, Sequence

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QLabel, QWidget

from ..backend.faults import Fault, Severity

_MARKS = {Severity.ERROR: "✖", Severity.WARNING: "⚠", Severity.REPAIRED: "✔", Severity.INFO: "•"}


class Notes(QLabel):
    """Hidden while there is nothing to say."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.hide()

    def say(self, faults: Sequence[Fault]) -> None:
        """Show findings, one a paragraph."""
        self.setText("".join(f"<p style='margin:2px'>{mark(f)} {escape(f.sentence)}</p>" for f in faults))
        self.setVisible(bool(faults))


def mark(fault: Fault) -> str:
    """Return the sign of a finding's severity."""
    return _MARKS[fault.severity]
