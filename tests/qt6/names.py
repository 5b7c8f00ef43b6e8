"""Runs with PyQt6: says which names that the plugin takes from `qgis.PyQt` are not there. `names.py FOLDER`."""

from __future__ import annotations

import ast
import importlib
import json
import sys
from pathlib import Path
from typing import Dict, Iterator, List, Tuple


def imported(tree: ast.AST) -> Dict[str, Tuple[str, str]]:
    """Return {name in the file: (module of qgis.PyQt, name there)}."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("qgis.PyQt"):
            for alias in node.names:
                found[alias.asname or alias.name] = (node.module or "", alias.name)
    return found


def chains(tree: ast.AST) -> Iterator[Tuple[int, List[str]]]:
    """Yield (line, names) of each chain of attributes that begins with a plain name, the longest of each only."""
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if not isinstance(node, (ast.Attribute, ast.Name)) or id(node) in inner:
            continue
        names, here = [], node
        while isinstance(here, ast.Attribute):
            names.append(here.attr)
            here = here.value
        if isinstance(here, ast.Name):
            yield node.lineno, [here.id, *reversed(names)]


def missing(file: Path) -> Tuple[int, List[str]]:
    """Return how many names of Qt a file uses, and those that Qt 6 lacks, with their lines."""
    tree = ast.parse(file.read_text("utf-8"))
    known, lacking, count = imported(tree), [], 0
    for line, names in chains(tree):
        if names[0] not in known:
            continue
        module, name = known[names[0]]
        count += 1
        there = importlib.import_module(module)
        for part in (name, *names[1:]):
            if module == "qgis.PyQt" and part == name:
                there = importlib.import_module(f"{module}.{name}")
            elif not hasattr(there, part):
                lacking.append(f"{file}:{line}: {'.'.join(names)}")
                break
            else:
                there = getattr(there, part)
            if not (isinstance(there, type) or hasattr(there, "__path__") or hasattr(there, "__spec__")):
                break  # a value or a function: what hangs on it is no name of Qt
    return count, lacking


def main() -> None:
    """Print {"names": how many were looked up, "missing": [places]}."""
    counted = [missing(file) for file in sorted(Path(sys.argv[1]).rglob("*.py"))]
    print(
        json.dumps({"names": sum(n for n, _ in counted), "missing": [place for _, some in counted for place in some]})
    )


if __name__ == "__main__":
    main()
