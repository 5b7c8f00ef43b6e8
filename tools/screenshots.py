"""Make the pictures of the user guide: play scenarios of tests/desktop in both languages, keep what they photograph.

The pictures are what QGIS Desktop shows under Xvfb, with a palette of 256 colours. Look at each before you commit it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
TAKEN = ROOT / "build" / "screenshots"
KEPT = ROOT / "docs" / "guide" / "images"
LANGUAGES = ("en", "fr")
SCENARIOS = (
    "test_life.py",
    "test_layer.py",
    "test_wizard.py::test_every_field_of_the_wizard[en-team]",
    "test_wizard.py::test_every_field_of_the_wizard[fr-team]",
)
PICTURES = (
    "menu", "express", "progress", "preview_tms", "share",  # publish
    "changed", "update", "versions_data", "delete",  # update
    "options", "target", "sign_in", "panel_jobs", "panel_room",  # targets
    "page", "styles", "style_entry", "processing", "checks",
    *(f"wizard_{page:02d}" for page in range(11) if page != 5), "wizard_05_area",
)  # fmt: skip
COLOURS = 256
LARGEST, ALL = 100_000, 2_500_000  # bytes


def main() -> int:
    """Play, then keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep-only", action="store_true", help="do not play: take the pictures that are there")
    if not parser.parse_args().keep_only:
        played = play()
        if played:
            return played
    KEPT.mkdir(parents=True, exist_ok=True)
    sizes = {}
    for name in (f"{picture}_{language}.png" for picture in PICTURES for language in LANGUAGES):
        if not (TAKEN / name).is_file():
            sys.exit(f"no scenario has photographed {name}")
        sizes[name] = keep(TAKEN / name, KEPT / name)
    large = [f"{name}: {size:,} bytes" for name, size in sizes.items() if size > LARGEST]
    if large or sum(sizes.values()) > ALL:
        sys.exit(f"too large: {', '.join(large) or 'all together'}")
    print(f"{len(sizes)} pictures, {sum(sizes.values()):,} bytes, in {KEPT}")
    return 0


def play() -> int:
    """Play the scenarios and return what pytest returns."""
    tests = [f"tests/desktop/{scenario}" for scenario in SCENARIOS]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run([sys.executable, "-m", "pytest", *tests], cwd=ROOT, env=environment, check=False).returncode


def keep(source: Path, target: Path) -> int:
    """Write a picture with few colours, those of small things among them, and return how many bytes it has."""
    with Image.open(source) as picture:
        few = picture.convert("RGB").quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        few.save(target, optimize=True)
    return target.stat().st_size


if __name__ == "__main__":
    sys.exit(main())
