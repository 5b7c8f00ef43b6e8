#!/usr/bin/env bash
# Install what GeoPub needs to be run and developed: system packages (Debian and Ubuntu), then .venv. May be run again.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'geopub: %s\n' "$*" >&2; }

# package: how to tell that it is there (a command, or a file)
declare -A PACKAGES=(
  [qgis]=qgis
  [python3-qgis]=/usr/lib/python3/dist-packages/qgis/core/__init__.py
  [qgis-providers]=/usr/share/doc/qgis-providers
  [python3-venv]=/usr/share/doc/python3-venv
  [gdal-bin]=ogrinfo
  [xvfb]=xvfb-run
  [xauth]=xauth
  [xdotool]=xdotool
  [qttools5-dev-tools]=lrelease
  [fonts-dejavu-core]=/usr/share/doc/fonts-dejavu-core
  [libgl1-mesa-dri]=/usr/share/doc/libgl1-mesa-dri
)

missing=()
for package in "${!PACKAGES[@]}"; do
  sign=${PACKAGES[$package]}
  case $sign in
    /*) [ -e "$sign" ] || missing+=("$package") ;;
    *) command -v "$sign" >/dev/null || missing+=("$package") ;;
  esac
done

install_packages() {
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
      say "these packages are missing, and neither root nor sudo is at hand: ${missing[*]}"
      say "as root: apt-get install ${missing[*]}"
      exit 1
    fi
    as_root=(sudo)
  fi
  say "installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

if [ ${#missing[@]} -gt 0 ]; then
  if command -v apt-get >/dev/null; then
    install_packages
  else
    say "this system has no apt-get, so please install by hand what these Debian packages hold: ${missing[*]}"
    say "QGIS with its Python bindings (3.22 or later) and GDAL's tools are needed; the rest serves the tests."
    command -v qgis >/dev/null || exit 1
  fi
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
say "ready: make run, make test"
