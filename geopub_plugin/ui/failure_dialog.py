"""Everything about a failure: what, why, cure, every fault, and the report to copy."""

from __future__ import annotations

from html import escape
from typing import Optional, Sequence, Tuple

from qgis.core import Qgis
from qgis.PyQt.QtGui import QGuiApplication
from qgis.PyQt.QtWidgets import QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from ..backend.about import __version__
from ..backend.errors import GeoPubError
from ..backend.faults import Fault
from ..backend.translation import tr
from .dialog import Dialog
from .notes import mark


class FailureDialog(Dialog):
    """Shows one failure."""

    least = (620, 380)

    def __init__(
        self, title: str, error: GeoPubError, log: Sequence[str] = (), parent: Optional[QWidget] = None
    ) -> None:
        """Show `error` of the work called `title`, with the last lines of the backend."""
        super().__init__(parent)
        self.setWindowTitle(title)
        self._error, self._faults, self._log = error, faults_of(error), tuple(log)
        self.text = QTextBrowser(self)
        self.text.setHtml(self._html())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.button(QDialogButtonBox.StandardButton.Close).setText(tr("Close"))
        self.copy = buttons.addButton(tr("Copy report"), QDialogButtonBox.ButtonRole.ActionRole)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.report()))
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.text)
        layout.addWidget(buttons)

    def report(self) -> str:
        """Return the report as text, for a mail or an issue."""
        lines = [f"GeoPub {__version__}, QGIS {Qgis.QGIS_VERSION}", "", self.windowTitle(), *self._error.sentences]
        lines.extend(_fault_line(fault) for fault in self._faults)
        return "\n".join([*lines, *(("", tr("Log:"), *self._log) if self._log else ())])

    def _html(self) -> str:
        error = self._error
        parts = [f"<h3>{escape(error.what)}</h3>"]
        parts += [f"<p>{escape(text)}</p>" for text in (error.why,) if text]
        parts += [f"<p><b>{escape(tr('What to do:'))}</b> {escape(text)}</p>" for text in (error.cure,) if text]
        if self._faults:
            parts.append("<hr>" + "".join(_fault_html(fault) for fault in self._faults))
        if self._log:
            parts.append(f"<hr><pre>{escape(chr(10).join(self._log))}</pre>")
        return "".join(parts)


def faults_of(error: GeoPubError) -> Tuple[Fault, ...]:
    """Return the faults that an error carries, none for most."""
    return tuple(getattr(error, "faults", ()))


def _fault_line(fault: Fault) -> str:
    parts = (mark(fault), f"[{fault.id}]", fault.table, fault.sentence, ", ".join(fault.examples))
    return " ".join(part for part in parts if part)


def _fault_html(fault: Fault) -> str:
    where = f"<b>{escape(fault.table)}</b>: " if fault.table else ""
    count = f" (×{fault.count})" if fault.count > 1 else ""
    examples = f"<br><i>{escape(', '.join(fault.examples))}</i>" if fault.examples else ""
    return f"<p>{mark(fault)} {where}{escape(fault.sentence)}{count}{examples}</p>"
