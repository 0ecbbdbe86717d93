# Sourced by ./run and ./test: headings with the elapsed time, the programs that a bare machine lacks, and the build of
# the web application.

# Prints a heading: what is done now, and how long everything took so far.
step() {
  printf '\n==> [%d:%02d] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$1"
}

fail() {
  printf '%s\n' "$1" >&2
  exit 1
}

need_cargo() {
  command -v cargo >/dev/null && return
  # rustup puts cargo here, and a shell that is not a login shell does not look there.
  [ -x "$HOME/.cargo/bin/cargo" ] && PATH="$HOME/.cargo/bin:$PATH" && return
  fail "Rust is not installed. Get it from https://rustup.rs, then start this again."
}

has_postgres() {
  ls /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null
}

# need <Debian package> <command that tells whether it is there>: notes what is missing.
missing=()
need() {
  local package=$1
  shift
  "$@" >/dev/null 2>&1 || missing+=("$package")
}

# Installs what `need` noted, if anything.
install_missing() {
  [ ${#missing[@]} -eq 0 ] && return
  local names="${missing[*]}"
  command -v apt-get >/dev/null || fail "Please install what provides these Debian packages, then start this again: $names"
  local root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "Please have these packages installed (apt-get install $names), then start this again."
    root=(sudo)
  fi
  step "Installing $names"
  "${root[@]}" apt-get update -q
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
  missing=()
}

# Builds the web application where it is older than what it is made of. What builds the binary afterwards takes it up.
build_web() {
  local built=web/dist/index.html
  [ -f "$built" ] && [ -z "$(find web/src web/public web/tools web/*.* -newer "$built" -print -quit)" ] && return
  step "Building the web application"
  install_web
  (cd web && npm run --silent build)
}

# Its packages, from the lock file, where they are not those already.
install_web() {
  local installed=web/node_modules/.package-lock.json
  [ -f "$installed" ] && [ ! web/package-lock.json -nt "$installed" ] && return
  (cd web && npm ci --no-audit --no-fund --loglevel=error)
}
