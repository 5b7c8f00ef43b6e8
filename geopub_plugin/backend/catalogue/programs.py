"""The checks and processings that this store runs, under the ids and names that the platform's clients look for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Dict, Optional, Tuple

from ..errors import NotFound
from ..translation import tr
from .seeds import DISCOVERY_ID


@dataclass(frozen=True)
class Check:
    """A rule run on an upload."""

    id: str
    name: str
    description: str
    variant: str  # what the "check" job is told to verify
    priority: str = "STANDARD"
    default_uploads_check: Tuple[str, ...] = ("VECTOR",)


@dataclass(frozen=True)
class Parameter:
    """One parameter of a processing."""

    name: str
    description: str
    mandatory: bool = False
    default_value: Any = None


@dataclass(frozen=True)
class Processing:
    """A kind of job that makes stored data."""

    id: str
    name: str
    description: str
    job: str  # kind of job, see `jobs.kinds`
    input_types: Dict[str, Tuple[str, ...]]
    output_type: str
    storage_types: Tuple[str, ...]
    parameters: Tuple[Parameter, ...] = ()
    required_checks: Tuple[Check, ...] = field(default=())
    priority: str = "STANDARD"


STANDARD_CHECK = Check(
    "ecb00ba0-eb42-427e-8418-f5d8a30e84ec",
    "Vérification standard",
    "Vérifie que les fichiers livrés sont complets, lisibles et conformes à leurs sommes de contrôle.",
    "standard",
)
VECTOR_CHECK = Check(
    "66ed8a1b-93d9-4fe9-a413-ab93d31b2964",
    "Vérification vecteur",
    "Vérifie les tables, leurs géométries, leurs noms et leur système de coordonnées.",
    "vector",
)
CHECKS: Tuple[Check, ...] = (STANDARD_CHECK, VECTOR_CHECK)

_PYRAMID: Dict[str, Any] = {
    "description": "Calcule les tuiles vectorielles de tous les niveaux à partir d'une base vecteur.",
    "job": "pyramid",
    "input_types": {"upload": (), "stored_data": ("VECTOR-DB",)},
    "output_type": "ROK4-PYRAMID-VECTOR",
    "storage_types": ("FILESYSTEM", "S3"),
    "parameters": (
        Parameter("composition", "Tables, attributs, niveaux et filtres"),
        Parameter("bottom_level", "Niveau le plus détaillé"),
        Parameter("top_level", "Niveau le moins détaillé"),
        Parameter("tippecanoe_options", "Options de généralisation", default_value=""),
        Parameter("area", "Zone à calculer, WKT en EPSG:4326"),
        Parameter("width", "Tuiles par dalle en largeur", default_value=16),
        Parameter("height", "Tuiles par dalle en hauteur", default_value=16),
        Parameter("parallelization", "Niveau de parallélisation", default_value=1),
    ),
}

INTEGRATION = Processing(
    "0de8c60b-9938-4be9-aa36-9026b77c3c96",
    "Intégration de données vecteur livrées en base",
    "Range les tables livrées, normalisées et indexées, dans une base vecteur.",
    "integrate",
    {"upload": ("VECTOR",), "stored_data": ()},
    "VECTOR-DB",
    ("FILESYSTEM", "POSTGRESQL"),
    (
        Parameter("srs", "Système de coordonnées cible"),
        Parameter("multigeom_layers", "Couches à géométries simples et multiples", default_value=[]),
        Parameter("tables", "Tables à intégrer ; toutes par défaut", default_value=[]),
    ),
    CHECKS,
)
PYRAMID = Processing("aa5f9391-0bdb-4b97-9209-fcde351b82f6", "Calcul de pyramide vecteur", **_PYRAMID)
# The name that the platform's own tutorials still use.
PYRAMID_FORMER_NAME = Processing(
    "a07a2d00-2bb3-45cb-a4c3-ac298501148c", "Calcul ou mise à jour de pyramide vecteur", **_PYRAMID
)
PROCESSINGS: Tuple[Processing, ...] = (INTEGRATION, PYRAMID, PYRAMID_FORMER_NAME)
# The platform's sandbox has its own; clients look for its id there.
SANDBOX_INTEGRATION = replace(INTEGRATION, id="5a348542-61a7-4289-a950-8544bb0ce2b8", priority="SANDBOX")
SANDBOX_PROCESSINGS: Tuple[Processing, ...] = (SANDBOX_INTEGRATION, PYRAMID, PYRAMID_FORMER_NAME)


def processings_of(datastore: str) -> Tuple[Processing, ...]:
    """Return the processings of a datastore."""
    return SANDBOX_PROCESSINGS if datastore == DISCOVERY_ID else PROCESSINGS


def check(identifier: str) -> Check:
    """Return the check of this id, or raise NotFound."""
    found: Optional[Check] = next((known for known in CHECKS if known.id == identifier), None)
    if found is None:
        raise NotFound(tr("There is no check {identifier}.", identifier=identifier))
    return found


def processing(identifier: str) -> Processing:
    """Return the processing of this id, or raise NotFound."""
    found: Optional[Processing] = next(
        (known for known in (*PROCESSINGS, SANDBOX_INTEGRATION) if known.id == identifier), None
    )
    if found is None:
        raise NotFound(
            tr("There is no processing {identifier}.", identifier=identifier),
            cure=tr("List the processings of the datastore to see what it runs."),
        )
    return found
