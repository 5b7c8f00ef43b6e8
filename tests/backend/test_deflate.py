"""Deflate by libdeflate and by zlib: the same content comes back."""

from __future__ import annotations

import shutil
import zlib

import numpy as np
import pytest

from geopub_plugin.backend import deflate

NOISE = np.random.default_rng(7)
CONTENTS = [b"", b"a", bytes(70_000), NOISE.integers(0, 256, 300_000, dtype=np.uint8).tobytes(), b"tile " * 9_000]


@pytest.mark.parametrize("level", [1, 5, 9])
@pytest.mark.parametrize("library", ["libdeflate", "zlib"])
def test_what_was_compressed_comes_back(library: str, level: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if library == "zlib":
        monkeypatch.setattr(deflate, "_LIBDEFLATE", None)
    for content in [*CONTENTS, *reversed(CONTENTS)]:
        assert zlib.decompress(deflate.deflated(content, level)) == content
        assert zlib.decompress(deflate.deflated(np.frombuffer(content, np.uint8).copy(), level)) == content


@pytest.mark.skipif(not shutil.which("dpkg"), reason="elsewhere libtiff may be without it")
def test_libdeflate_is_found_where_libtiff_needs_it() -> None:
    assert deflate._LIBDEFLATE is not None
