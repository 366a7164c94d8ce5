# shellcheck shell=bash
# Daemons that outlive the shell. A pid file holds "pid starttime boot-id": a pid alone may be another process's by now.

process_start_time() {
  # The command's name in field 2 may hold spaces and brackets; what follows the last bracket is plain.
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # shellcheck disable=SC2086
  set -- ${stat##*) }
  # Z and X: it has ended, and only its parent has not looked yet.
  [[ $1 != [ZX] ]] || return 1
  echo "${20}"
}

# record_process PIDFILE PID
record_process() {
  write_file "$1" <<<"$2 $(process_start_time "$2") $(</proc/sys/kernel/random/boot_id)"
}

# recorded_process PIDFILE: prints the pid when that very process still lives.
recorded_process() {
  local pid started boot
  [[ -s $1 ]] && read -r pid started boot <"$1" || return 1
  [[ $boot == "$(</proc/sys/kernel/random/boot_id)" ]] || return 1
  [[ $(process_start_time "$pid") == "$started" ]] || return 1
  echo "$pid"
}

# start_daemon NAME COMMAND...: supervised (restarted when it crashes), detached, log in $SANDFLEET_LOG/NAME.log.
# Nothing happens when it runs already with this command; with another command it is restarted. A configuration file that
# the command reads belongs in DAEMON_READS, so that a change of its content is another command too.
start_daemon() {
  local name=$1
  shift
  local pid identity
  identity=$(
    printf '%q ' "$@"
    if [[ -n ${DAEMON_READS:-} ]]; then sha256sum "$DAEMON_READS"; fi
  )
  if pid=$(recorded_process "$SANDFLEET_RUN/$name.pid"); then
    if [[ $identity == "$(cat "$SANDFLEET_RUN/$name.command" 2>/dev/null)" ]]; then
      note "$name runs (pid $pid)"
      return
    fi
    note "$name runs with other settings, restarting it"
    stop_daemon "$name"
  fi
  mkdir -p "$SANDFLEET_RUN" "$SANDFLEET_LOG"
  install_supervisor
  write_file "$SANDFLEET_RUN/$name.command" <<<"$identity"
  # The subshell drops the descriptors of locks and logs: a daemon that kept them would block the next command.
  (
    close_inherited_descriptors
    cd /
    unset SANDFLEET_TERMINAL_FD SANDFLEET_STARTED SANDFLEET_ROOT SANDFLEET_LIB SANDFLEET_LOCAL
    exec setsid "$SANDFLEET_STATE/lib/supervise" "$name" "$@" </dev/null >>"$SANDFLEET_LOG/$name.log" 2>&1
  ) &
  retry 10 recorded_process "$SANDFLEET_RUN/$name.pid" >/dev/null || die "$name did not start; see $SANDFLEET_LOG/$name.log"
  note "$name started"
}

# daemon_failed NAME MESSAGE: ends the step with the daemon's own last words.
daemon_failed() {
  tail -n 20 "$SANDFLEET_LOG/$1.log"
  die "$2; see $SANDFLEET_LOG/$1.log"
}

# The daemons outlive the checkout that started them, so their supervisor must not be a file of it.
install_supervisor() {
  local name
  for name in files.sh process.sh supervise; do
    write_file "$SANDFLEET_STATE/lib/$name" 0755 <"$SANDFLEET_LIB/$name"
  done
}

close_inherited_descriptors() {
  local path fd
  for path in /proc/self/fd/*; do
    fd=${path##*/}
    if ((fd > 2)) && ((fd != 255)); then eval "exec $fd>&-"; fi
  done
}

# ask_to_stop NAME: without waiting, for many at once.
ask_to_stop() {
  local pid
  if pid=$(recorded_process "$SANDFLEET_RUN/$1.pid"); then kill -TERM "$pid" 2>/dev/null || true; fi
}

# stop_daemon NAME [SECONDS]: asks, waits, then insists.
stop_daemon() {
  local name=$1 patience=${2:-20} pid
  if pid=$(recorded_process "$SANDFLEET_RUN/$name.pid"); then
    kill -TERM "$pid" 2>/dev/null || true
    if ! retry "$patience" process_gone "$SANDFLEET_RUN/$name.pid"; then
      warn "$name did not stop within $patience s; killing it"
      kill_group "$pid"
    fi
    note "$name stopped"
  fi
  rm -f "$SANDFLEET_RUN/$name.pid" "$SANDFLEET_RUN/$name.command"
}

process_gone() { ! recorded_process "$1" >/dev/null; }

# The supervisor leads a session of its own, so its process group is it and its daemon.
kill_group() { kill -KILL -- "-$1" 2>/dev/null || true; }
