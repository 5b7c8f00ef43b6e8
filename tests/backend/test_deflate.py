"""Deflate by libdeflate and by zlib: the same content comes back."""

from __future__ import annotations

import ctypes
import shutil
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor

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


@pytest.mark.parametrize("library", ["libdeflate", "zlib"])
def test_checksums_go_on_where_others_ended(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if library == "zlib":
        monkeypatch.setattr(deflate, "_LIBDEFLATE", None)
    assert deflate.checksum(b"123456789") == 0xCBF43926  # the check value of CRC-32 in every catalogue of them
    for content in CONTENTS:
        assert deflate.checksum(content, deflate.checksum(b"IDAT")) == zlib.crc32(b"IDAT" + content)


@pytest.mark.skipif(not shutil.which("dpkg"), reason="elsewhere libtiff may be without it")
def test_libdeflate_is_found_where_libtiff_needs_it() -> None:
    assert deflate._LIBDEFLATE is not None


def test_threads_compress_beside_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deflate, "_LARGEST_ROOM", 100_000)
    with ThreadPoolExecutor(4) as threads:
        for content, made in zip(40 * CONTENTS, threads.map(lambda one: deflate.deflated(one, 6), 40 * CONTENTS)):
            assert zlib.decompress(made) == content


@pytest.mark.skipif(deflate._LIBDEFLATE is None, reason="zlib keeps nothing")
def test_a_compressor_ends_with_its_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    freed = []

    class Watched:
        def __getattr__(self, name: str) -> object:
            return freed.append if name == "libdeflate_free_compressor" else getattr(deflate._declared(own), name)

    own = ctypes.CDLL(deflate._LIBDEFLATE._name)
    monkeypatch.setattr(deflate, "_LIBDEFLATE", Watched())
    thread = threading.Thread(target=deflate.deflated, args=(b"content", 6))
    thread.start()
    thread.join()
    assert len(freed) == 1
    own.libdeflate_free_compressor(*freed)


def test_another_library_of_its_name_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deflate, "_NAMES", ("libc.so.6", "nowhere.so"))
    assert deflate._library() is None
