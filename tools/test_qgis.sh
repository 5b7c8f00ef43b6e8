#!/usr/bin/env bash
# Run the plugin's tests in another QGIS than this system's: tools/test_qgis.sh 3.40|3.44 [pytest arguments].
# That QGIS is Debian's, in a chroot that is made once (some 2.5 GB) and kept in GEOPUB_QGIS_ROOTS. Root and debootstrap are needed.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'geopub: %s\n' "$*" >&2; }
give_up() { say "$*"; exit 1; }

version=${1:?3.40 or 3.44}
shift
case "$version" in
  3.40) suite=trixie; from=() ;;                                 # Debian 13
  3.44) suite=trixie; from=(-t trixie-backports) ;;
  *) give_up "there is no QGIS $version for these tests: 3.40 or 3.44" ;;
esac
mirror=${GEOPUB_DEBIAN_MIRROR:-http://deb.debian.org/debian}
roots=${GEOPUB_QGIS_ROOTS:-/var/tmp/geopub-qgis}
root=$roots/$version
packages=(qgis python3-qgis qgis-providers gdal-bin python3-venv python3-pip xvfb xauth libgl1-mesa-dri fonts-dejavu-core
  qttools5-dev-tools git)
tests=(tests/ui tests/publish/qgis tests/desktop)

[ "$(id -u)" = 0 ] || give_up "a chroot can be made and entered by root only: sudo make test-qgis QGIS=$version"

inside() { # a command in the chroot; what is mounted for it goes with it
  unshare --mount --propagation private bash -ec '
    root=$1 checkout=$2; shift 2
    mkdir -p "$root/geopub" "$root/shared"
    mount --rbind /dev "$root/dev"
    mount -t proc proc "$root/proc"
    mount --bind "$checkout" "$root/geopub"
    [ ! -d "$checkout/../shared" ] || mount --bind "$checkout/../shared" "$root/shared"
    exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
      PIP_CERT=/etc/ssl/certs/ca-certificates.crt PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1 \
      QT_QPA_PLATFORM=offscreen PYTHONPATH=/geopub "$@"' inside "$root" "$PWD" "$@"
}

if [ ! -e "$root/.system" ]; then
  command -v debootstrap >/dev/null || give_up "debootstrap is missing: apt-get install debootstrap"
  say "making a Debian $suite with QGIS $version in $root"
  mkdir -p "$root"
  [ -e "$root/.base" ] || debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" "$mirror" >&2
  touch "$root/.base"
  echo "deb $mirror $suite-backports main" >"$root/etc/apt/sources.list.d/backports.list"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  inside apt-get update -qq
  inside apt-get install -y -qq --no-install-recommends "${from[@]}" "${packages[@]}" >&2
  inside apt-get clean
  touch "$root/.system"
fi
cp /etc/resolv.conf "$root/etc/resolv.conf"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"

if ! cmp -s pyproject.toml "$root/.installed"; then
  say "installing the Python dependencies of the tests"
  [ -x "$root/root/venv/bin/pip" ] || inside /usr/bin/python3 -m venv --system-site-packages /root/venv
  inside /root/venv/bin/python - >"$root/root/requirements.txt" <<'PYTHON'
import numpy
import tomllib

with open("/geopub/pyproject.toml", "rb") as file:
    project = tomllib.load(file)["project"]
print(*project["dependencies"], *project["optional-dependencies"]["dev"], f"numpy=={numpy.__version__}", sep="\n")
PYTHON
  inside /root/venv/bin/pip install --quiet --requirement /root/requirements.txt >&2
  cp pyproject.toml "$root/.installed"
fi

found=$(inside /usr/bin/python3 -c 'from qgis.core import Qgis; print(Qgis.version())')
case "$found" in
  "$version".*) say "QGIS $found, $(inside /usr/bin/python3 --version)" ;;
  *) give_up "$root has QGIS $found, not $version: remove the folder, and it is made anew" ;;
esac
# The zip needs the web viewer's library; npm is on this side only, and what it fetches stays below build/.
(cd tools && PYTHONDONTWRITEBYTECODE=1 python3 -c 'import viewer; viewer.fetch()') || say "the tests of the zip will fail"
[ $# -gt 0 ] || set -- "${tests[@]}"
inside sh -c 'cd /geopub && exec /root/venv/bin/python -m pytest -p no:cacheprovider "$@"' pytest "$@"
