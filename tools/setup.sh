#!/usr/bin/env bash
# Install what GeoPub needs to be run and developed: system packages (Debian and Ubuntu), then .venv. May be run again.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'geopub: %s\n' "$*" >&2; }

needed=(qgis python3-qgis qgis-providers python3-venv gdal-bin)
for_tests=(postgresql postgresql-postgis nginx xvfb xauth xdotool qttools5-dev-tools fonts-dejavu-core libgl1-mesa-dri)
command -v npm >/dev/null || for_tests+=(npm) # another Node than Debian's keeps Debian's npm out
command -v chromium >/dev/null || for_tests+=(chromium)

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

missing() {
  local package
  for package in "$@"; do installed "$package" || printf '%s ' "$package"; done
}

apt_get() {
  if [ "$(id -u)" = 0 ]; then
    DEBIAN_FRONTEND=noninteractive apt-get "$@" >&2
  elif command -v sudo >/dev/null; then
    sudo DEBIAN_FRONTEND=noninteractive apt-get "$@" >&2
  else
    say "packages are missing, and neither root nor sudo is at hand. As root: apt-get install ${needed[*]} ${for_tests[*]}"
    exit 1
  fi
}

if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
  wanted=$(missing "${needed[@]}" "${for_tests[@]}")
  if [ -n "$wanted" ]; then
    say "installing $wanted"
    apt_get update -qq
    available=()
    for package in $wanted; do
      if [ -n "$(apt-cache madison "$package" 2>/dev/null)" ]; then
        available+=("$package")
      else
        say "this system has no package $package; going on without it"
      fi
    done
    if ! apt_get install -y -qq --no-install-recommends "${available[@]}"; then
      say "not all of them go together here; installing one by one"
      for package in "${available[@]}"; do
        apt_get install -y -qq --no-install-recommends "$package" || say "$package cannot be installed; going on without it"
      done
    fi
  fi
else
  for command in qgis ogrinfo xvfb-run; do
    command -v "$command" >/dev/null || say "$command is missing; this system has no apt-get, so please install it by hand"
  done
  say "needed: QGIS 3.22 or later with its Python bindings, GDAL's tools; for the tests: Xvfb, xauth, xdotool, lrelease"
fi

python=/usr/bin/python3 # QGIS's bindings belong to the system's Python, to no other
if ! "$python" -c 'import osgeo, numpy, qgis.core' 2>/dev/null; then
  say "$python cannot import osgeo, numpy and qgis.core: install QGIS's Python bindings for it (python3-qgis)."
  exit 1
fi

if [ ! -x .venv/bin/pip ] || ! .venv/bin/python -c 'import qgis.core' 2>/dev/null; then
  say "making .venv"
  rm -rf .venv
  "$python" -m venv --system-site-packages .venv
fi

# A newer numpy would break everything that the system compiled against its own: GDAL's bindings first of all.
"$python" -c 'import numpy; print(f"numpy=={numpy.__version__}")' >.venv/constraints.txt
say "installing GeoPub and its Python dependencies into .venv"
.venv/bin/pip install --quiet --disable-pip-version-check --constraint .venv/constraints.txt --editable '.[dev]'
.venv/bin/python -c 'from osgeo import gdal_array'

# The platform's own SDK, a client of the tests: two versions that expect different ways of unpublishing.
for version in 0.1.46 0.1.44; do
  place=.venv/sdk/$version
  if [ ! -x "$place/bin/python" ] || ! "$place/bin/python" -c 'import sdk_entrepot_gpf' 2>/dev/null; then
    say "installing sdk-entrepot-gpf $version into $place"
    rm -rf "$place"
    "$python" -m venv "$place"
    "$place/bin/pip" install --quiet --disable-pip-version-check --constraint tools/sdk.txt "sdk-entrepot-gpf==$version" ||
      say "without it, the tests of tests/sdk are skipped"
  fi
done
# Qt 6, for tests; apart from Qt 5, which the system's QGIS stands on.
if ! .venv/qt6/bin/python -c 'import PyQt6.QtCore' 2>/dev/null; then
  say "installing PyQt6 into .venv/qt6"
  rm -rf .venv/qt6
  "$python" -m venv --system-site-packages .venv/qt6
  .venv/qt6/bin/pip install --quiet --disable-pip-version-check 'PyQt6==6.11.0' 'PyQt6-Qt6==6.11.2' 'PyQt6-sip==13.13.0' ||
    say "without it, the tests of tests/qt6 are skipped"
fi
maplibre="${GEOPUB_TEST_CACHE:-$HOME/.cache/geopub-tests}/maplibre/$(cat tools/maplibre.txt)" # for tests that draw
if command -v npm >/dev/null && [ ! -d "$maplibre/node_modules/maplibre-gl" ]; then
  mkdir -p "$maplibre"
  npm install --prefix "$maplibre" --no-audit --no-fund --silent "maplibre-gl@$(cat tools/maplibre.txt)" >&2 ||
    say "npm cannot fetch MapLibre; the tests that draw with it are skipped"
fi
say "ready: make run, make test"
