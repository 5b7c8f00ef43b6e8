// Draws one tile layer with its published style, else with a plain one; a click shows the attributes of a feature.
const page = document.body.dataset;
const said = document.getElementById("said");

function tell(reason) {
  said.textContent = page.failed.replace("{reason}", reason);
  said.hidden = false;
}

async function json(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${answer.status} ${address}`);
  return answer.json();
}

function plain(layers) {
  const colours = ["#2f7d4f", "#2c6aa0", "#a15c00", "#7a3e9d", "#b3261e"];
  const kinds = [
    ["fill", "Polygon", (colour) => ({"fill-color": colour, "fill-opacity": 0.35})],
    ["line", "", (colour) => ({"line-color": colour, "line-width": 1.2})],
    ["circle", "Point", (colour) => ({"circle-color": colour, "circle-radius": 4, "circle-stroke-color": "#fff",
                                      "circle-stroke-width": 1})],
  ];
  return layers.flatMap((layer, place) => kinds.map(([type, geometry, paint]) => ({
    id: `${layer.id}-${type}`, type, source: "tiles", "source-layer": layer.id,
    filter: geometry ? ["==", ["geometry-type"], geometry] : ["!=", ["geometry-type"], "Point"],
    paint: paint(colours[place % colours.length]),
  })));
}

async function styleOf(map, tiles) {
  const source = {type: "vector", tiles: tiles.tiles, minzoom: tiles.minzoom, maxzoom: tiles.maxzoom, bounds: tiles.bounds};
  const paper = {id: "paper", type: "background", paint: {"background-color": "#f7f7f5"}};
  if (map.style) {
    try {
      const style = await json(map.style);
      const names = Object.keys(style.sources);
      style.sources = Object.fromEntries(names.map((name) => [name, source]));  // of this door, whichever it names
      style.layers = [paper, ...style.layers.filter((layer) => layer.type !== "background")];
      return style;
    } catch (error) {
      console.warn(error);  // the plain style does
    }
  }
  return {version: 8, sources: {tiles: source}, layers: [paper, ...plain(tiles.vector_layers)]};
}

function table(features) {
  const made = document.createElement("table");
  for (const [name, value] of Object.entries(features[0].properties)) {
    const row = made.insertRow();
    row.insertCell().textContent = name;
    row.insertCell().textContent = value;
  }
  return made;
}

try {
  const maplibre = await import("./maplibre-gl.mjs");
  const map = await json(page.map);
  const tiles = await json(map.tiles);
  const [west, south, east, north] = tiles.bounds;
  const drawn = new maplibre.Map({
    container: "map", style: await styleOf(map, tiles), hash: true,
    bounds: location.hash ? undefined : [[west, Math.max(south, -85)], [east, Math.min(north, 85)]],
    fitBoundsOptions: {padding: 20}, maxZoom: 22,
  });
  drawn.addControl(new maplibre.NavigationControl());
  drawn.addControl(new maplibre.ScaleControl(), "bottom-left");
  drawn.on("error", (event) => tell(event.error?.message ?? ""));
  drawn.on("idle", () => { document.body.dataset.idle = "true"; });
  drawn.on("click", (event) => {
    const features = drawn.queryRenderedFeatures(event.point);
    if (features.length && Object.keys(features[0].properties).length) {
      new maplibre.Popup({maxWidth: "320px"}).setLngLat(event.lngLat).setDOMContent(table(features)).addTo(drawn);
    }
  });
} catch (error) {
  tell(error.message);
}
