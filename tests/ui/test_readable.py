"""Every window can be read and used by keyboard: with text twice as large, on dark themes, in high contrast."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Dict, Iterator, List, Tuple

import pytest
from qgis.core import QgsApplication, QgsSettings, QgsVectorLayer
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor, QPalette
from qgis.PyQt.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from geopub_plugin.backend.translation import use_language
from geopub_plugin.publish.client.allowances import BYTES, SERVICES, Allowance
from geopub_plugin.publish.client.datasheets import Datasheet
from geopub_plugin.publish.client.deletions import Doomed
from geopub_plugin.publish.client.executions import Execution, Progress
from geopub_plugin.publish.client.listed_styles import ServiceStyle, StylePart
from geopub_plugin.publish.client.revisions import Revision
from geopub_plugin.publish.embedded_process import EmbeddedProcess
from geopub_plugin.publish.layer_memory import Published, remember
from geopub_plugin.publish.layer_plan import propose_plan
from geopub_plugin.publish.publication_values import Refused
from geopub_plugin.publish.server_jobs import ServerJobs
from geopub_plugin.publish.service_styles import StyledService
from geopub_plugin.publish.store_source import Stores
from geopub_plugin.publish.targets import Target, TargetKind, Targets
from geopub_plugin.publish.versions import Versioned
from geopub_plugin.ui import measures
from geopub_plugin.ui.colours import BUSY, FAULT, GOOD, IDLE
from geopub_plugin.ui.consequences_dialog import ConsequencesDialog
from geopub_plugin.ui.dock import Dock
from geopub_plugin.ui.failure_dialog import FailureDialog
from geopub_plugin.ui.fault_label import FaultLabel
from geopub_plugin.ui.keyboard import with_accelerator
from geopub_plugin.ui.layer_page import LayerPage
from geopub_plugin.ui.log_dialog import LogDialog
from geopub_plugin.ui.options_page import OptionsPage
from geopub_plugin.ui.publications_model import PublicationsModel
from geopub_plugin.ui.publish_dialog import PublishDialog
from geopub_plugin.ui.result_panel import ResultPanel
from geopub_plugin.ui.sign_in_dialog import SignInDialog
from geopub_plugin.ui.style_entry_dialog import StyleEntryDialog
from geopub_plugin.ui.styles_dialog import StylesDialog
from geopub_plugin.ui.target_dialog import TargetDialog
from geopub_plugin.ui.update_dialog import UpdateDialog
from geopub_plugin.ui.versions_dialog import VersionsDialog
from geopub_plugin.ui.wizard.draft import Draft
from geopub_plugin.ui.wizard.wizard import PublicationWizard
from tests.readability import LEAST, complaints, luminance

TAKEN = Path("build/screenshots")
ADDRESSES = tuple((kind, f"https://maps.example.org/{kind.lower()}/lakes") for kind in ("WFS", "WMS", "TMS"))
TOWN = Target("town", TargetKind.SERVER, "Town", "https://maps.example.org/api", "", "roads", "")
Window = Callable[["Given"], QWidget]


class Given:
    """What the windows show."""

    def __init__(self, lake: QgsVectorLayer, sheets: Tuple[Datasheet, ...], folder: Path) -> None:
        self.lake, self.sheets = lake, sheets
        self.engine = EmbeddedProcess(folder, find=lambda _data: pytest.fail("started"))


def publish(given: Given) -> QWidget:
    dialog = PublishDialog(given.lake, {})
    dialog.name.line.setText("été")
    dialog.title.clear()
    return dialog


def update(given: Given) -> QWidget:
    remember(given.lake, propose_plan(given.lake))
    return UpdateDialog(given.lake)


def share(_given: Given) -> QWidget:
    panel = ResultPanel()
    panel.show_publication("Étangs & lacs", (*ADDRESSES, ("WEB", "http://127.0.0.1:8123/view/lakes")))
    panel.fault.say("A fault.")
    return panel


def options(given: Given) -> QWidget:
    page = OptionsPage(Targets(), given.engine)
    page.embedded.shared.setChecked(True)
    page.embedded.folder.setFilePath("relative")
    page.resize(640, 520)
    return page


def target(_given: Given) -> QWidget:
    dialog = TargetDialog(TOWN)
    dialog.url.setText("not an address")
    return dialog


def versions(_given: Given) -> QWidget:
    dialog = VersionsDialog("Lakes")
    revisions = tuple(Revision(n, "2026-11-23T08:00:00Z", 125_000_000, n == 2, True) for n in (2, 1))
    dialog.show_versions((Versioned("data", "1", "lakes", revisions),))
    return dialog


def consequences(_given: Given) -> QWidget:
    doomed = (Doomed("stored_data", "1", "lakes", size=125_000_000), Doomed("offering", "2", "lakes"))
    return ConsequencesDialog("Everything of the datasheet “Lakes” is deleted.", "Delete", doomed, "Your layer stays.")


def failure(_given: Given) -> QWidget:
    return FailureDialog("Publication of “Lakes”", Refused("Refused.", "Two faults.", "Mend.", ()), ("line 1",))


def log(_given: Given) -> QWidget:
    dialog = LogDialog("lakes")
    dialog.show_lines(["INFO started", "INFO done"])
    return dialog


def styles(given: Given) -> QWidget:
    dialog = StylesDialog(given.sheets[0].services[1])
    dialog.show_styles(styled(given))
    return dialog


def new_style(given: Given) -> QWidget:
    dialog = StyleEntryDialog(styled(given), None, [given.lake])
    dialog.name.setText("Blue")
    return dialog


def styled(given: Given) -> StyledService:
    own = ServiceStyle("Blue", "blue", True, (StylePart("lakes", "1"),))
    return StyledService(given.sheets[0].services[1], ("lakes",), (own,))


def layer_page(given: Given) -> QWidget:
    remember(given.lake, propose_plan(given.lake), Published(addresses=ADDRESSES))
    return LayerPage(given.lake, None)


def panel(tab: int) -> Window:
    def made(given: Given) -> QWidget:
        model = PublicationsModel()
        dock = Dock(Stores(Targets(), given.engine), model)
        model.show(given.sheets)
        running = Execution("2", "Calcul de pyramide vecteur", "PROGRESS", progress=Progress("t", 250, 1000, "tiles"))
        dock.executions.show_jobs(ServerJobs((running,), ()))
        dock.room.show_room((Allowance("Bases vecteur", "data", BYTES, 10**9, 10**10),
                             Allowance("Service WFS", "WFS", SERVICES, 3, 20)))  # fmt: skip
        dock.tabs.setCurrentIndex(tab)
        dock.resize(dock.minimumSizeHint().width(), 500)
        return dock

    return made


WINDOWS: Dict[str, Window] = {
    "publish": publish, "update": update, "share": share, "options": options, "target": target,
    "sign in": lambda given: SignInDialog("Town", "https://maps.example.org/api"), "versions": versions,
    "consequences": consequences, "failure": failure, "log": log, "styles": styles, "new style": new_style,
    "layer page": layer_page, "published": panel(0), "jobs": panel(1), "room": panel(2),
}  # fmt: skip


def large() -> None:
    font = QApplication.font()
    font.setPointSizeF(2 * font.pointSizeF())
    QApplication.setFont(font)


def high_contrast() -> None:
    black, white, yellow = QColor("#000000"), QColor("#ffffff"), QColor("#ffff00")
    palette = QPalette(white, black, white, white, black, white, white, black, black)
    for role, colour in ((QPalette.ColorRole.Highlight, yellow), (QPalette.ColorRole.HighlightedText, black),
                         (QPalette.ColorRole.Link, yellow), (QPalette.ColorRole.Button, black)):  # fmt: skip
        palette.setColor(role, colour)
    QApplication.setPalette(palette)


OWN = {"grey": 2.7, "night": 3.3}  # QGIS's themes whose own labels and buttons are paler than they should be

THEMES: Dict[str, Callable[[], None]] = {
    "usual": lambda: None,
    "large": large,
    "night": lambda: QgsApplication.setUITheme("Night Mapping"),
    "grey": lambda: QgsApplication.setUITheme("Blend of Gray"),
    "contrast": high_contrast,
}


@pytest.fixture
def themed(request: pytest.FixtureRequest, qgis_app: QgsApplication) -> Iterator[str]:
    font, palette, sheet = QApplication.font(), QApplication.palette(), QApplication.instance().styleSheet()
    THEMES[request.param]()
    yield request.param
    QgsApplication.setUITheme("default")
    QApplication.instance().setStyleSheet(sheet)
    QApplication.setPalette(palette)
    QApplication.setFont(font)


@pytest.fixture(autouse=True)
def screen(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> QSize:
    """Say how large the screen is, for Qt's offscreen one is small: Full HD, at 200 % but for large text."""
    theme = getattr(request.node, "callspec", None) and request.node.callspec.params.get("themed")
    size = QSize(1920, 1040) if theme == "large" else QSize(960, 520)
    monkeypatch.setattr(measures, "room_on_screen", lambda _window: size)
    return size


