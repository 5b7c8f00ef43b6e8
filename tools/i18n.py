"""Bring i18n/geopub_fr.ts up to date: every text of the code is in it, and no other.

The file is a Qt translation file, so Qt Linguist opens it and shows what has no French yet; it has one context, GeoPub,
and is sorted by text.
"""

from __future__ import annotations

import argparse
import ast
import sys
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional
from xml.etree import ElementTree
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "geopub_plugin"
FRENCH = ROOT / "i18n" / "geopub_fr.ts"
TABLES = "declared"  # declares texts that are translated when they are used: rows of id, title, what, why, cure


class Call(NamedTuple):
    """One call of tr(): where it is, and its text; None when the first argument is no literal."""

    file: Path
    line: int
    text: Optional[str]


def calls(package: Path = PACKAGE) -> Iterator[Call]:
    """Yield every call of tr() in the code."""
    for file in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"), str(file))):
            if isinstance(node, ast.Call) and name_of(node.func) == "tr" and node.args:
                yield Call(file, node.lineno, literal(node.args[0]))
            elif isinstance(node, ast.Call) and name_of(node.func) == TABLES:
                for row in node.args[1:]:
                    texts = (literal(cell) for cell in getattr(row, "elts", ())[1:])
                    yield from (Call(file, row.lineno, text) for text in texts if text)


def literal(node: ast.expr) -> Optional[str]:
    """Return the text of a string literal, None for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def name_of(function: ast.expr) -> str:
    """Return the name that is called: "tr" for tr(…), self.tr(…) and translation.tr(…)."""
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def read(file: Path = FRENCH) -> Dict[str, str]:
    """Return the translations of a file; {} when there is none yet."""
    if not file.exists():
        return {}
    messages = ElementTree.parse(file).iter("message")
    return {message.findtext("source", ""): message.findtext("translation", "") for message in messages}


def write(texts: Dict[str, str], file: Path = FRENCH) -> None:
    """Write the translation file, sorted."""
    lines: List[str] = ['<?xml version="1.0" encoding="utf-8"?>', "<!DOCTYPE TS>"]
    lines += ['<TS version="2.1" language="fr_FR" sourcelanguage="en">', "<context>", "    <name>GeoPub</name>"]
    for english in sorted(texts, key=lambda text: (text.casefold(), text)):
        french = texts[english]
        mark = "" if french else ' type="unfinished"'
        lines += ["    <message>", f"        <source>{escape(english)}</source>"]
        lines += [f"        <translation{mark}>{escape(french)}</translation>", "    </message>"]
    file.write_text("\n".join([*lines, "</context>", "</TS>", ""]), "utf-8")


def main() -> int:
    """Write the file, and list what has no translation; return 1 when something has none."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    checking = parser.parse_args().check
    used = {call.text for call in calls() if call.text is not None}
    known = read()
    texts = {text: known.get(text, "") for text in used}
    if not checking:
        write(texts)
    lacking = sorted(text for text, french in texts.items() if not french)
    for text in lacking:
        print(text.replace("\n", "\\n"))
    print(f"{len(texts)} texts, {len(lacking)} without French", file=sys.stderr)
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
