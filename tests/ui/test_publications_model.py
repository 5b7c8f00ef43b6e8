"""The tree of what is published."""

from __future__ import annotations

from qgis.PyQt.QtCore import QModelIndex, Qt
from qgis.PyQt.QtGui import QGuiApplication

from geopub_plugin.publish.live_layers import LiveService
from geopub_plugin.ui.publications_model import PublicationsModel, live_services
from geopub_plugin.ui.publications_view import PublicationsView


def cells(model, parent=QModelIndex()):  # noqa: B008
    return [
        [model.index(row, column, parent).data() for column in range(model.columnCount())]
        for row in range(model.rowCount(parent))
    ]


def test_the_model_is_a_sound_tree(qtmodeltester, qgis_app, datasheets):
    model = PublicationsModel()
    model.show(datasheets)
    qtmodeltester.check(model, force_py=True)


def test_datasheets_hold_their_services(qgis_app, datasheets):
    model = PublicationsModel()
    model.show(datasheets)
    assert cells(model) == [["Lakes", "Published"], ["Rivers", "Not published"]]
    assert cells(model, model.index(0, 0)) == [
        ["WFS – lakes", "Published"],
        ["WMS – lakes", "Published"],
        ["TMS – lakes", "Published"],
    ]
    assert cells(model, model.index(1, 0)) == [["WFS – rivers", "Not published"]]
    assert not model.index(0, 0, model.index(0, 0)).data(Qt.ItemDataRole.DecorationRole).isNull()
    assert model.names() == {"lakes": "Lakes", "rivers": "Rivers"}


def test_the_same_list_moves_nothing(qtbot, qgis_app, datasheets):
    model = PublicationsModel()
    model.show(datasheets)
    with qtbot.assertNotEmitted(model.modelReset):
        model.show(tuple(datasheets))


def test_only_what_is_live_can_be_loaded(datasheets):
    lakes, rivers = datasheets
    assert [service.kind for service in live_services(lakes)] == ["WFS", "WMS", "TMS"]
    assert live_services(lakes)[2] == LiveService("TMS", "Lakes", "http://127.0.0.1:8123/tms/1.0.0/lakes", True)
    assert live_services(rivers) == () and live_services(None) == ()


def view_of(qtbot, datasheets) -> PublicationsView:
    model = PublicationsModel()
    view = PublicationsView(model)
    qtbot.addWidget(view)
    view.show()
    model.show(datasheets)
    view._keep = model
    return view


def test_the_view_offers_what_the_item_allows(qtbot, qgis_app, datasheets):
    view = view_of(qtbot, datasheets)
    assert not view.preview.isEnabled()
    view.select("Rivers")
    assert not view.preview.isEnabled() and not view.copy.isEnabled()
    view.select("Lakes")
    assert view.preview.isEnabled() and view.add.isEnabled() and not view.copy.isEnabled()
    view.tree.setCurrentIndex(view.tree.indexBelow(view.tree.currentIndex()))
    assert view.copy.isEnabled()
    assert view.address.text() == "http://127.0.0.1:8123/wfs/ows?typeNames=lakes:lakes"
    view.copy.trigger()
    assert QGuiApplication.clipboard().text() == "http://127.0.0.1:8123/wfs/ows?typeNames=lakes:lakes"
    with qtbot.waitSignal(view.preview_asked) as asked:
        view.preview.trigger()
    assert [service.kind for service in asked.args[0]] == ["WFS", "WMS", "TMS"]


def test_search_keeps_a_datasheet_for_its_service(qtbot, qgis_app, datasheets):
    view = view_of(qtbot, datasheets)
    view.search.setText("wfs – RIV")
    assert cells(view.found) == [["Rivers", "Not published"]]
    view.search.clear()
    assert len(cells(view.found)) == 2
