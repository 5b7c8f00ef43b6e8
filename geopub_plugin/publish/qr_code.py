"""Addresses as QR codes, by segno (ISO/IEC 18004): pure Python that the zip carries for the backend's neighbours.

QGIS does not have it, and the zip's folder of packages is not on QGIS's path: another plugin's packages of the same
names would clash. So this one package is loaded from there by itself, under a name of our own.
"""

from __future__ import annotations

import importlib.util
import io
import sys
from functools import lru_cache
from types import ModuleType
from typing import Tuple

from ..backend.locations import PACKAGE, shipped

_NAME = f"{PACKAGE.name}_segno"
QUIET = 4  # modules of white around, as the standard wants

Matrix = Tuple[Tuple[bool, ...], ...]


def qr_matrix(address: str) -> Matrix:
    """Return the modules of an address's code, row by row, True for dark, without the white around.

    Raises:
        ValueError: the address is longer than any code holds (some 2,300 characters).
    """
    code = _segno().make(address, error="m", micro=False, boost_error=True)
    return tuple(tuple(bool(module) for module in row) for row in code.matrix)


def qr_svg(address: str) -> bytes:
    """Return an address's code as SVG, with the white around it.

    Raises:
        ValueError: the address is too long.
    """
    out = io.BytesIO()
    code = _segno().make(address, error="m", micro=False)
    code.save(out, kind="svg", border=QUIET, scale=8, light="#fff", title=address)
    return out.getvalue()


@lru_cache(maxsize=1)
def _segno() -> ModuleType:
    folder = shipped("vendor", "segno")
    if not (folder / "__init__.py").is_file():  # a checkout: the development environment has it
        return importlib.import_module("segno")
    if _NAME in sys.modules:
        return sys.modules[_NAME]
    spec = importlib.util.spec_from_file_location(
        _NAME, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{folder} is no package")
    module = importlib.util.module_from_spec(spec)
    sys.modules[_NAME] = module
    spec.loader.exec_module(module)
    return module
