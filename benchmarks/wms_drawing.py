"""What QGIS's drawing costs alone, and our PNG: in one process that serves nobody. Started by `wms.py`.

    python wms_drawing.py TABLE DATA STYLE < views

Each line of stdin is a map as JSON: srs, bounds, width, height, transparent. Each line of stdout is what it took of the
processor, in seconds: [drawing, writing].
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def main() -> None:
    """Draw what is asked for."""
    from geopub_plugin.backend.render.application import start_qgis
    from geopub_plugin.backend.render.layers import open_table
    from geopub_plugin.backend.render.maps import blank_map, paint, request_settings
    from geopub_plugin.backend.render.pictures import encoded
    from geopub_plugin.backend.render.requests import DEFAULT_DPI, PNG, MapRequest, MapView
    from geopub_plugin.backend.services.publications import DrawnTable

    with tempfile.TemporaryDirectory() as profile:
        application = start_qgis(profile)
        table = DrawnTable(Path(sys.argv[2]), sys.argv[1], Path(sys.argv[3]))
        layers = [open_table(table)]
        for line in sys.stdin:
            asked = {**json.loads(line), "layers": (table,), "dpi": DEFAULT_DPI, "revision": ""}
            transparent = asked.pop("transparent")
            request = MapRequest(MapView(**asked), PNG, transparent)
            begun = time.process_time()
            settings = request_settings(request, layers)
            image = blank_map(request, settings.outputSize())
            paint(settings, image)
            drawn = time.process_time()
            encoded(image, PNG, transparent)
            print(json.dumps([drawn - begun, time.process_time() - drawn]), flush=True)
        layers.clear()
        application.exitQgis()


if __name__ == "__main__":
    main()
