"""As in QGIS 4."""

from PyQt6.QtCore import *  # noqa: F403
