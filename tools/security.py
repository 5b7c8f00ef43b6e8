"""Look for what plugins.qgis.org refuses in a zip: bandit with all of its rules, detect-secrets with all detectors.

Nothing is left out by a list or a configuration file; what stands in the code itself as `# nosec` has its reason beside
it, and is none of the rules that the site calls critical. The vendored packages are the same bytes as on PyPI;
`--vendored` tells what is found in them, by rule, and judges nothing.
"""

from __future__ import annotations

import argparse
import collections
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List

import package

TOOLS = Path(sys.executable).parent
MAY_BE_EXPLAINED = {"B404", "B405", "B603", "B608"}  # warnings of the site; the others are mended
_NOSEC = re.compile(r"#\s*nosec\b:?(?P<rules>[\sB\d,]*)(?P<reason>.*)")


def findings_of_bandit(folder: Path) -> List[Dict[str, Any]]:
    """Return what bandit says about the modules of a folder."""
    told = subprocess.run(
        [TOOLS / "bandit", "--recursive", ".", "--format", "json", "--quiet"],
        cwd=folder, capture_output=True, check=False,
    )  # fmt: skip
    report = json.loads(told.stdout)
    unread = [
        {"test_id": "unread", "issue_text": error["reason"], "line_number": 0, **error} for error in report["errors"]
    ]
    return [*report["results"], *unread]


def findings_of_detect_secrets(folder: Path) -> List[Dict[str, Any]]:
    """Return what looks like a secret in the files of a folder; metadata.txt is left out, as the site does."""
    told = subprocess.run(
        [TOOLS / "detect-secrets", "scan", "--all-files", "--no-verify", "--exclude-files", r"metadata\.txt", "."],
        cwd=folder, capture_output=True, check=True,
    )  # fmt: skip
    return [found for findings in json.loads(told.stdout)["results"].values() for found in findings]


def unexplained(folder: Path) -> List[str]:
    """Return the places of `nosec` that name no rule, one that is to be mended, or no reason."""
    found = []
    for file in sorted(folder.rglob("*.py")):
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            mark = _NOSEC.search(line)
            rules = set(re.findall(r"B\d+", mark["rules"])) if mark else set()
            if mark and (not rules or rules - MAY_BE_EXPLAINED or not mark["reason"].strip(" -")):
                found.append(f"{file.relative_to(folder)}:{number}: {line.strip()}")
    return found


def judge(folder: Path) -> int:
    """Say what is wrong with our own files, and return how much that is."""
    said = [f"{f['filename']}:{f['line_number']}: {f['test_id']} {f['issue_text']}" for f in findings_of_bandit(folder)]
    secrets = findings_of_detect_secrets(folder)
    said += [f"{found['filename']}:{found['line_number']}: {found['type']}" for found in secrets]
    said += [f"{place} – which rule, and why?" for place in unexplained(folder)]
    print(*said, sep="\n", end="\n" if said else "")
    return len(said)


def tell(vendor: Path) -> None:
    """Say what there is in the vendored packages."""
    rules: collections.Counter = collections.Counter()
    for found in findings_of_bandit(vendor):
        rules[Path(found["filename"]).parts[0], found["test_id"]] += 1
    for found in findings_of_detect_secrets(vendor):
        rules[Path(found["filename"]).parts[0], found["type"]] += 1
    for (name, rule), count in sorted(rules.items()):
        print(f"{name:20} {rule:28} {count:4}")


def main() -> int:
    """Return 0 for files that the site would take."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--vendored", action="store_true", help="tell what is found in the packages that the zip carries"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="geopub-security-") as work:
        folder = Path(work) / package.PACKAGE
        if asked.vendored:
            package.collect_vendored(folder)
            tell(folder)
            return 0
        package.collect_own(folder)
        count = judge(folder)
    print(f"security: {count} findings" if count else "security: nothing found")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
