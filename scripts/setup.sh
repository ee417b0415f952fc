#!/usr/bin/env bash
# Makes .venv with the pinned requirements and compiles the translations; does nothing when both are up to date.
#   scripts/setup.sh         what running needs
#   scripts/setup.sh --dev   what testing and checking need, too
. "$(dirname "$0")/lib.sh"

files=(requirements.txt)
[ "${1:-}" != --dev ] || files+=(requirements-dev.txt)

# One stamp a file, written after its installation. A venv is tied to its place and its requirements: both are in it.
stamp_of() { { pwd; cat "$1"; } | sha256sum; }

up_to_date() {
  local file
  [ -x "$PY" ] || return 1
  for file in "${files[@]}"; do
    [ "$(cat "$VENV/.stamp-$file" 2>/dev/null)" = "$(stamp_of "$file")" ] || return 1
  done
}

make_venv() {
  local python
  python=$(find_python)
  require_venv_module "$python"
  say "Making $VENV with $("$python" -V) …"
  "$python" -m venv --clear "$VENV"
}

install_requirements() {
  local file args=()
  for file in "${files[@]}"; do args+=(-r "$file"); done
  say "Installing ${files[*]} …"
  "$PY" -m pip install -qq "${args[@]}" || die "pip could not install ${files[*]} (its message is above). Is this machine online?"
  for file in "${files[@]}"; do stamp_of "$file" >"$VENV/.stamp-$file"; done
}

compile_translations() {
  local po
  for po in translations/*/LC_MESSAGES/*.po; do
    [ -f "$po" ] || continue
    if [ "$po" -nt "${po%.po}.mo" ]; then
      "$PY" -m babel.messages.frontend -q compile -i "$po" -o "${po%.po}.mo"
    fi
  done
}

# Two commands started at once take turns.
exec 9>.setup.lock
if command -v flock >/dev/null; then flock 9; fi

if ! up_to_date; then
  "$PY" -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || make_venv
  install_requirements
fi
compile_translations
