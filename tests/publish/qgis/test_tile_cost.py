"""What tiles cost is about what the engine itself reckons, which has read every feature."""

from __future__ import annotations

from pathlib import Path

import pytest
from qgis.core import QgsVectorLayer
from qgis.PyQt import sip

from geopub_plugin.publish.layer_detail import layer_detail
from geopub_plugin.publish.tile_cost import TableLoad, tile_cost
from geopub_plugin.terminal.tiling import TilesRequest, estimated


@pytest.mark.parametrize("table, top, bottom", [("countries", 0, 6), ("countries", 3, 5), ("states_provinces", 0, 7)])
def test_the_estimate_is_of_the_right_size(qgis_app, world_map: Path, tmp_path, table, top, bottom):
    layer = QgsVectorLayer(f"{world_map}|layername={table}", table, "ogr")
    known = layer_detail(layer)
    cost = tile_cost([TableLoad(known.detail, known.vertices, layer.fields().count(), top, bottom)])
    sip.delete(layer)
    whole = estimated(TilesRequest(world_map, tmp_path / "x", tables=(table,), top=top, bottom=bottom), sample=False)
    for ours, theirs in ((cost.tiles, whole["tiles"]), (cost.size, whole["size"]), (cost.seconds, whole["seconds"])):
        assert theirs / 4 <= ours <= theirs * 4, (cost, whole)


def test_more_levels_cost_more(qgis_app, world_map: Path):
    layer = QgsVectorLayer(f"{world_map}|layername=countries", "c", "ogr")
    known = layer_detail(layer)
    sip.delete(layer)
    costs = [tile_cost([TableLoad(known.detail, known.vertices, 3, 0, bottom)]) for bottom in (2, 5, 8)]
    assert (
        costs == sorted(costs, key=lambda one: (one.tiles, one.size, one.seconds)) and costs[0].tiles < costs[2].tiles
    )
    assert tile_cost([]).tiles == 0
