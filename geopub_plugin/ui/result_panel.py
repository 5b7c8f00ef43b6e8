"""What one has after publishing: addresses, web page, QR code, lines for a web site, and what to do next."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Optional, Sequence, Tuple

from qgis.PyQt.QtCore import Qt, QTimer, QUrl, pyqtSignal
from qgis.PyQt.QtGui import QDesktopServices, QFontDatabase, QGuiApplication
from qgis.PyQt.QtWidgets import (
    QDialogButtonBox,
    QFileDialog,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ..backend.translation import tr
from ..publish.live_layers import KINDS, LiveService
from ..publish.qr_code import qr_svg
from ..publish.shared_links import WEB, embed_snippet, only_here, web_page
from .address_list import AddressList
from .dialog import Dialog
from .fault_label import FaultLabel
from .icons import icon, theme_icon
from .measures import icon_size, scaled
from .qr_picture import QrPicture

Addresses = Sequence[Tuple[str, str]]


class ResultPanel(Dialog):
    """Stays beside QGIS's window: nothing waits for it."""

    least = (620, 0)

    preview_asked = pyqtSignal(object)  # tuple of LiveService
    add_asked = pyqtSignal(object)  # tuple of LiveService
    link_asked = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Share a publication"))
        self.services: Tuple[LiveService, ...] = ()
        self.page = ""
        # In a turn of its own: loading what makes codes takes 35 ms, once.
        self._code = QTimer(self, singleShot=True, interval=0)
        self._code.timeout.connect(lambda: self.qr.show_address(self.page))
        self.heading = QLabel(self, wordWrap=True)
        self.heading.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.addresses = AddressList(self)
        self.note = QLabel(self, wordWrap=True)
        layout = QVBoxLayout(self)
        layout.addWidget(self.heading)
        layout.addWidget(self.addresses)
        layout.addWidget(self.note)
        layout.addWidget(self._make_web())
        layout.addStretch()
        layout.addLayout(self._make_buttons())
        self.said = QLabel(self, wordWrap=True)
        self.said.hide()
        layout.addWidget(self.said)
        self.fault = FaultLabel(self)
        layout.addWidget(self.fault)

    def show_publication(self, title: str, addresses: Addresses, updated: bool = False) -> None:
        """Show where a publication is: kinds of addresses and the addresses."""
        text = tr("“{title}” is up to date.", title=title) if updated else tr("“{title}” is live.", title=title)
        self.heading.setText(f"<b>{escape(text)}</b>")
        self.heading.setTextFormat(Qt.TextFormat.RichText)
        self.services = tuple(LiveService(kind, title, url) for kind, url in addresses if kind in KINDS)
        self.page = web_page(addresses)
        shown = [(WEB, self.page)] if self.page else []
        self.addresses.show_addresses([*shown, *addresses])
        here = any(only_here(url) for _kind, url in addresses)
        self.note.setText(tr("Only this computer reaches these addresses. Sharing on the network is in the settings."))
        self.note.setVisible(here)
        self.web.setVisible(bool(self.page))
        self.view.setEnabled(bool(self.page))
        self.qr.setVisible(bool(self.page))
        self._code.start()
        self.snippet.setPlainText(embed_snippet(self.page, title) if self.page else "")
        for button in (self.preview, self.add):
            button.setEnabled(bool(self.services))
        self.say("")

    def say(self, text: str) -> None:
        """Say what came of something that was asked for; it takes the place of a fault."""
        self.fault.say("")
        self.said.setText(text)
        self.said.setVisible(bool(text))

    def save_qr(self, path: Path) -> None:
        """Write the QR code as SVG, or as PNG where the name ends so."""
        try:
            if path.suffix.lower() == ".png":
                if not self.qr.picture(1024).save(str(path)):
                    raise OSError(0, tr("unknown error"))
            else:
                path.write_bytes(qr_svg(self.page))
        except OSError as error:
            self.fault.say(tr("The file could not be written: {message}.", message=error.strerror or error))
        else:
            self.fault.say("")

    # Building ---------------------------------------------------------------------------------------------------

    def _make_web(self) -> QGroupBox:
        self.web = QGroupBox(tr("On the web"), self)
        self.qr = QrPicture(self.web)
        label = QLabel(tr("Lines that put the map into another web page"), self.web, wordWrap=True)
        self.snippet = QPlainTextEdit(self.web)
        self.snippet.setReadOnly(True)
        self.snippet.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.snippet.setMaximumHeight(scaled(92))
        label.setBuddy(self.snippet)
        self.copy_snippet = QPushButton(theme_icon("mActionEditCopy"), tr("Copy the lines"), self.web)
        self.copy_snippet.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.snippet.toPlainText()))
        self.save_code = QPushButton(icon("qr"), tr("Save QR code…"), self.web)
        self.save_code.clicked.connect(self._ask_where)
        row = QHBoxLayout()
        row.addWidget(self.copy_snippet)
        row.addWidget(self.save_code)
        row.addStretch()
        right = QVBoxLayout()
        right.addWidget(label)
        right.addWidget(self.snippet)
        right.addLayout(row)
        layout = QHBoxLayout(self.web)
        layout.addWidget(self.qr, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(right, 1)
        return self.web

    def _make_buttons(self) -> QHBoxLayout:
        self.preview = QPushButton(icon("preview"), tr("Open preview"), self)
        self.preview.clicked.connect(lambda: self.preview_asked.emit(self.services))
        self.add = QPushButton(theme_icon("mActionAddLayer"), tr("Add to the project"), self)
        self.add.clicked.connect(lambda: self.add_asked.emit(self.services))
        self.view = QPushButton(icon("web"), tr("Open web viewer"), self)
        self.view.clicked.connect(lambda: QDesktopServices.openUrl(QUrl(self.page)))
        self.link = QPushButton(icon("link"), tr("Temporary link"), self)
        words = tr("A link that shows the publication for 24 hours to whoever has it, also while it is not public")
        self.link.setToolTip(words)
        self.link.clicked.connect(self.link_asked)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        close.button(QDialogButtonBox.StandardButton.Close).setText(tr("Close"))
        close.rejected.connect(self.reject)
        row = QHBoxLayout()
        for button in (self.preview, self.add, self.view, self.link):
            button.setIconSize(icon_size())
            button.setAutoDefault(False)
            row.addWidget(button)
        row.addStretch()
        row.addWidget(close)
        return row

    def _ask_where(self) -> None:
        kinds = "SVG (*.svg);;PNG (*.png)"
        path, _kind = QFileDialog.getSaveFileName(self, tr("Save QR code"), str(Path.home() / "qr.svg"), kinds)
        if path:
            self.save_qr(Path(path))
