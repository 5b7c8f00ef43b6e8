"""Work that must run in the thread of Qt's event loop, asked for from other threads."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, Callable, Tuple, TypeVar

from qgis.PyQt.QtCore import QObject, Qt, pyqtSignal

Result = TypeVar("Result")


class MainThread(QObject):
    """Runs functions in the thread that made it, which must run Qt's event loop."""

    _asked = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self._asked.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def call(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Run a function there and return what it returns, or raise what it raises. Never call this from there."""
        answer: Future[Result] = Future()
        self._asked.emit((answer, function, arguments))
        return answer.result()

    def later(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Run a function there, some time."""
        self._asked.emit((Future(), function, arguments))

    def _run(self, work: Tuple[Future, Callable[..., Any], Tuple[Any, ...]]) -> None:
        answer, function, arguments = work
        try:
            answer.set_result(function(*arguments))
        except Exception as error:  # noqa: BLE001 - handed over whole to the thread that waits for it
            answer.set_exception(error)