@pytest.fixture
def given(lake: QgsVectorLayer, datasheets: Tuple[Datasheet, ...], tmp_path: Path) -> Iterator[Given]:
    QgsSettings().remove("geopub")
    yield Given(lake, datasheets, tmp_path)
    QgsSettings().remove("geopub")


def but_slow(quick: str) -> List[object]:
    """Return the themes, all but one for the slow run."""
    return [pytest.param(one, marks=[] if one == quick else [pytest.mark.slow]) for one in THEMES]


@pytest.mark.parametrize("themed", but_slow("large"), indirect=True)
def test_every_window_can_be_read(themed: str, given: Given, screen: QSize) -> None:
    use_language("fr")
    found: List[str] = []
    for name, made in WINDOWS.items():
        found += looked_at(made(given), f"{name} {themed}", screen)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("themed", but_slow("night"), indirect=True)
def test_every_page_of_the_wizard_can_be_read(themed: str, given: Given, screen: QSize) -> None:
    use_language("fr")
    wizard = PublicationWizard(Draft([given.lake]))
    wizard.show()
    found: List[str] = []
    for step, page in wizard.pages.items():
        page.initializePage()
        wizard.setStartId(step)
        wizard.restart()
        found += looked_at(wizard, f"wizard {step.name} {themed}", screen, last=False)
    sip.delete(wizard)
    assert not found, "\n".join(found)


