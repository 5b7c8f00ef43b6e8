"""The conformance classes that the API states; tests hold it to each of them."""

from __future__ import annotations

from typing import Tuple

CLASSES: Tuple[str, ...] = (
    *(
        f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}"  # OGC 17-069r4
        for name in ("core", "oas30", "html", "geojson")
    ),
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",  # OGC 18-058r1
    *(
        f"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/{name}"  # OGC 19-079r2
        for name in ("queryables", "queryables-query-parameters", "filter", "features-filter")
    ),
    *(
        f"http://www.opengis.net/spec/cql2/1.0/conf/{name}"  # OGC 21-065r2
        for name in (
            "cql2-text",
            "cql2-json",
            "basic-cql2",
            "advanced-comparison-operators",
            "case-insensitive-comparison",
            "accent-insensitive-comparison",
            "basic-spatial-functions",
            "basic-spatial-functions-plus",
            "spatial-functions",
            "temporal-functions",
            "property-property",
            "arithmetic",
        )
    ),
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/schemas",  # OGC 23-058r1; QGIS takes its fields from it
)
