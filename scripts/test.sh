#!/usr/bin/env bash
# make test: everything but the long runs (make torture). Arguments go to pytest: scripts/test.sh tests/services -k lock
. "$(dirname "$0")/lib.sh"

scripts/setup.sh --dev
unset PYTHONDONTWRITEBYTECODE  # each process that a test starts would compile the whole program anew: two seconds
left_out=$(scripts/system_packages.sh)
"$PY" -m pytest -n "${WORKERS:-2}" --dist loadfile --no-loadscope-reorder -m "not torture${left_out:+ and $left_out}" "$@"
[ -z "$left_out" ] || say "Note: run with \"$left_out\"; see LEFT OUT above."
