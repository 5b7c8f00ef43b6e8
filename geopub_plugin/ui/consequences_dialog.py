"""Before anything is taken away: everything that goes with it, by name."""

from __future__ import annotations

from typing import Dict, Optional, Sequence

from qgis.PyQt.QtWidgets import (
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..backend.amounts import size_text
from ..backend.translation import tr
from ..publish.client.deletions import Doomed
from .dialog import Dialog
from .icons import theme_icon
from .publications_model import KIND_OF


class ConsequencesDialog(Dialog):
    """Lists what would go; only its own button lets it go."""

    least = (520, 320)

    def __init__(
        self, question: str, verb: str, doomed: Sequence[Doomed], note: str = "", parent: Optional[QWidget] = None
    ) -> None:
        """Ask `question`; `verb` is what the button does, `note` what stays."""
        super().__init__(parent)
        self.setWindowTitle(verb)
        self.list = QTreeWidget(self)
        self.list.setHeaderLabels((tr("What goes"), tr("Name"), tr("Size")))
        self.list.setRootIsDecorated(False)
        self.list.setAccessibleName(question)
        for one in doomed:
            size = size_text(one.size) if one.size else ""
            what = f"{kind_text(one.kind)} ({KIND_OF.get(one.type, one.type)})" if one.type else kind_text(one.kind)
            QTreeWidgetItem(self.list, (what, one.name, size)).setToolTip(1, one.name)
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        cancel = buttons.button(QDialogButtonBox.StandardButton.Cancel)
        cancel.setText(tr("Cancel"))
        self.go = buttons.addButton(verb, QDialogButtonBox.ButtonRole.AcceptRole)
        self.go.setIcon(theme_icon("mActionDeleteSelected"))
        self.go.setAutoDefault(False)
        cancel.setDefault(True)  # Enter changes nothing
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel(question, self, wordWrap=True))
        layout.addWidget(self.list, 1)
        if note:
            layout.addWidget(QLabel(note, self, wordWrap=True))
        layout.addWidget(buttons)


def kind_text(kind: str) -> str:
    """Return what a thing is, in the user's language."""
    words: Dict[str, str] = {
        "offering": tr("Live service"),
        "configuration": tr("Definition of a service"),
        "stored_data": tr("Data"),
        "upload": tr("Delivered files"),
        "static": tr("Style"),
        "annexe": tr("Public file"),
        "metadata": tr("Metadata record"),
        "permission": tr("Permission"),
        "execution": tr("Job"),
    }
    return words.get(kind, kind)
