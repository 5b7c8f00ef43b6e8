"""The seven generalisations that the Géoplateforme offers, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Tuple

from ..errors import InvalidInput
from ..translation import tr
from .options import Generalisation, parse_options


@dataclass(frozen=True)
class Preset:
    """One generalisation, with the name that stays, the flags that are sent and the platform's label."""

    name: str
    flags: str
    label: str

    @property
    def options(self) -> Generalisation:
        """What the flags mean."""
        return parse_options(self.flags)


PRESETS: Tuple[Preset, ...] = (
    Preset("mixed", "-S10", "Simplification de données hétérogènes"),
    Preset("network", "-pn -S15", "Simplification de réseau"),
    Preset("lines", "-an -S15", "Simplification de données linéaires autres"),
    Preset("grid", "-aL -D8 -S15", "Schématisation de données surfaciques"),
    Preset("selection", "-ac -aD -an -S15", "Sélection de données surfaciques"),
    Preset("fusion", "-ac -an -S10", "Fusion attributaire de données surfaciques"),
    Preset("borders", "-ab -S20", "Harmonisation de données surfaciques"),
)


def preset(text: str) -> Preset:
    """Return the preset with this name, label or flags; raise InvalidInput that lists the names."""
    wanted = " ".join(text.split())
    for one in PRESETS:
        if wanted.casefold() in (one.name, one.label.casefold()) or wanted == one.flags:
            return one
    raise InvalidInput(
        tr("There is no generalisation preset “{name}”.", name=text),
        tr("The presets are: {names}.", names=", ".join(one.name for one in PRESETS)),
        tr("Choose one of them, or give flags such as -S10 -an."),
    )


def titles() -> Dict[str, str]:
    """Return what each preset is called in the user's language, by name."""
    return {
        "mixed": tr("Simplify data of all kinds"),
        "network": tr("Simplify a network"),
        "lines": tr("Simplify other lines"),
        "grid": tr("Schematise areas"),
        "selection": tr("Select areas"),
        "fusion": tr("Merge areas by attribute"),
        "borders": tr("Harmonise areas"),
    }
