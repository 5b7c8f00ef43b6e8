"""A program of GeoPub's own as a process of Qt's, which tells by signals what becomes of it."""

from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtCore import QObject, QProcess, QProcessEnvironment

from .launch import Launch


def qt_process(launched: Launch, parent: Optional[QObject] = None) -> QProcess:
    """Return a process that is ready to be started."""
    process = QProcess(parent)
    environment = QProcessEnvironment()
    for name, value in launched.environment.items():
        environment.insert(name, value)
    process.setProcessEnvironment(environment)
    process.setWorkingDirectory(str(launched.folder))
    process.setProgram(launched.program)
    process.setArguments(list(launched.arguments))
    return process
