"""Calls of functions that read the server are found wherever an expression may stand."""

from __future__ import annotations

import pytest

from geopub_plugin.backend.styles.checks import check
from geopub_plugin.backend.styles.functions import forbidden_calls
from geopub_plugin.backend.styles.recognition import read

from .conftest import qml, schema_of, sld


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("env('HOME')", ("env",)),
        ("ENV /* aside */ ('HOME')", ("env",)),
        ("eval('en' || 'v(1)') || env('A')", ("eval", "env")),
        ("file_exists('/etc/passwd')", ("file_exists",)),
        ("environment('a') || envelope($geometry)", ()),
        ('"env" > 3', ()),
        ("upper(name)", ()),
    ],
)
def test_qml(expression: str, found: tuple) -> None:
    text = expression.replace("&", "&amp;").replace('"', "&quot;").replace(">", "&gt;")
    assert forbidden_calls(read(qml(f'<renderer-v2 attr="{text}"/>'))) == found
    assert forbidden_calls(read(qml(f'<labeling><text-style fieldName="{text}"/></labeling>'))) == found


def test_sld() -> None:
    rule = '<Rule><TextSymbolizer><Label><ogc:Function name="{}"/></Label></TextSymbolizer></Rule>'
    assert forbidden_calls(read(sld(rule.format("env")))) == ("env",)
    assert forbidden_calls(read(sld(rule.format("strToUpperCase")))) == ()


def test_they_are_faults() -> None:
    faults = check(qml("<renderer-v2 attr=\"env('A')\"/>"), schema_of("name"))
    assert [fault.id for fault in faults] == ["style.forbidden-function"]
