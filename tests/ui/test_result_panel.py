"""After publishing: every address to copy, a page to open, a QR code that leads there, lines for a web site."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Iterator

import pytest
from qgis.PyQt import sip
from qgis.PyQt.QtGui import QGuiApplication, QImage

from geopub_plugin.publish.qr_code import qr_matrix, qr_svg
from geopub_plugin.publish.shared_links import embed_snippet, only_here, web_page
from geopub_plugin.ui.result_panel import ResultPanel

HOST = "https://maps.example.org"
ADDRESSES = (
    ("WFS", f"{HOST}/wfs/ows?typeNames=lakes:lakes"),
    ("WMS", f"{HOST}/wms-v/ows?layers=lakes"),
    ("TMS", f"{HOST}/tms/1.0.0/lakes"),
)


@pytest.fixture
def panel(qtbot, qgis_app) -> Iterator[ResultPanel]:
    made = ResultPanel()
    made.show_publication("Lakes & <b>", ADDRESSES)
    made.show()
    yield made
    sip.delete(made)


def test_addresses_and_page(panel):
    lines = [line.text() for line, _button in panel.addresses.rows]
    assert lines == [f"{HOST}/view/lakes", *(url for _kind, url in ADDRESSES)]
    panel.addresses.rows[2][1].click()
    assert QGuiApplication.clipboard().text() == ADDRESSES[1][1]
    assert not panel.note.isVisible() and panel.view.isEnabled()


def test_what_only_this_computer_reaches_is_said(panel):
    panel.show_publication("Lakes", [("TMS", "http://127.0.0.1:8123/tms/1.0.0/lakes")])
    assert panel.note.isVisible() and "Only this computer" in panel.note.text()


def test_without_tiles_there_is_no_page(panel):
    panel.show_publication("Lakes", ADDRESSES[:1], updated=True)
    assert not panel.web.isVisible() and not panel.view.isEnabled() and panel.preview.isEnabled()
    assert "up to date" in panel.heading.text()


def test_preview_and_add_are_asked_for(qtbot, panel):
    with qtbot.waitSignal(panel.preview_asked) as asked:
        panel.preview.click()
    assert [service.kind for service in asked.args[0]] == ["WFS", "WMS", "TMS"]
    with qtbot.waitSignal(panel.add_asked) as added:
        panel.add.click()
    assert added.args == asked.args


class Frame(HTMLParser):
    """Keeps the attributes of an iframe."""

    def handle_starttag(self, tag, attrs):
        assert tag == "iframe"
        self.found = dict(attrs)


def test_the_lines_are_html_whatever_the_title(panel):
    panel.copy_snippet.click()
    frame = Frame()
    frame.feed(QGuiApplication.clipboard().text())
    assert frame.found["src"] == f"{HOST}/view/lakes" and frame.found["title"] == "Lakes & <b>"
    frame.feed(embed_snippet('https://h/view/a"onload="x', "t"))
    assert set(frame.found) == {"src", "title", "width", "height", "style", "loading", "allowfullscreen"}


def test_the_code_is_that_of_the_page(qtbot, panel, tmp_path):
    qtbot.waitUntil(lambda: bool(panel.qr.matrix))
    panel.save_qr(tmp_path / "code.png")
    panel.save_qr(tmp_path / "code.svg")
    assert b"<svg" in (tmp_path / "code.svg").read_bytes()
    matrix = qr_matrix(f"{HOST}/view/lakes")
    picture = QImage(str(tmp_path / "code.png"))
    module = picture.width() / (len(matrix) + 8)  # four modules of white on each side
    at = [int((place + 4.5) * module) for place in range(len(matrix))]
    assert tuple(tuple(picture.pixelColor(x, y).lightness() < 128 for x in at) for y in at) == matrix
    assert picture.pixelColor(5, 5).lightness() == 255


def test_a_folder_that_is_not_there(panel, tmp_path):
    panel.save_qr(tmp_path / "missing" / "code.svg")
    assert "could not be written" in panel.fault.text()


def test_a_code_has_its_three_corners():
    matrix = qr_matrix(f"{HOST}/view/lakes")
    corner = [[row == 0 or row == 6 or column in (0, 6) or (1 < row < 5 and 1 < column < 5) for column in range(7)]
              for row in range(7)]  # fmt: skip
    size = len(matrix)
    for top, left in ((0, 0), (0, size - 7), (size - 7, 0)):
        assert [list(row[left : left + 7]) for row in matrix[top : top + 7]] == corner
    with pytest.raises(ValueError):
        qr_svg("x" * 5000)


def test_pages():
    assert web_page([("TMS", "https://h/x/tms/1.0.0/a.b/")]) == "https://h/x/view/a.b"
    assert web_page([("TMS", "https://data.geopf.fr/other")]) == "" and web_page([]) == ""
    assert only_here("http://127.0.0.1:1/x") and not only_here("https://h/x") and not only_here("")


def test_the_zip_s_copy_is_loaded_by_itself(tmp_path, monkeypatch):
    import segno

    from geopub_plugin.publish import qr_code

    folder = Path(segno.__file__).parent
    monkeypatch.setattr(qr_code, "shipped", lambda *parts: folder)
    qr_code._segno.cache_clear()
    try:
        module = qr_code._segno()
        assert module.__name__ == "geopub_plugin_segno" and module is not segno
        assert qr_code.qr_matrix("http://h/") == qr_matrix("http://h/")
    finally:
        qr_code._segno.cache_clear()
