"""What formats keep of a style: a tree of formats, and under each what is lost, approximated and kept, and where."""

from __future__ import annotations

from typing import Optional, Sequence

from qgis.PyQt.QtCore import QModelIndex, QRect, QSize, Qt
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from ..backend.styles.fidelity import Fate, FidelityReport, Finding
from ..backend.translation import tr
from .icons import icon
from .measures import icon_size, scaled

WHAT, WHERE = range(2)
GRAVEST_FIRST = (Fate.LOST, Fate.APPROXIMATED, Fate.KEPT)
SMALLEST = QSize(360, 140)
ROOM = 4  # pixels around a sentence


class _Sentences(QStyledItemDelegate):
    """Gives a row the height of its sentence: trees of Qt draw wrapped text, but make no room for it."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        view = self.parent()
        taken = view.iconSize().width() + view.indentation() * (2 if index.parent().isValid() else 1) + 2 * ROOM
        width = max(view.columnWidth(WHAT) - taken, 2 * view.indentation())
        if index.column() != WHAT:
            return super().sizeHint(option, index)
        box = QRect(0, 0, width, 0)
        height = view.fontMetrics().boundingRect(box, Qt.TextFlag.TextWordWrap, str(index.data())).height()
        return QSize(width, max(height, view.iconSize().height()) + ROOM)


class FidelityView(QTreeWidget):
    """Shows reports to read; the keyboard walks through it, and long sentences wrap."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setColumnCount(2)
        self.setHeaderLabels([tr("What becomes of the style"), tr("Where")])
        self.setAccessibleName(tr("What becomes of the style"))
        self.setWordWrap(True)
        self.setItemDelegate(_Sentences(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.setIndentation(scaled(16))
        self.setIconSize(icon_size())
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(WHAT, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(WHERE, QHeaderView.ResizeMode.ResizeToContents)
        header.sectionResized.connect(lambda *_sizes: self.scheduleDelayedItemsLayout())  # wraps the rows anew
        self.setMinimumSize(scaled(SMALLEST.width()), scaled(SMALLEST.height()))

    def show_reports(self, reports: Sequence[FidelityReport], opened: str = "") -> None:
        """Show reports; those of formats that lose something are opened, or the one of the format `opened`."""
        self.clear()
        for report in reports:
            top = QTreeWidgetItem([f"{report.target} – {summary(report)}", ""])
            top.setIcon(WHAT, icon(gravest(report).value))
            top.setFirstColumnSpanned(True)
            self.addTopLevelItem(top)
            for fate in GRAVEST_FIRST:
                top.addChildren([_item(finding) for finding in report.of(fate)])
            top.setFirstColumnSpanned(True)
            top.setExpanded(report.target == opened if opened else not report.faithful)


def gravest(report: FidelityReport) -> Fate:
    """Return the worst that a format does to a style."""
    return next((fate for fate in GRAVEST_FIRST if report.of(fate)), Fate.KEPT)


def summary(report: FidelityReport) -> str:
    """Return a report in a few words: "lost: 2, approximated: 1"."""
    lost, approximated = len(report.of(Fate.LOST)), len(report.of(Fate.APPROXIMATED))
    parts = []
    if lost:
        parts.append(tr("lost: {count}", count=lost))
    if approximated:
        parts.append(tr("approximated: {count}", count=approximated))
    return ", ".join(parts) or tr("everything is kept")


def fate_word(fate: Fate) -> str:
    """Return what becomes of a part of a style in the user's language."""
    return {Fate.KEPT: tr("Kept"), Fate.APPROXIMATED: tr("Approximated"), Fate.LOST: tr("Lost")}[fate]


def _item(finding: Finding) -> QTreeWidgetItem:
    where = finding.where or tr("the whole style")
    item = QTreeWidgetItem([finding.what, where])
    item.setIcon(WHAT, icon(finding.fate.value))
    item.setToolTip(WHAT, tr("{name}: {told}", name=fate_word(finding.fate), told=finding.what))
    item.setToolTip(WHERE, where)
    item.setTextAlignment(WHERE, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
    return item
