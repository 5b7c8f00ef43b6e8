"""From the first page of the wizard to live services, through the real backend; the next one reads the record back."""

from __future__ import annotations

import sys
from typing import Iterator

import pytest
from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt
from test_wizard import fill_description, go_to, line_layer

from geopub_plugin.publish.client.configurations import TMS, WFS, WMS
from geopub_plugin.publish.embedded_process import EmbeddedProcess
from geopub_plugin.publish.layer_publication import LayerPublication
from geopub_plugin.publish.store_source import StoreSource
from geopub_plugin.publish.targets import this_computer
from geopub_plugin.ui.publish_dialog import PublishDialog
from geopub_plugin.ui.wizard.wizard import PublicationWizard, Step


@pytest.fixture(scope="module")
def here(qgis_app, tmp_path_factory) -> Iterator[StoreSource]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEOPUB_PYTHON", sys.executable)
        process = EmbeddedProcess(tmp_path_factory.mktemp("wizard") / "data")
        yield StoreSource(this_computer(), process)
        process.close()


def wizard_of(qtbot, dialog: PublishDialog, here: StoreSource) -> PublicationWizard:
    qtbot.addWidget(dialog)
    dialog.show()
    with qtbot.waitSignal(dialog.draft.facts_known, timeout=60_000):
        here.start()
    dialog.more.click()
    return dialog.wizard


def ended(qtbot, publication: LayerPublication):
    outcome: list = []
    publication.finished.connect(outcome.append)
    publication.failed.connect(outcome.append)
    publication.start()
    qtbot.waitUntil(lambda: bool(outcome), timeout=90_000)
    return outcome[0]


@pytest.mark.slow  # `test_wizard` and `publish/client/test_described_publication` are its short form
def test_the_whole_wizard_becomes_services_and_a_record(qtbot, here, lake):
    roads = line_layer("Roads")
    QgsProject.instance().addMapLayers([lake, roads], False)
    dialog = PublishDialog([lake, roads], None, None, here)
    wizard = wizard_of(qtbot, dialog, here)
    assert wizard.draft.limits.restrictable == {"wfs", "wms", "tms"}
    qtbot.keyClicks(wizard.pages[Step.TABLES].boxes["roads"].public_name, "ways")
    fields = go_to(wizard, Step.ATTRIBUTES).lists["roads"]
    fields.item(0).setCheckState(Qt.CheckState.Unchecked)
    levels = go_to(wizard, Step.LEVELS)
    for top, bottom in levels.spins.values():
        top.setValue(8)
        bottom.setValue(10)
    go_to(wizard, Step.GENERALISATION).buttons["-S10"].setChecked(True)
    fill_description(wizard, qtbot)
    go_to(wizard, Step.SUMMARY)
    with qtbot.waitSignal(dialog.accepted):
        wizard.accept()
    result = ended(qtbot, LayerPublication([lake, roads], dialog.plan, here))
    assert {url.service for url in result.urls} == {"wfs", "wms", "tms"}
    with here.address.open() as store:
        found = {it.type: store.configurations.get(it.id) for it in store.configurations.list()}
        assert set(found) >= {WFS, WMS, TMS} and all(it.metadata for it in found.values())
        relations = found[WFS].type_infos["used_data"][0]["relations"]
        assert {one["public_name"] for one in relations} == {"etangs_lacs", "ways"}
        tiles = found[TMS].type_infos["used_data"][0]
        assert (tiles["top_level"], tiles["bottom_level"]) == ("8", "10")
        (execution,) = store.executions.list(output_stored_data=tiles["stored_data"])
        told = store.connection.ask("GET", f"datastores/{store.id}/processings/executions/{execution.id}")["parameters"]
        composed = {one["table"]: one["attributes"] for one in told["composition"]}
        assert composed["roads"] == ["lanes"] and told["tippecanoe_options"] == "-S10"

    other = PublishDialog(line_layer("Paths"), None, None, here)
    assert other.draft.plan.description.organisation == "Town", "what was typed once is proposed"
    second = wizard_of(qtbot, other, here)
    page = go_to(second, Step.SOURCE)
    assert page.record.isEnabled()
    page.record.setChecked(True)
    qtbot.waitUntil(
        lambda: page.isComplete() and second.plan.description.abstract == "Lakes and roads.", timeout=30_000
    )
    page.layers.setChecked(True)
    page.record.setChecked(True)
    late = page._call
    page.none.setChecked(True)
    qtbot.waitUntil(lambda: late.ended, timeout=30_000)
    assert page.isComplete() and second.plan.description.abstract != "Lakes and roads.", "it came too late"
    second.reject()
    other.reject()
