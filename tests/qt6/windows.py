"""Runs with PyQt6: imports all of the plugin beside stand-ins of QGIS, opens every window, and draws each."""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Dict, Iterator, Set, Tuple

from PyQt6.QtWidgets import QApplication, QWidget
from stand_in import Layer  # before all that asks for QGIS

from geopub_plugin.backend.faults import Fault, Severity
from geopub_plugin.publish.layer_check import Finding, LayerCheck
from geopub_plugin.ui.findings_dialog import FindingsDialog
from geopub_plugin.ui.guide import GuideDialog
from geopub_plugin.ui.jobs_view import JobsView
from geopub_plugin.ui.preview import Preview
from geopub_plugin.ui.wizard.draft import Draft
from geopub_plugin.ui.wizard.wizard import PublicationWizard
from tests.ui.conftest import two_datasheets
from tests.ui.test_readable import WINDOWS, Given

PACKAGE = Path(sys.argv[1])


def main() -> None:
    """Print {"modules": how many were imported, "colours": {window: how many it shows}, "unseen": [classes]}."""
    application = QApplication([])
    files = (PACKAGE / "plugin.py", *(PACKAGE / "ui").rglob("*.py"), *(PACKAGE / "publish").rglob("*.py"))
    for file in files:
        importlib.import_module(".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts))
    seen: Set[type] = set()
    shown: Dict[str, int] = {}
    for name, window in windows():
        window.show()
        application.processEvents()
        shown[name] = colours(window)
        seen |= {type(one) for one in (window, *window.findChildren(QWidget))}
        window.close()
    ours = {kind for kind in subclasses(QWidget) if kind.__module__.startswith("geopub_plugin.")}
    unseen = sorted(kind.__name__ for kind in ours if not any(issubclass(one, kind) for one in seen))
    print(json.dumps({"modules": len(files), "colours": shown, "unseen": unseen}))


def windows() -> Iterator[Tuple[str, QWidget]]:
    """Yield name and window, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        given = Given(Layer(), two_datasheets(), Path(folder))
        for name, made in WINDOWS.items():
            yield name, made(given)
        yield "guide", GuideDialog()
        yield "preview", Preview()
        yield "findings", findings(given.lake)
        yield "work", work()
        wizard = PublicationWizard(Draft([given.lake]))
        for step, page in wizard.pages.items():
            page.initializePage()
            wizard.setStartId(step)
            wizard.restart()
            yield f"wizard {step.name}", wizard


def findings(lake: Layer) -> QWidget:
    """Return the checks, ended with something that a click leads to and another one mends."""
    fault = Fault("geometry.invalid", Severity.WARNING, "Bad.", "They cross.", "Mend.", table="lakes", examples=("1",))
    LayerCheck.start = lambda check: check.finished.emit((Finding(fault, lake),))  # the engine is asked elsewhere
    return FindingsDialog([lake], ["lakes"])


def work() -> QWidget:
    """Return something at work, and something that was broken off."""
    view = JobsView()
    running = LayerCheck([], [], "", view)
    view.follow(running, "Lakes")
    running.moved.emit(0.5, "Tiles")
    view.offer("Rivers", "Broken off.", view.hide, view.hide)
    return view


def subclasses(kind: type) -> Iterator[type]:
    """Yield every class that derives from a class."""
    for one in kind.__subclasses__():
        yield one
        yield from subclasses(one)


def colours(widget: QWidget) -> int:
    """Return how many colours a widget shows."""
    picture = widget.grab().toImage()
    return len({picture.pixel(x, y) for x in range(0, picture.width(), 3) for y in range(0, picture.height(), 3)})


main()
