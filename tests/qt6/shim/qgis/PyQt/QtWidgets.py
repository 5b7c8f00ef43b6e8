"""As in QGIS 4, which keeps here what Qt 6 has moved."""

from PyQt6.QtGui import QAction, QActionGroup, QShortcut, QUndoStack  # noqa: F401
from PyQt6.QtWidgets import *  # noqa: F403
