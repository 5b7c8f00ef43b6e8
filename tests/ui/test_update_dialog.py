"""The update: what changed is chosen already, and each part can be published alone."""

from __future__ import annotations

import pytest
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import QDialogButtonBox

from geopub_plugin.publish.layer_memory import remember
from geopub_plugin.publish.layer_plan import propose_plan
from geopub_plugin.publish.publication_call import DATA, METADATA, STYLE
from geopub_plugin.ui.update_dialog import UpdateDialog
from geopub_plugin.ui.wizard.wizard import Step


@pytest.fixture
def published(lake):
    remember(lake, propose_plan(lake))
    return lake


def opened(qtbot, layer) -> UpdateDialog:
    dialog = UpdateDialog(layer)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def test_nothing_changed_nothing_is_chosen(qtbot, published):
    dialog = opened(qtbot, published)
    assert dialog.parts == frozenset() and not dialog.update_button.isEnabled()
    assert "as published" in dialog.data.text() and "as published" in dialog.style.text()


def test_what_changed_is_chosen(qtbot, published):
    published.renderer().symbol().setColor(QColor("#123456"))
    assert opened(qtbot, published).parts == {STYLE}
    published.dataProvider().deleteFeatures([1])
    dialog = opened(qtbot, published)
    assert dialog.data.isChecked() and "has no feature" in dialog.notes.text() and not dialog.update_button.isEnabled()
    dialog.data.setChecked(False)
    assert dialog.parts == {STYLE} and dialog.update_button.isEnabled()


@pytest.mark.parametrize(
    "change, part",
    [
        (lambda wizard: wizard.draft.change(title="Other"), METADATA),
        (lambda wizard: wizard.draft.change(flags="-ac -an -S10"), DATA),
        (lambda wizard: wizard.draft.change(styled=False), STYLE),
        (lambda wizard: wizard.draft.describe(abstract="Told."), METADATA),
        (lambda wizard: wizard.draft.change_table("etangs_lacs", attributes=("name",)), DATA),
    ],
)
def test_what_the_wizard_changes_is_chosen(qtbot, published, change, part):
    dialog = opened(qtbot, published)
    dialog.edit.click()
    wizard = dialog.wizard
    assert not wizard.pages[Step.TABLES].name_line.isEnabled()
    change(wizard)
    wizard.accept()
    assert part in dialog.parts and dialog.update_button.isEnabled()
    with qtbot.waitSignal(dialog.accepted):
        dialog.update_button.click()


def test_what_is_cancelled_in_the_wizard_is_not_kept(qtbot, published):
    dialog = opened(qtbot, published)
    dialog.edit.click()
    dialog.wizard.draft.change(title="Other")
    dialog.wizard.reject()
    assert dialog.plan == propose_plan(published) and dialog.parts == frozenset()
    dialog.buttons.button(QDialogButtonBox.StandardButton.Cancel).click()
