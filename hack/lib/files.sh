# shellcheck shell=bash
# Files that are either whole or absent, and locks.

# write_file PATH [MODE] <content: replaces the file in one rename.
write_file() {
  local path=$1 mode=${2:-0644} temporary
  mkdir -p "$(dirname "$path")"
  temporary=$(mktemp "$path.XXXXXX")
  cat >"$temporary"
  chmod "$mode" "$temporary"
  mv -f "$temporary" "$path"
}

# publish TEMPORARY TARGET: a built file or folder takes its place in the cache at once or not at all.
publish() {
  local temporary=$1 target=$2
  mkdir -p "$(dirname "$target")"
  sync -f "$temporary"
  rm -rf "$target"
  mv "$temporary" "$target"
}

# with_lock NAME COMMAND...: runs the command in a subshell, one at a time per name on this machine. The lock dies with
# the process; the descriptor is closed for daemons by start_daemon.
with_lock() {
  local name=$1
  shift
  mkdir -p "$SANDFLEET_CACHE/locks"
  (
    exec {SANDFLEET_LOCK_FD}>"$SANDFLEET_CACHE/locks/$name.lock"
    flock "$SANDFLEET_LOCK_FD"
    "$@"
  )
}

# retry SECONDS COMMAND...: until the command succeeds, or SECONDS are over (exit status 1).
retry() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.5
  done
}
