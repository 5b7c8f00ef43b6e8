"""The user guide: complete in both languages, every link and picture there, shown in a window of QGIS."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtGui import QTextDocument

from geopub_plugin.backend.translation import use_language
from geopub_plugin.ui.guide import LANGUAGES, GuideDialog, guide_page

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide"
LINK = re.compile(r"\]\(([^)\s]+)\)")
PAGES = sorted(GUIDE.glob("*/*.md"))


def heading(text: str) -> str:
    """Return the anchor that a heading has on GitHub."""
    return re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-")


def test_both_languages_have_the_same_pages_with_the_same_pictures():
    english, french = (sorted(one.name for one in (GUIDE / language).glob("*.md")) for language in LANGUAGES)
    assert english == french and len(english) > 5
    for name in english:
        pictures = [
            re.findall(r"images/(\w+)_(\w\w)\.png", (GUIDE / one / name).read_text("utf-8")) for one in LANGUAGES
        ]
        assert [one for one, _ in pictures[0]] == [one for one, _ in pictures[1]], name
        assert {code for _, code in pictures[0]} <= {"en"} and {code for _, code in pictures[1]} <= {"fr"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_no_link_leads_nowhere(page):
    for link in LINK.findall(page.read_text("utf-8")):
        name, _, place = link.partition("#")
        target = (page.parent / name).resolve()
        assert target.is_file(), link
        headings = re.findall(r"^#+ (.+)$", target.read_text("utf-8"), re.M) if place else []
        assert not place or place in map(heading, headings), link


def test_every_picture_is_used_and_small():
    text = "".join(page.read_text("utf-8") for page in PAGES)
    pictures = list((GUIDE / "images").glob("*.png"))
    assert [one.name for one in pictures if one.name not in text] == []
    assert max(one.stat().st_size for one in pictures) < 100_000
    assert sum(one.stat().st_size for one in pictures) < 2_500_000


@pytest.mark.parametrize("language, title", [("en", "Publish in one click"), ("fr", "Publier en un clic")])
def test_it_is_shown_in_the_language_of_the_user(qtbot, language, title):
    use_language(language)
    dialog = GuideDialog("publish")
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.text.toPlainText().startswith(title) and not dialog.back.isEnabled()
    picture = dialog.text.loadResource(QTextDocument.ResourceType.ImageResource, QUrl(f"../images/menu_{language}.png"))
    assert 200 < picture.width() <= dialog.text.viewport().width()
    dialog.text.setSource(dialog.text.source().resolved(QUrl("wizard.md#styles")))
    assert "WFS" in dialog.text.toPlainText() and dialog.back.isEnabled()
    dialog.back.click()
    assert dialog.text.toPlainText().startswith(title)
    dialog.home.click()
    assert dialog.text.source().fileName() == "index.md"


def test_other_languages_read_english(qgis_app):
    use_language("de")
    assert guide_page("share") == GUIDE / "en" / "share.md" and guide_page("share").is_file()