def looked_at(window: QWidget, name: str, screen: QSize, last: bool = True) -> List[str]:
    """Show a window, keep its picture for a person to look at, and return the complaints."""
    window.show()
    for _turn in range(3):
        QApplication.processEvents()
    TAKEN.mkdir(parents=True, exist_ok=True)
    window.grab().save(str(TAKEN / f"readable {name}.png"))
    found = [f"{name}: {one}" for one in complaints(window, screen, OWN.get(name.rpartition(" ")[2], LEAST))]
    if last:
        sip.delete(window)
    return found


@pytest.mark.parametrize("pair", [FAULT, GOOD, BUSY, IDLE])
@pytest.mark.parametrize(
    "ground, dark", [("#ffffff", 0), ("#eff0f1", 0), ("#000000", 1), ("#323232", 1), ("#535353", 1)]
)
def test_colours_are_read_on_their_grounds(pair, ground, dark):
    light, other = luminance(QColor(pair[dark])), luminance(QColor(ground))
    assert (max(light, other) + 0.05) / (min(light, other) + 0.05) >= LEAST


@pytest.mark.parametrize("themed", ["usual"], indirect=True)
def test_a_fault_follows_the_theme(qtbot, themed):
    label = FaultLabel()
    qtbot.addWidget(label)
    assert FAULT[0] in label.styleSheet()
    high_contrast()
    assert FAULT[1] in label.styleSheet()


@pytest.mark.parametrize(
    "text, taken, marked",
    [("Publish", set(), "&Publish"), ("Publish", {"p"}, "P&ublish"), ("Publish now", {"p"}, "Publish &now"),
     ("Étangs", set(), "É&tangs"), ("&Format", {"f"}, "&Format"), ("ok", {"o", "k"}, "ok"),
     ("<b>x</b>", set(), "<b>x</b>")],
)  # fmt: skip
def test_a_letter_is_found(text, taken, marked):
    assert with_accelerator(text, taken) == marked


@pytest.mark.parametrize(
    "made",
    [lambda lake: PublishDialog(lake, {}), lambda lake: PublicationWizard(Draft([lake]))],
    ids=("express", "wizard"),
)
def test_letters_of_a_window_are_its_own(qtbot, given, made):
    dialog = made(given.lake)
    qtbot.addWidget(dialog)
    dialog.show()
    shown = [one for kind in (QPushButton, QLabel) for one in dialog.findChildren(kind) if one.isVisible()]
    texts = [one.text() for one in shown if "&" in one.text().replace("&&", "")]
    letters = [text[text.replace("&&", "  ").index("&") + 1].lower() for text in texts]
    assert len(letters) == len(set(letters)) >= 8, texts
