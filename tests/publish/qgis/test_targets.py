"""Where a user publishes, as the settings of a profile keep it."""

from __future__ import annotations

from dataclasses import replace
from typing import Iterator

import pytest
from qgis.core import QgsSettings

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.publish.targets import EMBEDDED_ID, Target, TargetKind, Targets, address_fault

TOWN = Target("town", TargetKind.SERVER, "Town", "https://maps.example.org/api", "abc1234", "roads", "town.")


@pytest.fixture
def targets(qgis_app) -> Iterator[Targets]:
    QgsSettings().remove("geopub")
    yield Targets()
    QgsSettings().remove("geopub")


def test_this_computer_is_always_there(targets):
    (only,) = targets.all()
    assert only.embedded and targets.current() == only and only.id == EMBEDDED_ID
    targets.remove(EMBEDDED_ID)
    assert targets.all() == (only,)
    with pytest.raises(InvalidInput):
        targets.put(replace(TOWN, id=EMBEDDED_ID))


def test_kept_changed_chosen_and_removed(targets, qtbot):
    with qtbot.waitSignal(targets.changed):
        targets.put(TOWN)
    assert Targets().get("town") == TOWN
    with qtbot.waitSignal(targets.changed):
        targets.choose("town")
    assert Targets().current() == TOWN
    targets.put(replace(TOWN, title="The town", prefix=""))
    assert Targets().current().title == "The town"
    with qtbot.waitSignal(targets.changed):
        targets.remove("town")
    assert Targets().current().embedded and Targets().get("town") is None
    with pytest.raises(InvalidInput):
        targets.choose("town")


def test_in_the_order_of_their_titles(targets):
    for title in ("beta", "Alpha", "gamma"):
        targets.put(Target(targets.free_id(title), TargetKind.SERVER, title, "https://h/api"))
    assert [target.title for target in targets.all()][1:] == ["Alpha", "beta", "gamma"]
    assert targets.free_id("Alpha") == "alpha-2" and targets.free_id("É!") == "server"


@pytest.mark.parametrize(
    "url, right",
    [
        ("https://maps.example.org", True),
        ("http://127.0.0.1:8123/api", True),
        ("", False),
        ("maps.example.org", False),
        ("ftp://maps.example.org", False),
        ("https://", False),
        ("https://ada:secret@maps.example.org", False),
        ("https://maps.example.org/api?key=1", False),
        ("https://maps example.org", False),
    ],
)
def test_addresses(targets, url, right):
    assert (address_fault(url) == "") is right
    if right:
        targets.put(replace(TOWN, url=url))
        assert targets.get("town").url.endswith("/api")
    else:
        with pytest.raises(InvalidInput):
            targets.put(replace(TOWN, url=url))


def test_foreign_settings_are_passed_over(targets):
    QgsSettings().setValue("geopub/targets/odd/kind", "ftp")
    QgsSettings().setValue("geopub/targets/old/kind", "server")
    QgsSettings().setValue("geopub/targets/old/url", "nothing")
    assert len(targets.all()) == 1


def test_prefix_is_put_once():
    assert TOWN.layer_name("roads") == "town.roads" == TOWN.layer_name("town.roads")
    assert replace(TOWN, prefix="SANDBOX_").layer_name("sandbox_roads") == "sandbox_roads"
    assert replace(TOWN, prefix="").layer_name("roads") == "roads"
