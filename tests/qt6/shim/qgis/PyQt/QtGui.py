"""As in QGIS 4."""

from PyQt6.QtGui import *  # noqa: F403
