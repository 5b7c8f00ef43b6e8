"""Write resources/metadata/languages.tsv: the languages of ISO 639-2 by bibliographic code, in English and French.

The names come from Debian's package iso-codes; the code of a language is the one that catalogues use ("fre", "ger").
"""

from __future__ import annotations

import gettext
import json
import sys
from pathlib import Path

SOURCE = Path("/usr/share/iso-codes/json/iso_639-2.json")
TARGET = Path(__file__).resolve().parent.parent / "resources" / "metadata" / "languages.tsv"


def main() -> int:
    """Write the file and return 0."""
    french = gettext.translation("iso_639-2", languages=["fr"])
    rows = []
    for entry in json.loads(SOURCE.read_text("utf-8"))["639-2"]:
        code, name = entry.get("bibliographic", entry["alpha_3"]), entry["name"]
        if "-" not in code:  # "qaa-qtz" is reserved for local use
            rows.append((code, name.replace("; ", ", "), french.gettext(name).replace("; ", ", ")))
    lines = ["\t".join(row) for row in sorted(rows)]
    TARGET.write_text("\n".join(lines) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
