#!/usr/bin/env bash
# make lock: pins requirements.in and requirements-dev.in exactly. Extra arguments go to pip-compile, e.g. --upgrade.
. "$(dirname "$0")/lib.sh"

scripts/setup.sh --dev
export CUSTOM_COMPILE_COMMAND="make lock"
for name in requirements requirements-dev; do
  "$PY" -m piptools compile --quiet --strip-extras --annotation-style=line \
    --no-emit-index-url --no-emit-find-links --no-emit-trusted-host "$@" -o "$name.txt" "$name.in"
done
if grep -nE 'https?:|file:/|--find-links|index-url| @ ' requirements.txt requirements-dev.txt; then
  die "a pinned file names an address or a folder of this machine (above)"
fi
