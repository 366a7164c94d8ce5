# shellcheck shell=bash
# Stopping and deleting, and what an interrupted run or a reboot left behind. Everything is found by what it is (a path of
# ours, a name of Cilium's), never by a record alone, because the record may be gone.

# The pids of processes in the cgroups that kubelet made: all containers of all pods, and their pause processes.
pod_processes() { find /sys/fs/cgroup -path '*/kubepods*' -name cgroup.procs -exec cat {} + 2>/dev/null | sort -un; }

# containerd's shims outlive it by design; ours name our socket.
shim_processes() {
  local path
  for path in /proc/[0-9]*/cmdline; do
    if { tr '\0' ' ' <"$path"; } 2>/dev/null | grep -qE "^[^ ]*containerd-shim-[^ ]* .*-address $CONTAINERD_SOCKET "; then
      path=${path%/cmdline}
      echo "${path#/proc/}"
    fi
  done
}

none_left() { [[ -z $("$1") ]]; }

# signal SIGNAL LISTER: to each process that the function LISTER prints.
signal() {
  local pid
  for pid in $("$2"); do kill "-$1" "$pid" 2>/dev/null || true; done
}

# stop_pods PATIENCE: the seconds that the pods' processes have to end by themselves.
stop_pods() {
  none_left pod_processes || note "stopping the pods' processes"
  signal TERM pod_processes
  retry "$1" none_left pod_processes || signal KILL pod_processes
  retry 10 none_left pod_processes || true
  signal KILL shim_processes
  retry 10 none_left shim_processes || true
}

# stop_cluster PATIENCE
stop_cluster() {
  local i
  # kubelet first: it would start again what is stopped next.
  stop_daemon kubelet
  stop_pods "$1"
  for ((i = ${#DAEMONS[@]} - 1; i >= 0; i--)); do ask_to_stop "${DAEMONS[i]}"; done
  for ((i = ${#DAEMONS[@]} - 1; i >= 0; i--)); do stop_daemon "${DAEMONS[i]}" 5; done
  stop_pods 1
}

# clear_stale: nothing of a cluster that runs is touched. What an earlier boot left in folders that other machines have in
# memory is removed, as those programs expect.
clear_stale() {
  local name
  for name in "${DAEMONS[@]}"; do
    if [[ -e $SANDFLEET_RUN/$name.pid ]] && ! recorded_process "$SANDFLEET_RUN/$name.pid" >/dev/null; then
      note "removed the stale pid file of $name"
      rm -f "$SANDFLEET_RUN/$name.pid" "$SANDFLEET_RUN/$name.command"
    fi
  done
  if ! recorded_process "$SANDFLEET_RUN/containerd.pid" >/dev/null; then
    stop_pods 1
    clear_mounts "$SANDFLEET_RUN/containerd"
    if [[ -d $SANDFLEET_RUN/containerd ]]; then
      note "removed the stale $SANDFLEET_RUN/containerd"
      rm -rf "$SANDFLEET_RUN/containerd"
    fi
    clear_pod_network
    # No pod lives, so the agent has nothing to restore from there.
    rm -rf "$CILIUM_RUN/state"
  fi
}

# clear_mounts FOLDER: all mounts in it, the innermost first.
clear_mounts() {
  local target
  while read -r target; do
    if umount -l "$target"; then note "unmounted $target"; fi
  done < <(findmnt -rno TARGET | grep -E "^$1(/|$)" | sort -r)
}

# The network namespaces of pods, and their ends on the host's side.
clear_pod_network() {
  local name
  for name in $(find /run/netns /var/run/netns -maxdepth 1 -name 'cni-*' -printf '%f\n' 2>/dev/null | sort -u); do
    ip netns delete "$name" 2>/dev/null || rm -f "/run/netns/$name"
    note "removed the network namespace $name"
  done
  for name in $(ip -o link show type veth 2>/dev/null | sed -nE 's/^[0-9]+: (lxc[0-9a-z_]+)@.*/\1/p'); do
    # Both ends of a pair go with the first.
    if ip link delete "$name" 2>/dev/null; then note "removed the interface $name"; fi
  done
}
