#!/usr/bin/env bash
# make run: set up what is missing, bring the database up to date, seed the demo once, serve.
. "$(dirname "$0")/lib.sh"

export PORT=${PORT:-8080}
if port_in_use "$PORT"; then
  die "port $PORT is in use. Take another one: PORT=8081 make run"
fi

scripts/prepare.sh
folder=${INSTANCE_DIR:-instance}
where=$folder/
[ -z "${DATABASE_URL:-}" ] || where="the database of DATABASE_URL"
say ""
say "HocVu: http://127.0.0.1:$PORT   (data in $where; Ctrl+C ends it)"
if [ -f "$folder/demo_accounts.txt" ]; then cat "$folder/demo_accounts.txt" >&2; fi
exec "$PY" run.py
