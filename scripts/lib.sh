# Shared by the scripts beside it: messages, the right Python, root rights. Sourced, never run.
# shellcheck shell=bash

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

VENV=.venv
PY=$VENV/bin/python
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PYTHONUTF8=1

say() { printf '%s\n' "$*" >&2; }
die() { printf 'HocVu: %s\n' "$*" >&2; exit 1; }

# Runs a command as root where that needs no password; fails otherwise.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n -- "$@"; fi
}

# True when something answers on that port of this machine.
port_in_use() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

may_install_packages() {
  command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
}

# Prints the first Python of at least 3.11 (PYTHON= overrides), or stops with the package to install.
find_python() {
  local candidate old=""
  for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    command -v "$candidate" >/dev/null || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      printf '%s\n' "$candidate"
      return
    fi
    old=${old:-$("$candidate" -V 2>&1 || true)}
  done
  say "HocVu needs Python 3.11 or newer${old:+; found only $old}. Install it with one of:"
  say "  Debian 12 or newer, Ubuntu 24.04 or newer:  sudo apt-get install python3 python3-venv"
  say "  Ubuntu 22.04:                               sudo apt-get install python3.11 python3.11-venv"
  exit 1
}

# Stops when this Python can't make a virtual environment (Debian and Ubuntu ship that part separately).
require_venv_module() {
  "$1" -c 'import ensurepip, venv' 2>/dev/null && return
  local version
  version=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  die "this Python can't make virtual environments. Install the missing part: sudo apt-get install python$version-venv"
}
