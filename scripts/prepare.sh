#!/usr/bin/env bash
# Brings the database up to date and seeds the demo into an empty one (DEMO=0: without demo); quick when all is there.
. "$(dirname "$0")/lib.sh"

scripts/setup.sh
if "$PY" scripts/ready.py check; then exit 0; fi
"$PY" -m flask --app app:create_app init-app
[ "${DEMO:-1}" = 0 ] || "$PY" -m flask --app app:create_app demo --if-empty
"$PY" scripts/ready.py mark
