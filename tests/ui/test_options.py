"""GeoPub's page in QGIS's options: targets, and the engine of this computer."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest
from qgis.core import QgsApplication, QgsSettings
from qgis.PyQt.QtWidgets import QDialogButtonBox

from geopub_plugin.backend.translation import use_language
from geopub_plugin.publish.base_maps import default_name
from geopub_plugin.publish.embedded_process import EmbeddedProcess, data_folder
from geopub_plugin.publish.embedded_settings import EmbeddedSettings, for_others, network_address
from geopub_plugin.publish.sign_in import GEOPLATEFORME_API, issuer_of, keep, password_sign_in
from geopub_plugin.publish.targets import Target, TargetKind, Targets
from geopub_plugin.ui.base_map_box import BaseMapBox
from geopub_plugin.ui.embedded_box import AUTOMATIC
from geopub_plugin.ui.options_page import OptionsFactory, OptionsPage
from geopub_plugin.ui.sign_in_dialog import SignInDialog
from geopub_plugin.ui.target_dialog import TargetDialog
from tests.team_server import LOGIN, PASSWORD, team_server

OK = QDialogButtonBox.StandardButton.Ok
TOWN = Target("town", TargetKind.SERVER, "Town", "https://maps.example.org/api", "", "roads", "")


@pytest.fixture
def page(qtbot, qgis_app, tmp_path) -> Iterator[OptionsPage]:
    QgsSettings().remove("geopub")
    process = EmbeddedProcess(tmp_path / "data", find=lambda _data: pytest.fail("started"))
    made = OptionsFactory(Targets(), process).createWidget(None)
    made.process = process
    qtbot.addWidget(made)
    yield made
    QgsSettings().remove("geopub")


def test_a_target_is_added_changed_and_removed(page):
    box = page.targets
    assert [target.embedded for target in box.targets] == [True]
    box.list.setCurrentRow(0)
    assert not box.edit.isEnabled() and not box.remove.isEnabled()
    box.add.click()
    dialog = box.dialog
    assert not dialog.buttons.button(OK).isEnabled() and not dialog.test.isEnabled()
    dialog.title.setText("Town")
    dialog.url.setText("https://maps.example.org")
    dialog.buttons.button(OK).click()
    assert len(Targets().all()) == 1  # not before the page is applied
    page.apply()
    assert Targets().get("town").url == "https://maps.example.org/api"

    box.edit.click()
    box.dialog.prefix.setText("town.")
    box.dialog.accept()
    page.apply()
    assert Targets().get("town").prefix == "town."
    box.remove.click()
    assert Targets().get("town") is not None
    page.apply()
    assert Targets().get("town") is None


@pytest.mark.parametrize(
    "field, text, said",
    [("title", "", "title is needed"), ("url", "maps.example.org", "https://"), ("prefix", "1x", "start with")],
)
def test_faults_are_said_beside_their_field(qtbot, field, text, said):
    dialog = TargetDialog(TOWN)
    qtbot.addWidget(dialog)
    assert dialog.buttons.button(OK).isEnabled()
    getattr(dialog, field).setText(text)
    assert said in getattr(dialog, f"{field}_fault").text() and not dialog.buttons.button(OK).isEnabled()


def test_the_platform_is_known_by_its_address(qtbot):
    dialog = TargetDialog(Target("", TargetKind.SERVER, ""))
    qtbot.addWidget(dialog)
    dialog.kind.setCurrentIndex(1)
    assert (dialog.target.url, dialog.target.kind) == (GEOPLATEFORME_API, TargetKind.GEOPLATEFORME)


def test_a_connection_is_tried_with_a_real_server(qtbot, qgis_app, tmp_path):
    manager = QgsApplication.authManager()
    if manager.isDisabled() or not manager.setMasterPassword("for tests only", True):
        pytest.skip("this QGIS has no authentication database")
    with team_server(tmp_path / "data") as url:
        authcfg = keep(password_sign_in("Town", issuer_of(url), LOGIN, PASSWORD))
        dialog = TargetDialog(Target("", TargetKind.SERVER, "Town", url, authcfg))
        qtbot.addWidget(dialog)
        dialog.datastore.setEditText("town")
        dialog.test.click()
        qtbot.waitUntil(lambda: dialog.test.isEnabled(), timeout=30_000)
        assert "It works" in dialog.outcome.text() and LOGIN in dialog.outcome.text()
        assert dialog.target.datastore == "town"
        dialog.accept()  # after a trial, whose task is gone
        assert dialog.result()
        dialog.datastore.setEditText("nowhere")
        dialog.test.click()
        qtbot.waitUntil(lambda: dialog.test.isEnabled(), timeout=30_000)
        assert "no datastore “nowhere”" in dialog.outcome.text()
        dialog.auth.setConfigId("")
        dialog.test.click()
        qtbot.waitUntil(lambda: dialog.test.isEnabled(), timeout=30_000)
        assert "It works" not in dialog.outcome.text() and dialog.outcome.text()
        manager.removeAuthenticationConfig(authcfg)


def test_signing_in_needs_what_it_needs(qtbot, qgis_app):
    dialog = SignInDialog("Town", "https://h/api")
    qtbot.addWidget(dialog)
    assert dialog.by_password.isChecked() and not dialog.buttons.button(OK).isEnabled()
    dialog.login.setText("ada@example.org")
    dialog.password.setText("x")
    assert dialog.buttons.button(OK).isEnabled() and not dialog.client.isEnabled()
    platform = SignInDialog("GPF", GEOPLATEFORME_API)
    qtbot.addWidget(platform)
    assert platform.by_browser.isChecked() and not platform.client.text()
    platform.client.setText("c")
    platform.secret.setText("s")
    assert platform.buttons.button(OK).isEnabled()


def test_engine_settings_are_kept_and_told_to_the_engine(page, tmp_path):
    box = page.embedded
    assert box.settings == EmbeddedSettings(data_folder()) and box.settings.options == ()
    assert "Nothing leaves it" in box.shared_note.text() and box.folder_note.isHidden()
    box.folder.setFilePath(str(tmp_path / "elsewhere"))
    box.port.setValue(8123)
    box.shared.setChecked(True)
    assert "without a password" in box.shared_note.text() and "8123" in box.shared_note.text()
    assert not box.folder_note.isHidden()
    page.apply()
    kept = EmbeddedSettings.read()
    assert kept == EmbeddedSettings(tmp_path / "elsewhere", 8123, True)
    assert kept.options == ("--port", "8123", "--host", ".".join("0000"))
    assert (page.process.data, page.process.options) == (kept.folder, kept.options)
    box.port.setValue(AUTOMATIC)
    box.shared.setChecked(False)
    page.apply()
    assert EmbeddedSettings.read().options == () == page.process.options


@pytest.mark.parametrize("path", ["relative/folder", __file__])
def test_a_folder_that_is_none_is_refused(page, path):
    page.embedded.folder.setFilePath(path)
    assert page.embedded.fault.text() and not page.embedded.usable
    page.apply()
    assert EmbeddedSettings.read().folder == data_folder()


def test_odd_settings_count_as_defaults(qgis_app):
    QgsSettings().setValue("geopub/embedded/port", "80")
    QgsSettings().setValue("geopub/embedded/shared", "perhaps")
    assert EmbeddedSettings.read() == EmbeddedSettings(data_folder())
    QgsSettings().remove("geopub")


def test_addresses_for_others():
    outside = network_address()
    expected = f"http://{outside or '127.0.0.1'}:8123/wfs?a=b"
    assert for_others("http://127.0.0.1:8123/wfs?a=b") == expected
    assert for_others("https://maps.example.org/wfs") == "https://maps.example.org/wfs"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_pictures(page, qtbot, tmp_path, language):
    """Draw the page and its dialogs, for a person to look at."""
    use_language(language)
    folder = Path("build/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    made = OptionsPage(Targets(), page.process)
    dialog, sign_in = TargetDialog(TOWN), SignInDialog("Town", "https://h/api")
    for name, widget in (("options", made), ("target", dialog), ("sign_in", sign_in)):
        qtbot.addWidget(widget)
        if widget is made:
            widget.embedded.shared.setChecked(True)
            widget.resize(640, 520)
        else:
            widget.adjustSize()
        assert widget.grab().save(str(folder / f"{name}_{language}.png"))


def test_the_base_map_of_previews(page):
    for room in ("qgis/connections-xyz", "connections/xyz/items"):
        QgsSettings().setValue(f"{room}/Plan IGN/url", "https://tiles.example.org/{z}/{x}/{y}.png")
    box = BaseMapBox(page)
    assert box.choice.currentText() == "No base map"
    box.choice.setCurrentText("Plan IGN")
    assert default_name() == "", "not before the page is applied"
    page.base_map = box
    page.apply()
    assert default_name() == "Plan IGN" and BaseMapBox(page).choice.currentText() == "Plan IGN"
    for room in ("qgis/connections-xyz", "connections/xyz/items"):
        QgsSettings().remove(f"{room}/Plan IGN")
