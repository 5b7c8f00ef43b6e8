"""What a failure shows: what, why, cure, every fault, and a report to copy."""

from __future__ import annotations

import pytest
from qgis.gui import QgsMessageBar
from qgis.PyQt.QtGui import QGuiApplication
from qgis.PyQt.QtWidgets import QPushButton, QWidget

from geopub_plugin.backend.errors import Cancelled, Unavailable
from geopub_plugin.backend.faults import Fault, Severity
from geopub_plugin.publish.publication import Refused
from geopub_plugin.ui.failure_dialog import FailureDialog
from geopub_plugin.ui.messages import Messages

FAULTS = (
    Fault("table.no-srs", Severity.ERROR, "No reference system.", "why <b>", "cure", "lakes", examples=("1", "2")),
    Fault("name.changed", Severity.REPAIRED, "Renamed.", table="rivers", count=3),
)


@pytest.fixture
def window(qtbot, qgis_app) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


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


def test_the_message_bar_says_why_and_opens_the_details(window):
    bar = QgsMessageBar(window)
    messages = Messages(bar, window)
    messages.failed("Publication", Unavailable("It broke.", "No cable.", "Plug it in."))
    item = bar.currentItem()
    assert item.text() == "It broke. No cable. Plug it in." and item.duration() == 0
    item.findChild(QPushButton).click()
    assert messages.dialog.isVisible() and "No cable." in messages.dialog.text.toPlainText()
    messages.dialog.close()


def test_success_offers_the_preview(window):
    bar, opened = QgsMessageBar(window), []
    Messages(bar, window).published("Lakes", False, lambda: opened.append(True))
    assert "“Lakes” is live." in bar.currentItem().text()
    bar.currentItem().findChild(QPushButton).click()
    assert opened == [True]


def test_what_was_cancelled_has_not_failed(window):
    bar = QgsMessageBar(window)
    Messages(bar, window).failed("List of publications", Cancelled("It was cancelled."))
    assert bar.items() == []


def test_nothing_leads_to_a_plugin_that_is_gone(window):
    bar = QgsMessageBar(window)
    others, messages = bar.createMessage("Others"), Messages(bar, window)
    bar.pushItem(others)
    messages.published("Lakes", False, lambda: None)
    messages.failed("Lakes", Unavailable("No."))
    closed = bar.items()[0]
    bar.popWidget(closed)  # by the user
    messages.close()
    assert bar.items() == [others]
