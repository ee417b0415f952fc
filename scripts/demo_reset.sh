#!/usr/bin/env bash
# make demo-reset: put the demo province back to its first day. The old SQLite files are kept in instance/previous/.
. "$(dirname "$0")/lib.sh"

[ -z "${DATABASE_URL:-}" ] || die "DATABASE_URL is set; the demo is only ever reset in the local SQLite file. Unset it first."
port=${PORT:-8080}
if port_in_use "$port"; then
  die "something still serves on port $port. End it first (Ctrl+C), so that it doesn't write into the old file."
fi

folder=${INSTANCE_DIR:-instance}
mkdir -p "$folder/previous"
rm -f "$folder"/previous/*.db*
for file in "$folder"/*.db "$folder"/*.db-wal "$folder"/*.db-shm; do
  [ ! -e "$file" ] || mv "$file" "$folder/previous/"
done
rm -f "$folder/.ready" "$folder/demo_accounts.txt"
DEMO=1 scripts/prepare.sh
say "The demo is new. The old data is in $folder/previous/."
