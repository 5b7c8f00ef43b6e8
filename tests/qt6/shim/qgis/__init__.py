"""Stands in for QGIS where there is none: only its door to Qt, which leads to PyQt6 as in QGIS 4."""
