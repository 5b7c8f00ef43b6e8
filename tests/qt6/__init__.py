"""Qt 6: every name the plugin takes from qgis.PyQt is there, and its plain widgets work, with PyQt6 from PyPI."""
