"""What the message bar of QGIS says about a publication."""

from __future__ import annotations

from typing import Callable, List, Optional, Sequence

from qgis.core import Qgis, QgsMessageLog
from qgis.gui import QgsMessageBar, QgsMessageBarItem
from qgis.PyQt import sip
from qgis.PyQt.QtWidgets import QPushButton, QWidget

from ..backend.errors import Cancelled, GeoPubError
from ..backend.translation import tr
from .failure_dialog import FailureDialog

TAG = "GeoPub"
SUCCESS_SECONDS = 30
LONGEST = 160  # characters of a sentence in the message bar


class Messages:
    """Outcomes go to the message bar; details to a dialog, and to the log."""

    def __init__(self, bar: QgsMessageBar, parent: QWidget) -> None:
        self._bar, self._parent = bar, parent
        self.dialog: Optional[FailureDialog] = None
        self._shown: List[QgsMessageBarItem] = []

    def close(self) -> None:
        """Take off what leads back to the plugin, which ends."""
        for item in self._shown:
            if not sip.isdeleted(item):
                self._bar.popWidget(item)
        self._shown.clear()

    def published(self, title: str, updated: bool, open_preview: Callable[[], None]) -> None:
        """Say that the services of a layer are live."""
        text = tr("“{title}” is up to date.", title=title) if updated else tr("“{title}” is live.", title=title)
        self._push(text, Qgis.MessageLevel.Success, SUCCESS_SECONDS, tr("Open preview"), open_preview)

    def failed(self, title: str, error: GeoPubError, log: Sequence[str] = ()) -> None:
        """Say what happened, why and what to do; the button shows everything. What was cancelled has not failed."""
        if isinstance(error, Cancelled):
            return
        QgsMessageLog.logMessage("\n".join((title, *error.sentences, *log)), TAG, Qgis.MessageLevel.Critical, False)
        text = " ".join(_short(sentence) for sentence in error.sentences)
        self._push(text, Qgis.MessageLevel.Critical, 0, tr("Details"), lambda: self._show(title, error, log))

    def said(self, text: str) -> None:
        """Say something that needs no answer."""
        self._bar.pushMessage(TAG, text, Qgis.MessageLevel.Info, 6)

    def _push(self, text: str, level: Qgis.MessageLevel, seconds: int, button: str, slot: Callable[[], None]) -> None:
        item = self._bar.createMessage(TAG, text)
        push = QPushButton(button, item)
        push.clicked.connect(lambda: slot())
        item.layout().addWidget(push)
        self._bar.pushWidget(item, level, seconds)
        self._shown = [one for one in self._shown if not sip.isdeleted(one)] + [item]

    def _show(self, title: str, error: GeoPubError, log: Sequence[str]) -> None:
        self.dialog = FailureDialog(title, error, log, self._parent)
        self.dialog.open()


def _short(sentence: str) -> str:
    """Return a sentence that fits into the message bar; the dialog has the whole."""
    line = " ".join(sentence.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"
