"""Runs with PyQt6 and without QGIS: shows the plain widgets of the plugin, uses them, and draws each."""

from __future__ import annotations

import json

from PyQt6.QtWidgets import QApplication, QWidget

from geopub_plugin.ui.fault_label import FaultLabel
from geopub_plugin.ui.generalisation_field import GeneralisationField
from geopub_plugin.ui.log_dialog import LogDialog
from geopub_plugin.ui.name_field import NameField
from geopub_plugin.ui.qr_picture import QrPicture
from geopub_plugin.ui.room_view import RoomView
from geopub_plugin.ui.versions_dialog import VersionsDialog
from geopub_plugin.ui.wizard.checklist import Checklist
from geopub_plugin.ui.wizard.words_field import WordsField


def colours(widget: QWidget) -> int:
    """Return how many colours the widget shows."""
    picture = widget.grab().toImage()
    return len({picture.pixel(x, y) for x in range(picture.width()) for y in range(picture.height())})


def main() -> None:
    """Print what each widget held and how many colours it shows."""
    application = QApplication([])
    label, log, name = FaultLabel(), LogDialog("Log"), NameField(lambda text: "" if text else "Give a name.")
    label.say("It is too long.")
    log.show_lines(["one", "two"])
    name.name = ""
    name.check()
    fault = name.fault
    name.name = "lakes"
    picture, room, versions = QrPicture(), RoomView(), VersionsDialog("lakes")
    picture.show_address("http://127.0.0.1:8123/view/lakes")
    picture.resize(200, 200)
    room.show_room(())
    versions.show_versions(())
    few, words, preset = Checklist({"a": "Alpha", "b": "Beta"}), WordsField(), GeneralisationField()
    few.chosen = ("b",)
    words.words = ("lakes", "rivers")
    shown = (label, log, name, picture, room, versions, few, words, preset)
    for widget in shown:
        widget.show()
    application.processEvents()
    held = {"fault": fault, "name": name.name, "chosen": few.chosen, "words": words.words, "label": label.text()}
    print(json.dumps({"held": held, "colours": {type(it).__name__: colours(it) for it in shown}}))
    for widget in shown:
        widget.close()


main()
