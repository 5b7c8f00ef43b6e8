"""What a format keeps of a style can be read at a glance, the worst first."""

from __future__ import annotations

from geopub_plugin.backend.styles.fidelity import Fate, FidelityReport, Finding
from geopub_plugin.ui.fidelity_view import FidelityView, summary

MIXED = FidelityReport(
    "SLD 1.0.0",
    (
        Finding(Fate.KEPT, "Rules: 3."),
        Finding(Fate.APPROXIMATED, "Sizes on the ground become pixels.", "Roads"),
        Finding(Fate.LOST, "QGIS has no SLD for: ShapeburstFill.", "Lakes"),
        Finding(Fate.LOST, "The blend mode.", ""),
    ),
)
FAITHFUL = FidelityReport("QML", (Finding(Fate.KEPT, "Everything."),))


def test_the_worst_comes_first_and_says_where(qtbot, qgis_app):
    view = FidelityView()
    qtbot.addWidget(view)
    view.show_reports((FAITHFUL, MIXED))
    first, second = view.topLevelItem(0), view.topLevelItem(1)
    assert first.text(0) == "QML – everything is kept" and second.text(0) == "SLD 1.0.0 – lost: 2, approximated: 1"
    assert not first.isExpanded() and second.isExpanded()
    rows = [(second.child(row).text(0), second.child(row).text(1)) for row in range(second.childCount())]
    assert rows == [
        ("QGIS has no SLD for: ShapeburstFill.", "Lakes"),
        ("The blend mode.", "the whole style"),
        ("Sizes on the ground become pixels.", "Roads"),
        ("Rules: 3.", "the whole style"),
    ]
    assert second.child(0).toolTip(0).startswith("Lost: ")
    assert not first.icon(0).isNull() and first.icon(0).cacheKey() != second.icon(0).cacheKey()


def test_the_chosen_format_is_the_open_one(qtbot, qgis_app):
    view = FidelityView()
    qtbot.addWidget(view)
    view.show_reports((FAITHFUL, MIXED), "QML")
    assert view.topLevelItem(0).isExpanded() and not view.topLevelItem(1).isExpanded()


def test_summary():
    assert summary(FAITHFUL) == "everything is kept"
    assert summary(FidelityReport("X", MIXED.findings[1:2])) == "approximated: 1"
