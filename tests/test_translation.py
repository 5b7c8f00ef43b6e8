"""Every text that a person sees is a literal, and has a French text with the same {placeholders}."""

from __future__ import annotations

import re
import string
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import i18n  # noqa: E402
from geopub_plugin.backend.translation import tr, use_language  # noqa: E402

CALLS = list(i18n.calls())
FRENCH = i18n.read()


def placeholders(text: str):
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


DECLARED = "geopub_plugin/backend/ingest/catalogue/"  # its texts are literals of a table, which i18n.py reads


def test_tr_takes_a_literal():
    where = [f"{c.file.relative_to(ROOT).as_posix()}:{c.line}" for c in CALLS if c.text is None]
    assert not [place for place in where if not place.startswith(DECLARED)]
    assert len([place for place in where if place.startswith(DECLARED)]) <= 1


def test_placeholders_have_names():
    texts = {c.text for c in CALLS if c.text}
    assert not [text for text in texts if any(not name.isidentifier() for name in placeholders(text))]


def test_every_text_has_its_french():
    lacking = sorted({c.text for c in CALLS if c.text and not FRENCH.get(c.text)})
    assert not lacking, f"{len(lacking)} texts have no French, such as {lacking[:5]}; run make i18n"


def test_the_french_fills_in_the_same_values():
    wrong = [e for e, french in FRENCH.items() if french and placeholders(e) != placeholders(french)]
    assert not wrong, wrong


def test_the_file_holds_no_text_that_is_gone():
    used = {c.text for c in CALLS}
    assert not sorted(text for text in i18n.read() if text not in used), "run make i18n"


def test_merging_is_stable(tmp_path):
    texts = {"b <é> & {x}\nline": "b <é> & {x}\nligne", "A": "", "a": "à"}
    i18n.write(texts, tmp_path / "x.ts")
    first = (tmp_path / "x.ts").read_bytes()
    assert i18n.read(tmp_path / "x.ts") == texts
    i18n.write(i18n.read(tmp_path / "x.ts"), tmp_path / "x.ts")
    assert (tmp_path / "x.ts").read_bytes() == first


@pytest.mark.parametrize("code", ["fr", "fr_FR.UTF-8", "en", "de"])
def test_a_text_in_the_language_of_the_user(code):
    english = "The publication was cancelled."
    use_language(code)
    try:
        assert tr(english) == (FRENCH[english] if code.startswith("fr") and english in i18n.read() else english)
    finally:
        use_language("en")


def test_no_line_begins_with_a_sign_or_ends_in_an_opening_mark():
    use_language("fr")
    try:
        spaced = [text for text in map(tr, i18n.read()) if re.search(" [;:!?»]|« ", text)]
        assert tr("Preview of “{title}”", title="A : b") == "Aperçu de «\N{NO-BREAK SPACE}A : b\N{NO-BREAK SPACE}»"
    finally:
        use_language("en")
    assert not spaced
