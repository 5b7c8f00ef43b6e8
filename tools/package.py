"""Make the plugin's zip: one top folder with the package, its files, and the backend's pure-Python dependencies."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import zipfile
from configparser import ConfigParser
from pathlib import Path
from typing import Iterator, Tuple

import viewer

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "geopub_plugin"
BESIDE = ("metadata.txt", "LICENSE", "CHANGELOG.md")
FOLDERS = ("resources", "i18n", "docs/guide")
VENDORED = ROOT / "tools" / "vendored.txt"
PURE = [
    "--only-binary=:all:",
    "--python-version",
    "3.9",
    "--platform",
    "any",
    "--implementation",
    "py",
    "--abi",
    "none",
]
COMPILED = (".so", ".pyd", ".dll", ".dylib", ".exe", ".pyc", ".pyo", ".c", ".pyx", ".pxd", ".bat", ".sh", ".cmd")
UNUSED = ("tests", "test", "testing", "__pycache__", "pending")  # folders that nobody runs
LARGEST = 25_000_000  # bytes: the limit of plugins.qgis.org


def version() -> str:
    """Return the version that metadata.txt states."""
    metadata = ConfigParser(interpolation=None)
    metadata.read(ROOT / "metadata.txt", encoding="utf-8")
    return metadata["general"]["version"]


def wheels(cache: Path) -> Tuple[Path, ...]:
    """Return the vendored wheels, fetched with pip where the cache does not hold them."""
    wanted = [line.strip() for line in VENDORED.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    cache.mkdir(parents=True, exist_ok=True)
    names = {requirement: "{}-{}-py".format(*requirement.replace("-", "_").split("==")) for requirement in wanted}
    missing = [requirement for requirement, name in names.items() if not list(cache.glob(f"{name}*.whl"))]
    if missing:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, *PURE, "--dest", str(cache), *missing], check=True)
    return tuple(next(cache.glob(f"{name}*.whl")) for name in names.values())


def unpack(wheel: Path, vendor: Path) -> None:
    """Unpack a wheel without what is never imported; its licences stay."""
    with zipfile.ZipFile(wheel) as packed:
        for entry in packed.infolist():
            if not entry.is_dir() and shipped(Path(entry.filename)) and not entry.filename.endswith("/RECORD"):
                packed.extract(entry, vendor)


def shipped(path: Path) -> bool:
    """Return whether a file belongs into the zip."""
    hidden = any(part.startswith(".") for part in path.parts)
    scripts = any(part.endswith(".data") for part in path.parts)  # programs of a wheel, not modules
    return not hidden and not scripts and path.suffix not in COMPILED and not set(path.parts[:-1]) & set(UNUSED)


def collect(folder: Path) -> None:
    """Copy everything that ships into the plugin's folder."""
    collect_own(folder)
    compile_texts(folder / "i18n")
    collect_vendored(folder / "vendor")
    viewer.unpack(folder / "vendor" / "maplibre")


def collect_own(folder: Path) -> None:
    """Copy what is GeoPub's own into the plugin's folder."""
    for file in sorted((ROOT / PACKAGE).rglob("*")):
        if file.is_file() and shipped(file.relative_to(ROOT)):
            copy(file, folder / file.relative_to(ROOT / PACKAGE))
    for name in BESIDE:
        copy(ROOT / name, folder / name)
    for name in FOLDERS:
        for file in sorted((ROOT / name).rglob("*")):
            if file.is_file() and shipped(file.relative_to(ROOT)):
                copy(file, folder / file.relative_to(ROOT))


def collect_vendored(vendor: Path) -> None:
    """Unpack the dependencies that the zip carries."""
    for wheel in wheels(ROOT / "build" / "wheels"):
        unpack(wheel, vendor)


def compile_texts(folder: Path) -> None:
    """Compile the translations for Qt where lrelease is at hand; the backend reads the .ts files themselves."""
    lrelease = shutil.which("lrelease") or shutil.which("lrelease-qt5")
    for source in sorted(folder.glob("*.ts")) if lrelease else ():
        command = [str(lrelease), "-silent", str(source), "-qm", str(source.with_suffix(".qm"))]
        subprocess.run(command, check=True)


def copy(source: Path, target: Path) -> None:
    """Copy one file, making its folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def write_zip(folder: Path, archive: Path) -> None:
    """Write the zip in a fixed order and with fixed dates, so that the same sources make the same bytes."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for file in files(folder):
            entry = zipfile.ZipInfo(f"{PACKAGE}/{file.relative_to(folder).as_posix()}", (2020, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, file.read_bytes())


def files(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder in a fixed order."""
    return (file for file in sorted(folder.rglob("*")) if file.is_file())


def main() -> int:
    """Make the zip and say where it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    archive = parser.parse_args().out / f"geopub-{version()}.zip"
    with tempfile.TemporaryDirectory(prefix="geopub-package-") as work:
        folder = Path(work) / PACKAGE
        collect(folder)
        write_zip(folder, archive)
    size = archive.stat().st_size
    if size > LARGEST:
        sys.exit(f"{archive} has {size:,} bytes, more than the {LARGEST:,} that plugins.qgis.org takes")
    print(f"{archive} {size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
