"""What the store is at work on, and was: executions with progress and log, and what was broken off."""

from __future__ import annotations

from typing import Dict, Optional, Tuple

from qgis.PyQt.QtCore import QEvent, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QAction,
    QLabel,
    QMenu,
    QToolBar,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..backend.amounts import share_text, work_text
from ..backend.translation import tr
from ..publish.client.executions import Execution
from ..publish.resumption import Interrupted, stop_text
from ..publish.server_jobs import ServerJobs
from .icons import icon, theme_icon
from .moments import moment_text

AGAIN = 2_000  # ms between two questions while something runs and somebody looks
_ITEM = Qt.ItemDataRole.UserRole


class ExecutionsView(QWidget):
    """A list of jobs, newest first; asks to be refreshed while it is seen and something runs."""

    refresh_asked = pyqtSignal()
    log_asked = pyqtSignal(object)  # Execution
    abort_asked = pyqtSignal(object)  # Execution
    resume_asked = pyqtSignal(object)  # Interrupted
    discard_asked = pyqtSignal(object)  # Interrupted

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.list = QTreeWidget(self)
        self.list.setHeaderHidden(True)  # one column, each job on two lines: two columns are too narrow in a panel
        self.list.setAccessibleName(tr("Jobs"))
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAlternatingRowColors(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.hint = QLabel(tr("No jobs yet."), self, wordWrap=True)
        self._make_actions()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        tools = QToolBar(self)
        tools.addActions([self.log, self.abort, self.resume, self.discard])
        layout.addWidget(tools)
        layout.addWidget(self.list)
        layout.addWidget(self.hint)
        self._timer = QTimer(self, singleShot=True, interval=AGAIN)
        self._timer.timeout.connect(self._ask_again)
        self.list.itemSelectionChanged.connect(self._enable)
        self.list.itemDoubleClicked.connect(lambda *_item: self.log.isEnabled() and self.log.trigger())
        self.list.customContextMenuRequested.connect(self._open_menu)
        self._enable()

    @property
    def current(self) -> object:
        """The Execution or Interrupted under the cursor, None when there is none."""
        items = self.list.selectedItems()
        return items[0].data(0, _ITEM) if items else None

    def show_jobs(self, jobs: ServerJobs) -> None:
        """Show what there is; what was selected stays selected."""
        before = _identifier(self.current)
        self.list.clear()
        for one in jobs.interrupted:
            self._add(one, (tr("Broken off: {name}", name=one.upload.name), stop_text(one)))
        for execution in jobs.executions:
            name = job_name(execution)
            words = name if not execution.output else f"{execution.output} – {name}"
            self._add(execution, (words, execution_text(execution)))
        for row in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(row)
            if before and _identifier(item.data(0, _ITEM)) == before:
                item.setSelected(True)
        self.hint.setVisible(not self.list.topLevelItemCount())
        if jobs.busy:
            self._timer.start()
        self._enable()

    def clear(self) -> None:
        """Show nothing."""
        self._timer.stop()
        self.show_jobs(ServerJobs((), ()))

    def showEvent(self, event: QEvent) -> None:
        """Ask for what there is as soon as it is seen."""
        super().showEvent(event)
        self.refresh_asked.emit()

    def _add(self, what: object, texts: Tuple[str, str]) -> None:
        item = QTreeWidgetItem(self.list, ("\n".join(texts),))
        item.setData(0, _ITEM, what)
        told = list(texts)
        if isinstance(what, Execution):
            told.append(moment_text(what.created))
            item.setIcon(0, icon("tms") if "pyramid" in what.name.lower() else icon("datasheet"))
        else:
            item.setIcon(0, theme_icon("mIconWarning"))
        item.setToolTip(0, "\n".join(text for text in told if text))

    def _make_actions(self) -> None:
        def action(picture: object, text: str, signal: object) -> QAction:
            made = QAction(picture, text, self)
            made.triggered.connect(lambda: signal.emit(self.current))
            return made

        self.log = action(theme_icon("mActionOpenTable"), tr("Show the log"), self.log_asked)
        self.abort = action(theme_icon("mTaskCancel"), tr("Cancel the job"), self.abort_asked)
        self.resume = action(theme_icon("mActionStart"), tr("Resume"), self.resume_asked)
        self.discard = action(theme_icon("mActionDeleteSelected"), tr("Discard…"), self.discard_asked)

    def _enable(self) -> None:
        current = self.current
        execution = current if isinstance(current, Execution) else None
        broken = current if isinstance(current, Interrupted) else None
        self.log.setEnabled(execution is not None)
        self.abort.setEnabled(execution is not None and not execution.ended)
        self.resume.setEnabled(broken is not None)
        self.discard.setEnabled(broken is not None)

    def _open_menu(self, position: object) -> None:
        if self.list.itemAt(position) is not None:
            menu = QMenu(self)
            menu.addActions([self.log, self.abort, self.resume, self.discard])
            menu.popup(self.list.viewport().mapToGlobal(position))

    def _ask_again(self) -> None:
        if self.isVisible():
            self.refresh_asked.emit()


def job_name(execution: Execution) -> str:
    """Return what a job does, in the user's language; a kind that only another server knows keeps its name."""
    return job_names().get(execution.name, execution.name)


def job_names() -> Dict[str, str]:
    """Return the words for each processing, by its name: French, since clients of the platform look for that."""
    return {
        "Intégration de données vecteur livrées en base": tr("Integration"),
        "Calcul de pyramide vecteur": tr("Making tiles"),
        "Calcul ou mise à jour de pyramide vecteur": tr("Making tiles"),
    }


def execution_text(execution: Execution) -> str:
    """Return where an execution stands, in the user's language."""
    progress = execution.progress
    if execution.status == "PROGRESS" and progress.total > 0:
        share = share_text(progress.done / progress.total)
        told = work_text(progress.done, progress.total, progress.unit)
        return f"{share} – {told}" if told else share
    words: Dict[str, str] = {
        "CREATED": tr("Not started"),
        "WAITING": tr("Waiting"),
        "PROGRESS": tr("At work"),
        "SUCCESS": tr("Done"),
        "FAILURE": tr("Failed"),
        "ABORTED": tr("Cancelled"),
    }
    return words.get(execution.status, execution.status)


def _identifier(what: object) -> str:
    if isinstance(what, Execution):
        return what.id
    return what.upload.id if isinstance(what, Interrupted) else ""
