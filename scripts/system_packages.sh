#!/usr/bin/env bash
# Makes sure that Chromium, MariaDB, Redis, poppler and what checks signatures and PDF/A are there for the tests; installs them where that needs no password.
# Prints the pytest marker expression for what can be tested ("" = everything). With CI=true a missing part is an error.
. "$(dirname "$0")/lib.sh"

PATH=$PATH:/usr/sbin:/usr/local/sbin

has_mariadb() { command -v mariadbd >/dev/null && command -v mariadb-install-db >/dev/null; }
has_browser() { "$PY" -m tests.support.browser >/dev/null 2>&1; }
has_poppler() { command -v pdftotext >/dev/null && command -v pdftoppm >/dev/null; }
has_redis() { command -v redis-server >/dev/null || command -v redis-check-rdb >/dev/null; }
has_signatures() {
  local program
  for program in pdfsig certutil xmlsec1 softhsm2-util; do command -v "$program" >/dev/null || return 1; done
}

has_pdfa() {
  local jar
  command -v java >/dev/null || return 1
  for jar in preflight pdfbox2 fontbox2 xmpbox commons-logging javax.activation jaxb-api; do
    [ -e "/usr/share/java/$jar.jar" ] || return 1
  done
}

# mariadb-server-core is the server without a system service: nothing starts on port 3306. Nor on 6379: redis-tools has
# the server's program under the name of redis-check-rdb.
declare -A packages=(
  [mariadb]="mariadb-server-core mariadb-client-core"
  [browser]="chromium fonts-croscore"
  [poppler]="poppler-utils"
  [redis]="redis-tools"
  [signatures]="poppler-utils libnss3-tools xmlsec1 softhsm2"
  [pdfa]="default-jre-headless libpdfbox2-java libactivation-java libjaxb-api-java"
)

# Snap's Chromium, the only one Ubuntu packages, doesn't run everywhere: take Playwright's own build there.
install_browser_of_playwright() {
  "$PY" -m playwright install chromium && as_root "$PWD/$PY" -m playwright install-deps chromium
}

apt_install() {
  local quiet=(-qq -y --no-install-recommends)
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install "${quiet[@]}" "$@" ||
    { as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive apt-get install "${quiet[@]}" "$@"; }
}

install() {
  say "Installing for the tests: $1 (${packages[$1]}) …"
  # shellcheck disable=SC2086 # the list is meant to be split
  apt_install ${packages[$1]} >&2 && "has_$1" && return
  [ "$1" != browser ] || install_browser_of_playwright >&2
}

left_out=""
for part in mariadb browser poppler redis signatures pdfa; do
  "has_$part" && continue
  if may_install_packages; then install "$part" || true; fi
  "has_$part" && continue
  [ "${CI:-}" != true ] || die "CI=true, and $part is missing (packages: ${packages[$part]}); nothing may be left out."
  say "LEFT OUT: the tests that need $part. Get it with: sudo apt-get install ${packages[$part]}"
  left_out+="${left_out:+ and }not $part"
done
printf '%s\n' "$left_out"
