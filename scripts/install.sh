#!/bin/sh
# Installs what image-jobs needs on this machine and in .venv, and leaves alone what is already installed.
# usage: scripts/install.sh [dev]      dev: the development tools too
# It needs the network only if something is missing. PYTHON chooses the interpreter (default: python3).
set -eu

cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
venv=.venv

say() { printf 'install: %s\n' "$*"; }
fail() { printf 'install: %s\n' "$*" >&2; exit 1; }

has_venv() { [ "$python" = "$venv/bin/python" ] || "$python" -c 'import ensurepip, venv' 2>/dev/null; }
has_redis() { command -v redis-server >/dev/null 2>&1; }

# The names under which Wand looks for the library.
has_magick() {
    "$python" - <<'PYTHON'
import itertools, sys
from ctypes.util import find_library

versions = ("", "-7", "-7.Q8", "-7.Q16", "-6", "-Q16", "-Q8", "-6.Q16")
names = ("".join(pair) for pair in itertools.product(versions, ("", "HDRI", "HDRI-2")))
sys.exit(not any(find_library("MagickWand" + name) for name in names))
PYTHON
}

check_python() {
    command -v "$python" >/dev/null 2>&1 ||
        fail "$python not found: install Python 3.11 or newer, or name it with PYTHON=/path/to/python3"
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "$("$python" --version) is too old: install Python 3.11 or newer and name it with PYTHON=/path/to/python3"
}

# Uses the interpreter of an existing .venv. A .venv whose interpreter does not run is created again.
choose_python() {
    if [ -x "$venv/bin/python" ] && "$venv/bin/python" -c '' 2>/dev/null; then
        python=$venv/bin/python
    fi
}

# By system: Debian 13; Ubuntu 24.04; Debian 12 and Ubuntu 22.04. On others the development package pulls in the library.
magick_package() {
    for name in libmagickwand-7.q16-10 libmagickwand-6.q16-7t64 libmagickwand-6.q16-6 libmagickwand-dev; do
        if apt-cache show "$name" >/dev/null 2>&1; then break; fi
    done
    echo "$name$(heif_decoders)"
}

# Newer systems have HEIC's and AVIF's decoders in packages of their own.
heif_decoders() {
    for name in libheif-plugin-libde265 libheif-plugin-aomdec; do
        if apt-cache show "$name" >/dev/null 2>&1; then printf ' %s' "$name"; fi
    done
}

venv_package() { "$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'; }

# Debian's packages run this file before they start a service; exit code 101 forbids it. An existing file is kept.
without_services() {
    policy=/usr/sbin/policy-rc.d
    if [ -e "$policy" ]; then
        as_root env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive "$@"
        return
    fi
    # shellcheck disable=SC2016  # the inner shell expands the variables
    as_root sh -c '
        policy=$1; shift
        trap "rm -f $policy" EXIT
        trap "exit 1" INT TERM
        printf "#!/bin/sh\nexit 101\n" >"$policy" && chmod 755 "$policy"
        RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive "$@"' sh "$policy" "$@"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

install_debian() {
    if has_venv && has_magick && has_redis; then return; fi
    command -v apt-get >/dev/null 2>&1 ||
        fail "missing: $(missing). apt-get was not found: install them with this system's package manager"
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null 2>&1 ||
        fail "missing: $(missing). sudo was not found: as root, run apt-get install $(debian_packages)"
    say "updating apt's package lists"
    as_root apt-get update -qq || say "apt's package lists could not be updated: trying with the old ones"
    packages=$(debian_packages)
    say "installing $packages"
    # shellcheck disable=SC2086  # one word per package
    without_services apt-get install -y -qq --no-install-recommends $packages >/dev/null ||
        fail "apt-get could not install $packages: see its message above"
    has_venv && has_magick && has_redis && return
    fail "still missing after apt-get: $(missing)"
}

debian_packages() {
    packages=
    has_venv || packages="$packages $(venv_package)"
    has_magick || packages="$packages $(magick_package)"
    has_redis || packages="$packages redis-server"
    echo "${packages# }"
}

missing() {
    names=
    has_venv || names="$names, Python's venv and ensurepip"
    has_magick || names="$names, ImageMagick's MagickWand library"
    has_redis || names="$names, redis-server"
    echo "${names#, }"
}

check_macos() {
    formulae=
    has_magick || formulae="$formulae imagemagick"
    has_redis || formulae="$formulae redis"
    [ -z "$formulae" ] || fail "missing: $(missing). Install with: brew install$formulae"
}

make_venv() {
    if [ "$python" = "$venv/bin/python" ]; then
        "$python" -c 'import pip' 2>/dev/null || "$python" -m ensurepip >/dev/null ||
            fail "$venv has no pip and Python cannot add it: remove $venv and run this again"
        return
    fi
    say "creating $venv with $("$python" --version)"
    "$python" -m venv --clear "$venv"
    python=$venv/bin/python
}

checksum() { "$python" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1"; }

install_requirements() {
    file=requirements/$1.txt
    stamp=$venv/.installed-$1
    [ -f "$file" ] || fail "$file is missing: this checkout is incomplete"
    sum=$(checksum "$file")
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sum" ]; then return; fi
    say "installing $file"
    rm -f "$stamp"
    pip_install --require-hashes -r "$file"
    echo "$sum" >"$stamp"
}

install_project() {
    stamp=$venv/.installed-project
    sum=$(checksum pyproject.toml)
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sum" ] && [ -x "$venv/bin/imagejobs" ]; then return; fi
    say "installing image-jobs"
    rm -f "$stamp"
    pip_install --no-deps --no-build-isolation --editable .
    echo "$sum" >"$stamp"
}

pip_install() {
    "$python" -m pip install --quiet --disable-pip-version-check "$@" ||
        fail "pip could not install (see its message above): check the network and run this again"
}

case ${1:-} in
    '' | dev) ;;
    *) fail "unknown argument $1: use scripts/install.sh or scripts/install.sh dev" ;;
esac

choose_python
check_python
case $(uname -s) in
    Darwin) check_macos ;;
    *) install_debian ;;
esac
make_venv
install_requirements build
install_requirements runtime
if [ "${1:-}" = dev ]; then install_requirements dev; fi
install_project
say "everything is installed"
