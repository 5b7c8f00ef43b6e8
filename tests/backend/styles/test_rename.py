"""Styles follow the names that integration gave to the columns."""

from __future__ import annotations

import pytest

from geopub_plugin.backend import safe_xml
from geopub_plugin.backend.styles.rename import rename

from .conftest import LABEL, RULE, qml, sld

NAMES = {"Nature du bien": "nature_du_bien", "Nom": "nom", "POP-2020": "pop_2020"}


@pytest.fixture(params=["lxml", "defusedxml"], autouse=True)
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "defusedxml":
        monkeypatch.setattr(safe_xml, "lxml_etree", None)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<renderer-v2 attr="Nature du bien"/>', 'attr="nature_du_bien"'),
        ('<renderer-v2 attr="&quot;POP-2020&quot; / 2"/>', 'attr="&quot;pop_2020&quot; / 2"'),
        (
            '<renderer-v2><rules><rule filter="&quot;POP-2020&quot; &gt; 5"/></rules></renderer-v2>',
            'filter="&quot;pop_2020&quot; &gt; 5"',
        ),
        (
            '<labeling><settings><text-style fieldName="POP-2020" isExpression="0"/></settings></labeling>',
            'fieldName="pop_2020"',
        ),
        (
            '<labeling><text-style fieldName="upper(&quot;Nature du bien&quot;)" isExpression="1"/></labeling>',
            'fieldName="upper(&quot;nature_du_bien&quot;)"',
        ),
        (
            '<renderer-v2><Option name="field" type="QString" value="POP-2020"/></renderer-v2>',
            'value="pop_2020"',
        ),
        (
            '<renderer-v2><Option name="expression" type="QString" value="&quot;POP-2020&quot;*2"/></renderer-v2>',
            'value="&quot;pop_2020&quot;*2"',
        ),
        ('<renderer-v2><prop k="size_dd_field" v="POP-2020"/></renderer-v2>', 'v="pop_2020"'),
        (
            '<customproperties><property key="labeling/fieldName" value="POP-2020"/></customproperties>',
            'value="pop_2020"',
        ),
        (
            '<renderer-v2><renderer-v2 attr="Nature du bien"/></renderer-v2>',
            '<renderer-v2 attr="nature_du_bien"',
        ),
    ],
)
def test_qml(before: str, after: str) -> None:
    renamed = rename(qml(before), NAMES).decode()
    assert after in renamed
    safe_xml.parse(renamed.encode())


@pytest.mark.parametrize("rule", [RULE, LABEL])
def test_sld(rule: str) -> None:
    renamed = rename(sld(rule.format(name="POP-2020")), NAMES)
    names = [element.text for element in safe_xml.parse(renamed).iter("{http://www.opengis.net/ogc}PropertyName")]
    assert "pop_2020" in names
    assert "POP-2020" not in names
    assert names.count("the_geom") == (1 if rule is RULE else 0)


@pytest.mark.parametrize(
    "style",
    [
        qml('<renderer-v2 attr="other"/>'),
        qml('<renderer-v2 attr="nom"/>'),  # only the case differs, and QGIS does not mind the case
        sld(RULE.format(name="other")),
        qml('<renderer-v2><rule filter="ELSE"/></renderer-v2>'),
    ],
)
def test_verbatim_when_nothing_changes(style: bytes) -> None:
    assert rename(style, NAMES) is style


def test_names_that_swap_are_not_chained() -> None:
    renamed = rename(
        qml('<renderer-v2><renderer-v2 attr="aa"/><rule filter="bb"/></renderer-v2>'), {"aa": "bb", "bb": "cc"}
    )
    assert b'attr="bb"' in renamed
    assert b'filter="&quot;cc&quot;"' in renamed
