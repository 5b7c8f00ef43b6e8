"""What a failure shows: what, why, cure, every fault, and a report to copy."""

from __future__ import annotations

from qgis.gui import QgsMessageBar
from qgis.PyQt.QtGui import QGuiApplication
from qgis.PyQt.QtWidgets import QPushButton, QWidget

from geopub_plugin.backend.errors import Unavailable
from geopub_plugin.backend.faults import Fault, Severity
from geopub_plugin.publish.publication import Refused
from geopub_plugin.ui.failure_dialog import FailureDialog
from geopub_plugin.ui.messages import Messages

FAULTS = (
    Fault("table.no-srs", Severity.ERROR, "No reference system.", "why <b>", "cure", "lakes", examples=("1", "2")),
    Fault("name.changed", Severity.REPAIRED, "Renamed.", table="rivers", count=3),
)


def test_all_faults_are_listed_and_copied(qtbot, qgis_app):
    dialog = FailureDialog("Publication of “Lakes”", Refused("Refused.", "Two faults.", "Mend.", FAULTS), ("line 1",))
    qtbot.addWidget(dialog)
    shown = dialog.text.toPlainText()
    for text in ("Refused.", "Two faults.", "Mend.", "No reference system. why <b> cure", "lakes", "(×3)", "line 1"):
        assert text in shown
    dialog.copy.click()
    report = QGuiApplication.clipboard().text()
    for text in ("GeoPub 0", "QGIS 3", "[table.no-srs] lakes", "1, 2", "[name.changed] rivers", "line 1"):
        assert text in report


def test_the_message_bar_says_why_and_opens_the_details(qtbot, qgis_app):
    window = QWidget()
    qtbot.addWidget(window)
    bar = QgsMessageBar(window)
    messages = Messages(bar, window)
    messages.failed("Publication", Unavailable("It broke.", "No cable.", "Plug it in."))
    item = bar.currentItem()
    assert item.text() == "It broke. No cable. Plug it in." and item.duration() == 0
    item.findChild(QPushButton).click()
    assert messages.dialog.isVisible() and "No cable." in messages.dialog.text.toPlainText()
    messages.dialog.close()


def test_success_offers_the_preview(qtbot, qgis_app):
    window, opened = QWidget(), []
    qtbot.addWidget(window)
    bar = QgsMessageBar(window)
    Messages(bar, window).published("Lakes", False, lambda: opened.append(True))
    assert "“Lakes” is live." in bar.currentItem().text()
    bar.currentItem().findChild(QPushButton).click()
    assert opened == [True]
