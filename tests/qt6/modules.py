"""Runs with PyQt6 and without QGIS: imports every module of the plugin that needs no more than Qt."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

PACKAGE = Path(sys.argv[1])
QGIS = ("qgis.core", "qgis.gui", "qgis.utils", "qgis.analysis", "processing")


def main() -> None:
    """Print {"imported": [modules], "failed": {module: error}}; what wants QGIS itself is in neither."""
    done, failed = [], {}
    for file in sorted([*(PACKAGE / "ui").rglob("*.py"), *(PACKAGE / "publish").rglob("*.py")]):
        name = ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts)
        try:
            importlib.import_module(name)
            done.append(name)
        except ModuleNotFoundError as error:
            if error.name not in QGIS:
                failed[name] = str(error)
        except (ImportError, AttributeError, TypeError) as error:
            failed[name] = f"{type(error).__name__}: {error}"
    print(json.dumps({"imported": done, "failed": failed}))


main()
