"""Fetch the XML schemas of OGC and W3C into the test cache; needs Maven, since only its repository packages them."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

# What schemas.opengis.net and www.w3.org offer, as packages of JAXB's makers; both are licensed as the schemas are.
ARTIFACTS = {
    "org.jvnet.ogc:ogc-schemas:2.6.1": ("ogc/",),
    "org.hisrc.w3c:w3c-schemas:1.4.0": ("w3c/",),
}
CACHE = Path(os.environ.get("GEOPUB_TEST_CACHE", Path.home() / ".cache" / "geopub-tests"))


def fetch(target: Path) -> None:
    """Unpack the schemas into a folder that appears when it is complete."""
    beside = target.with_name(f"{target.name}.{os.getpid()}.part")
    for artifact, folders in ARTIFACTS.items():
        unpack(archive(artifact, beside), folders, beside)
    beside.replace(target)


def archive(artifact: str, folder: Path) -> Path:
    """Return the archive of an artifact, copied into `folder` by Maven."""
    command = ["mvn", "--batch-mode", "--quiet", "-DexcludeTransitive=true", "-Dmdep.useBaseVersion=true"]
    _group, name, version = artifact.split(":")
    subprocess.run(
        [*command, "dependency:get", "-Dtransitive=false", f"-Dartifact={artifact}"], check=True, stdout=sys.stderr
    )
    subprocess.run(
        [*command, "dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={folder}"],
        check=True,
        stdout=sys.stderr,
    )
    return folder / f"{name}-{version}.jar"


def unpack(packed: Path, folders: tuple[str, ...], target: Path) -> None:
    """Unpack some folders of an archive."""
    with zipfile.ZipFile(packed) as source:
        source.extractall(target, [name for name in source.namelist() if name.startswith(folders)])
    packed.unlink()


def main() -> int:
    """Fetch the schemas where they are missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=CACHE / "schemas")
    target = parser.parse_args().into
    if target.is_dir():
        return 0
    if shutil.which("mvn") is None:
        sys.stderr.write("The schemas come with Maven, which is not here: install it (apt-get install maven).\n")
        return 1
    target.parent.mkdir(parents=True, exist_ok=True)
    fetch(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
