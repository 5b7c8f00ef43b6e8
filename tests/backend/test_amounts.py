"""Numbers and amounts as each language writes them."""

from __future__ import annotations

from typing import Iterator

import pytest

from geopub_plugin.backend.amounts import THIN, number_text, share_text, size_text, span_text, work_text
from geopub_plugin.backend.translation import language, use_language


@pytest.fixture(autouse=True)
def spoken() -> Iterator[None]:
    before = language()
    yield
    use_language(before)


@pytest.mark.parametrize(
    "number, places, english, french",
    [
        (0, 0, "0", "0"),
        (1.5, 1, "1.5", "1,5"),
        (48.85, 4, "48.8500", "48,8500"),
        (1_234_567.25, 2, f"1{THIN}234{THIN}567.25", f"1{THIN}234{THIN}567,25"),
        (-1_000, 0, f"-1{THIN}000", f"-1{THIN}000"),
    ],
)
def test_numbers(number, places, english, french):
    for code, written in (("en", english), ("fr", french)):
        use_language(code)
        assert number_text(number, places) == written


@pytest.mark.parametrize(
    "size, english, french",
    [
        (0, "0 bytes", "0 octets"),
        (999, "999 bytes", "999 octets"),
        (1500, "1.5 kB", "1,5 ko"),
        (999_999, "1.0 MB", "1,0 Mo"),
        (123_456_789, "123 MB", "123 Mo"),
        (2_500_000_000, "2.5 GB", "2,5 Go"),
    ],
)
def test_sizes(size, english, french):
    for code, written in (("en", english), ("fr", french)):
        use_language(code)
        assert size_text(size) == written


def test_spans_and_shares():
    use_language("fr")
    assert [span_text(seconds) for seconds in (0.2, 42, 90, 5400)] == ["1 s", "42 s", "2 min", "1,5 h"]
    assert [share_text(share) for share in (0, 0.254, 1.2)] == [f"{n}{THIN}%" for n in (0, 25, 100)]


@pytest.mark.parametrize(
    "done, total, unit, english, french",
    [
        (0, 0, "features", "", ""),
        (1_234_567, 12_000_000, "bytes", "1.2 of 12.0 MB", "1,2 sur 12,0 Mo"),
        (1_500, 200_000, "features", f"1{THIN}500 of 200{THIN}000 features", f"1{THIN}500 sur 200{THIN}000 entités"),
        (3, 9, "", "3 of 9", "3 sur 9"),
    ],
)
def test_work(done, total, unit, english, french):
    for code, written in (("en", english), ("fr", french)):
        use_language(code)
        assert work_text(done, total, unit) == written
