# shellcheck shell=bash
# Progress for people. Messages go to the standard error that the command had when it started, so that a command's
# standard output stays its answer, and a step may send its own output to a log while it still tells how it is doing.
# The variable may have come through a program that closed the descriptor, hence the second test.
if [[ -z ${SANDFLEET_TERMINAL_FD:-} || ! -e /proc/self/fd/${SANDFLEET_TERMINAL_FD:-none} ]]; then
  exec {SANDFLEET_TERMINAL_FD}>&2
  export SANDFLEET_TERMINAL_FD
  SANDFLEET_STARTED=$(date +%s)
  export SANDFLEET_STARTED
fi

# One clock for nested commands: the seconds are those since the outermost one started.
say() { printf '[%4ds] %s\n' "$(($(date +%s) - SANDFLEET_STARTED))" "$*" >&"$SANDFLEET_TERMINAL_FD"; }
# A detail of the step that runs: "cached", "building", "removed stale mount ...".
note() { say "    $*"; }
warn() { say "warning: $*"; }
die() {
  say "error: $*"
  exit 1
}

# step NAME COMMAND [ARG...]: runs the command (a function may be one) in a subshell with its output in a log file,
# prints when it starts and how long it took; on failure prints the cause and the log's tail, and ends the program.
step() {
  local name=$1 log status=0 began heart
  shift
  mkdir -p "$SANDFLEET_LOG/steps"
  log=$SANDFLEET_LOG/steps/$(tr -cs 'A-Za-z0-9.\n' '-' <<<"$name" | sed 's/-*$//').log
  began=$(date +%s)
  say "$name"
  heartbeat "$began" "$log" &
  heart=$!
  # A plain subshell, not an `if`: a condition would switch errexit off inside the step.
  set +e
  (
    set -e
    "$@"
  ) >"$log" 2>&1
  status=$?
  set -e
  kill "$heart" 2>/dev/null || true
  wait "$heart" 2>/dev/null || true
  ((status == 0)) || step_failed "$name" "$status" "$log"
  note "done in $(($(date +%s) - began)) s"
}

# It waits by itself: a `sleep` of its would outlive it, and hold the caller's pipe and locks open until its end.
heartbeat() {
  local began=$1 log=$2 nothing
  exec {nothing}<> <(:)
  while ! read -r -t 30 -u "$nothing"; do note "still at it ($(($(date +%s) - began)) s; log: $log)"; done
}

step_failed() {
  local name=$1 status=$2 log=$3
  say "failed: $name (exit status $status). The end of $log:"
  tail -n 30 "$log" | sed 's/^/    | /' >&"$SANDFLEET_TERMINAL_FD"
  exit 1
}
