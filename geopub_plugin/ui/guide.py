"""The user guide in a window of its own: the Markdown pages that come with the plugin, in the user's language."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from qgis.PyQt.QtCore import Qt, QUrl
from qgis.PyQt.QtGui import QImage, QTextDocument
from qgis.PyQt.QtWidgets import QDialogButtonBox, QPushButton, QTextBrowser, QVBoxLayout, QWidget

from ..backend.locations import shipped
from ..backend.translation import language, tr
from .dialog import Dialog
from .icons import icon

LANGUAGES = ("en", "fr")
FIRST = "index"


def guide_page(name: str = FIRST) -> Path:
    """Return a page of the guide in the user's language, else in English."""
    spoken = language() if language() in LANGUAGES else LANGUAGES[0]
    return shipped("docs", "guide", spoken, f"{name}.md")


class GuideBrowser(QTextBrowser):
    """Shows pages with pictures that fit."""

    def loadResource(self, kind: int, name: QUrl) -> object:
        """Return a picture no wider than the page."""
        if kind != QTextDocument.ResourceType.ImageResource:
            return super().loadResource(kind, name)
        picture = QImage(self.source().resolved(name).toLocalFile())
        room = self.viewport().width() - 40
        if picture.width() > room > 0:
            return picture.scaledToWidth(room, Qt.TransformationMode.SmoothTransformation)
        return picture


class GuideDialog(Dialog):
    """The guide, with its first page and the way back at hand."""

    least = (860, 680)

    def __init__(self, page: str = FIRST, parent: Optional[QWidget] = None) -> None:
        """Open a page, such as "publish"."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("GeoPub – user guide"))
        self.setWindowIcon(icon("geopub"))
        self.text = GuideBrowser(self)
        self.text.setOpenExternalLinks(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.button(QDialogButtonBox.StandardButton.Close).setText(tr("Close"))
        action = QDialogButtonBox.ButtonRole.ActionRole
        self.home: QPushButton = buttons.addButton(tr("Contents"), action)
        self.back: QPushButton = buttons.addButton(tr("Back"), action)
        self.back.setEnabled(False)
        self.home.clicked.connect(lambda _checked=False: self.show_page(FIRST))
        self.back.clicked.connect(self.text.backward)
        self.text.backwardAvailable.connect(self.back.setEnabled)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.text)
        layout.addWidget(buttons)
        layout.activate()
        self.show_page(page)

    def show_page(self, page: str) -> None:
        """Show a page."""
        self.text.setSource(QUrl.fromLocalFile(str(guide_page(page))))


def open_guide(page: str = FIRST, parent: Optional[QWidget] = None) -> GuideDialog:
    """Open the guide beside `parent`, which it does not block."""
    dialog = GuideDialog(page, parent)
    dialog.show()
    return dialog
