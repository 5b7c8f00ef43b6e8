"""Fetch the map library of the web viewer with npm, in the version of tools/maplibre.txt."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VERSION = (ROOT / "tools" / "maplibre.txt").read_text("ascii").strip()
PACKED = ROOT / "build" / "npm" / f"maplibre-gl-{VERSION}.tgz"
FILES = ("dist/maplibre-gl.mjs", "dist/maplibre-gl-worker.mjs", "dist/maplibre-gl.css", "LICENSE.txt")


def fetch() -> Path:
    """Return npm's package, fetched where it is not here yet; npm holds it against the registry's checksum."""
    if not PACKED.is_file():
        npm = shutil.which("npm")
        if npm is None:
            sys.exit("npm is not here; it brings the map library of the web viewer: make setup")
        PACKED.parent.mkdir(parents=True, exist_ok=True)
        command = [npm, "pack", "--silent", "--pack-destination", str(PACKED.parent), f"maplibre-gl@{VERSION}"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return PACKED


def unpack(folder: Path) -> None:
    """Write what the viewer needs into a folder, the licence with it."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fetch()) as packed:
        for name in FILES:
            member = packed.extractfile(f"package/{name}")
            if member is None:
                sys.exit(f"{PACKED.name} holds no {name}")
            content = member.read()
            (folder / Path(name).name).write_bytes(without_map(content) if name.endswith(".mjs") else content)


def without_map(script: bytes) -> bytes:
    """Return a script that names no map of its sources, which is not shipped."""
    lines = script.rstrip().split(b"\n")
    return b"\n".join(lines[:-1] if lines[-1].startswith(b"//# sourceMappingURL") else lines) + b"\n"


def main() -> int:
    """Put the library where a checkout looks for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "vendor" / "maplibre")
    unpack(parser.parse_args().out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
