"""Qt 6: every name the plugin takes from qgis.PyQt is there, and its windows open, with PyQt6 from PyPI."""
