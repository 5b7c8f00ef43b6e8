"""The wizard: its pages lead through every field, and what they decide is the plan."""

from __future__ import annotations

from pathlib import Path

import pytest
from qgis.core import (
    QgsAbstractMetadataBase,
    QgsFeature,
    QgsField,
    QgsGeometry,
    QgsMapLayerStyle,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QDate, Qt, QVariant
from qgis.PyQt.QtWidgets import QWizard

from geopub_plugin.publish.generalisations import generalisations
from geopub_plugin.publish.metadata.description import Description, description_faults
from geopub_plugin.publish.metadata.iso_document import iso_document
from geopub_plugin.publish.sample_area import area_of, proposed_area
from geopub_plugin.publish.table_plan import FILE, NAMED, Access, StyleChoice
from geopub_plugin.ui.publish_dialog import PublishDialog
from geopub_plugin.ui.wizard.draft import Draft
from geopub_plugin.ui.wizard.wizard import PublicationWizard, Step


def line_layer(name: str) -> QgsVectorLayer:
    layer = QgsVectorLayer("LineString?crs=EPSG:4326", name, "memory")
    layer.dataProvider().addAttributes([QgsField("name", QVariant.String), QgsField("lanes", QVariant.Int)])
    layer.updateFields()
    feature = QgsFeature(layer.fields())
    feature.setGeometry(QgsGeometry.fromWkt("LINESTRING(2 48, 2.1 48.1)"))
    layer.dataProvider().addFeatures([feature])
    layer.updateExtents()
    return layer


@pytest.fixture
def wizard(qtbot, lake):
    roads = line_layer("Roads")
    QgsProject.instance().addMapLayers([lake, roads])
    made = PublicationWizard(Draft([lake, roads]))
    qtbot.addWidget(made)
    made.show()
    return made


def go_to(wizard: PublicationWizard, step: Step):
    while wizard.currentId() < step:
        before = wizard.currentId()
        assert wizard.currentPage().isComplete(), wizard.currentPage().page_faults()
        wizard.next()
        assert wizard.currentId() != before
    return wizard.pages[step]


def fill_description(wizard: PublicationWizard, qtbot) -> None:
    page = go_to(wizard, Step.DESCRIPTION)
    assert not page.isComplete() and page.labels["abstract", ""].isVisible()
    qtbot.keyClicks(page.abstract, "Lakes and roads.")
    assert not page.labels["abstract", ""].isVisible()
    page.categories.item(0).setCheckState(Qt.CheckState.Checked)
    qtbot.keyClicks(page.organisation, "Town")
    qtbot.keyClicks(page.email, "gis@town")
    assert page.contact.text() == "gis@town" and page.labels["organisation_email", ""].isVisible()
    qtbot.keyClicks(page.email, ".fr")
    assert page.isComplete()


def test_every_field_is_in_the_plan(qtbot, wizard):
    name_the_tables(qtbot, wizard)
    decide_on_tiles(wizard)
    go_to(wizard, Step.SOURCE).layers.setChecked(True)
    fill_description(wizard, qtbot)
    fill_information_and_access(qtbot, wizard)
    summary = go_to(wizard, Step.SUMMARY)
    assert summary.isComplete() and "town_of_water" in summary.text.text() and summary.cost().tiles > 0
    assert summary.subTitle() == "Everything is ready."
    (low, high), (_nine, last) = map(wizard.draft.levels, wizard.plan.tables)
    assert ("Zoom levels", f"Étangs &amp; lacs ({low} to {high}), Roads (9 to {last})") in summary.rows()
    wizard.draft.change(title="")
    summary.show_faults()
    assert not summary.isComplete() and "look" in summary.subTitle()
    wizard.draft.change(title="Town of water")
    summary.show_faults()
    with qtbot.waitSignal(wizard.accepted):
        wizard.button(QWizard.WizardButton.FinishButton).click()


def name_the_tables(qtbot, wizard: PublicationWizard) -> None:
    page = wizard.pages[Step.TABLES]
    page.title_line.selectAll()
    qtbot.keyClick(page.title_line, Qt.Key.Key_Delete)
    assert page.labels["title", ""].isVisible() and not page.isComplete()
    qtbot.keyClicks(page.title_line, "Town of water")
    assert wizard.plan.layer_name == page.name_line.text() == "town_of_water"
    assert wizard.plan.datasheet == "Town of water"
    box = page.boxes["roads"]
    box.public_name.setFocus()
    qtbot.keyClicks(box.public_name, "a b")
    assert "space" in page.labels["public_name", "roads"].text() and not page.isComplete()
    box.public_name.clear()
    qtbot.keyClicks(box.public_name, "ways")
    qtbot.keyClicks(box.abstract, "All roads.")
    qtbot.keyClicks(box.words, "road, street, road")
    table = wizard.plan.table("roads")
    assert (table.public_name, table.abstract, table.keywords) == ("ways", "All roads.", ("road", "street"))


def decide_on_tiles(wizard: PublicationWizard) -> None:
    fields = go_to(wizard, Step.ATTRIBUTES).lists["roads"]
    for row in range(fields.count()):
        fields.item(row).setCheckState(Qt.CheckState.Unchecked)
    assert not wizard.currentPage().isComplete() and wizard.currentPage().labels["attributes", "roads"].isVisible()
    fields.item(1).setCheckState(Qt.CheckState.Checked)
    assert wizard.plan.table("roads").attributes == ("lanes",)

    levels = go_to(wizard, Step.LEVELS)
    levels.spins["roads"][0].setValue(15)
    assert levels.labels["table_levels", "roads"].isVisible() and not levels.isComplete()
    levels.spins["roads"][0].setValue(9)
    assert wizard.plan.table("roads").top_level == 9 and wizard.plan.top_level <= 9
    assert levels.top_map.layers()[0].name() == "Roads"

    go_to(wizard, Step.GENERALISATION).buttons["-ac -an -S10"].setChecked(True)
    assert wizard.plan.flags == "-ac -an -S10"

    page = go_to(wizard, Step.SAMPLE)
    page.sample.setChecked(True)
    assert wizard.plan.area.startswith("POLYGON((")
    page._drawn(QgsRectangle(0, 0, 111319.49, 111325.14))
    assert wizard.plan.area == area_of((0, 0, 1, 1))
    assert page.where.text() == "From 0.0000, 0.0000 to 1.0000, 1.0000 degrees"


def fill_information_and_access(qtbot, wizard: PublicationWizard) -> None:
    page = go_to(wizard, Step.INFORMATION)
    qtbot.keyClicks(page.text, "Town")
    assert page.labels["attribution", ""].isVisible() and not page.isComplete()
    qtbot.keyClicks(page.url, "https://town.fr")
    page.resolution.setCurrentIndex(page.resolution.findData(5000))
    page.resolution.activated.emit(page.resolution.currentIndex())
    page = go_to(wizard, Step.ACCESS)
    page.restricted.setChecked(True)
    page.end.setDate(QDate(2030, 2, 3))
    qtbot.keyClicks(page.licence, "Ours")
    plan = wizard.plan
    assert plan.access == Access(True, "Ours", "2030-02-03") and plan.record
    said = plan.description
    assert (said.organisation, said.resolution, said.attribution["url"]) == ("Town", 5000, "https://town.fr")


def test_pages_of_services_that_are_not_chosen_are_left_out(qtbot, wizard):
    wizard.pages[Step.TABLES].services.services = ("wfs",)
    wizard.next()
    assert wizard.currentId() == Step.SOURCE
    wizard.pages[Step.SOURCE].none.setChecked(True)
    wizard.next()
    assert wizard.currentId() == Step.ACCESS and not wizard.plan.record
    go_to(wizard, Step.SUMMARY)
    wizard.back()
    assert wizard.currentId() == Step.ACCESS


def test_a_table_can_be_left_out_but_not_the_last(wizard):
    page = wizard.pages[Step.TABLES]
    page.boxes["roads"].box.setChecked(False)
    assert [table.table for table in wizard.plan.tables] == ["etangs_lacs"] and page.isComplete()
    page.boxes["etangs_lacs"].box.setChecked(False)
    assert page.labels["tables", ""].isVisible() and not page.isComplete()
    page.boxes["roads"].box.setChecked(True)
    assert [table.table for table in wizard.plan.tables] == ["roads"]


def test_styles_are_checked_when_they_are_chosen(wizard, lake, tmp_path):
    lake.styleManager().addStyle("Blue", QgsMapLayerStyle("<qgis/>"))
    other = PublicationWizard(wizard.draft)  # made when the layer has the style
    page = other.pages[Step.STYLES]
    page.initializePage()
    field = page.fields["etangs_lacs"]
    field.combo.setCurrentIndex(1)
    assert wizard.plan.table("etangs_lacs").style == StyleChoice(NAMED, "Blue")
    wrong = tmp_path / "wrong.qml"
    wizard.draft.layer("roads").saveNamedStyle(str(wrong))
    field.show_choice(StyleChoice(FILE))
    field._changed()
    assert "Choose a file" in page.labels["style", "etangs_lacs"].text()
    field.file.setFilePath(str(wrong))
    assert "geometry" in page.labels["style", "etangs_lacs"].text() and not page.isComplete()
    lake.saveNamedStyle(str(tmp_path / "right.qml"))
    field.file.setFilePath(str(tmp_path / "right.qml"))
    assert page.isComplete()


def test_metadata_comes_from_a_file(wizard, tmp_path):
    said = Description("From a file.", "a.b", ("economy",), contact_email="a@b.fr", creation_date="2020-01-02",
                       organisation="County", organisation_email="a@b.fr")  # fmt: skip
    file = tmp_path / "record.xml"
    file.write_bytes(iso_document("T", said, "2026-01-01"))
    page = go_to(wizard, Step.SOURCE)
    page.file.setChecked(True)
    assert not page.isComplete() and page.path.isVisible()
    (tmp_path / "bad.xml").write_text("<a>")
    page.path.setFilePath(str(tmp_path / "bad.xml"))
    assert page.fault.isVisible() and not page.isComplete()
    page.path.setFilePath(str(file))
    assert page.isComplete() and wizard.plan.description == said
    assert go_to(wizard, Step.DESCRIPTION).organisation.text() == "County" and wizard.currentPage().isComplete()


def test_what_the_layer_says_is_filled_in(qtbot, lake):
    metadata = lake.metadata()
    metadata.setTitle("Ponds of the county")
    metadata.setAbstract("Every pond.")
    metadata.setKeywords({"gmd": ["Hydrography", "pond"]})
    metadata.setCategories(["Economy"])  # which QGIS keeps among the keywords
    metadata.setLanguage("en")
    contact = QgsAbstractMetadataBase.Contact("")
    contact.organization, contact.email = "County", "water@county.fr"
    metadata.setContacts([contact])
    lake.setMetadata(metadata)
    dialog = PublishDialog(lake)
    qtbot.addWidget(dialog)
    plan = dialog.plan
    assert description_faults(plan.description) == {} and plan.record and "County" in dialog.record.text()
    assert (plan.title, plan.layer_name, plan.tables[0].abstract) == (
        "Ponds of the county",
        "ponds_of_the_county",
        "Every pond.",
    )
    said = plan.description
    assert (said.categories, said.keywords, said.free_keywords) == (("economy",), ("Hydrography",), ("pond",))
    assert (said.organisation, said.contact_email, said.language) == ("County", "water@county.fr", "eng")


def test_express_goes_on_in_the_wizard_with_what_is_there(qtbot, lake):
    dialog = PublishDialog(lake)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.title.setText("Other ponds")
    dialog.more.click()
    wizard = dialog.wizard
    assert (
        wizard.isVisible() and not dialog.isVisible() and wizard.pages[Step.TABLES].title_line.text() == "Other ponds"
    )
    wizard.pages[Step.TABLES].services.services = ("wfs",)
    wizard.reject()
    assert dialog.isVisible() and dialog.services.services == ("wfs",)
    dialog.more.click()
    wizard = dialog.wizard
    wizard.next()
    wizard.pages[Step.SOURCE].none.setChecked(True)
    go_to(wizard, Step.SUMMARY)
    with qtbot.waitSignal(dialog.accepted):
        wizard.accept()
    assert dialog.plan.services == ("wfs",) and dialog.plan.title == "Other ponds"


def test_closing_the_dialog_ends_the_wizard(qtbot, lake):
    dialog = PublishDialog(lake)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.more.click()
    wizard = dialog.wizard
    with qtbot.waitSignal(dialog.finished):
        dialog.close()
    assert not wizard.isVisible() and not dialog.isVisible()


def test_each_generalisation_has_its_picture():
    assert len(generalisations()) == 7 and all(Path(one.picture).is_file() for one in generalisations())


@pytest.mark.parametrize("place", [(2.35, 48.85, 14), (-179.9, 0, 10), (0, 85, 5), (10, 10, 2)])
def test_the_proposed_area_is_the_one_of_the_tile_engine(place):
    from geopub_plugin.backend.tiles.sample import propose_area

    assert proposed_area(*place) == propose_area(*place)
