# Sourced by the scripts in scripts/: gives them a Python, a virtual environment with the locked
# packages, and a place for caches. Needs ROOT; sets PYTHON. Nothing is printed when nothing is done.
# shellcheck shell=bash

VENV="$ROOT/.venv"
PYTHON="$VENV/bin/python"
CACHE="$ROOT/.flowhq/cache"
BOOTSTRAP_LOG="$ROOT/.flowhq/logs/bootstrap.log"
SYSTEM_CA=/etc/ssl/certs/ca-certificates.crt

# Bytecode and the tools' caches: in .flowhq, not in the source tree.
export PYTHONPYCACHEPREFIX="$CACHE/pycache"

fail() {
  echo "$1" >&2
  exit 1
}

bootstrap() {
  local lock=$1 started=$SECONDS before
  before=$(umask)
  # What lies in .flowhq is its owner's alone; the environment is read by users of the launcher's.
  umask 077
  mkdir -p "$CACHE" "${BOOTSTRAP_LOG%/*}"
  chmod 700 "$ROOT/.flowhq"
  : >>"$BOOTSTRAP_LOG"
  umask 022
  # One at a time; the lock ends with this shell, also when it is killed.
  exec 9>"$ROOT/.flowhq/bootstrap.lock"
  flock 9
  _ensure_venv
  if ! _has_packages "$lock"; then
    echo "  … Python packages ($lock)"
    _install_packages "$lock"
    printf '  ✓ %-46s %6.1f s\n' "Python packages ($lock)" $((SECONDS - started))
  fi
  printf '%s\n' "$ROOT" >"$(_site_packages)/flowhq-root.pth"
  exec 9>&-
  umask "$before"
}

_ensure_venv() {
  if "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    return
  fi
  local python
  python=$(_find_python) || { _install_python; python=$(_find_python); } ||
    fail "FlowHQ needs Python 3.11 or newer with venv: run sudo apt-get install python3 python3-venv"
  rm -rf "$VENV"
  "$python" -m venv "$VENV" >>"$BOOTSTRAP_LOG" 2>&1 ||
    fail "The virtual environment could not be made (see $BOOTSTRAP_LOG): run sudo apt-get install python3-venv"
}

# A Python that is new enough and can make a virtual environment with pip in it.
_find_python() {
  local name
  for name in python3 python3.13 python3.12 python3.11 /usr/bin/python3; do
    if command -v "$name" >/dev/null 2>&1 &&
      "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  return 1
}

_install_python() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
  echo "  … Debian's python3-venv"
  local install=(apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300
    python3 python3-venv)
  export DEBIAN_FRONTEND=noninteractive
  "${install[@]}" >>"$BOOTSTRAP_LOG" 2>&1 </dev/null ||
    { apt-get update -q && "${install[@]}"; } >>"$BOOTSTRAP_LOG" 2>&1 </dev/null
}

# The lock for development holds the platform's packages at the same versions.
_has_packages() {
  _stamped "$1" || { [ "$1" = platform ] && _stamped dev; }
}

_stamped() {
  [ "$(cat "$VENV/.flowhq-$1" 2>/dev/null)" = "$(_fingerprint "$1")" ]
}

_fingerprint() {
  { "$PYTHON" -V && sha256sum <"$ROOT/requirements/$1.lock"; } 2>/dev/null
}

_install_packages() {
  # An old pip trusts only its own list of CAs, not the one that this machine's administrator keeps.
  if [ -z "${PIP_CERT:-}" ] && [ -f "$SYSTEM_CA" ]; then export PIP_CERT="$SYSTEM_CA"; fi
  rm -f "$VENV/.flowhq-$1"
  # --no-deps: the lock is the whole set. A pip that resolves it anew refuses it where its own
  # configuration names a constraints file (seen with 23.2: an extra of a locked package has no hash).
  "$PYTHON" -m pip install --quiet --no-compile --disable-pip-version-check --no-input --no-deps \
    --require-hashes --requirement "$ROOT/requirements/$1.lock" >>"$BOOTSTRAP_LOG" 2>&1 </dev/null || {
    tail -n 5 "$BOOTSTRAP_LOG" >&2
    fail "The Python packages could not be installed (see $BOOTSTRAP_LOG): check that pip reaches its index, or set PIP_INDEX_URL to one that it reaches, and repeat"
  }
  _fingerprint "$1" >"$VENV/.flowhq-$1"
}

_site_packages() {
  "$PYTHON" -c 'import sysconfig; print(sysconfig.get_path("purelib"))'
}
