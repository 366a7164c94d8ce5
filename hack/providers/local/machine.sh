# shellcheck shell=bash
# What the cluster changes on the machine outside its own folders. Each change is written down before it is made, so that
# `delete` can take back just that, also after a run that was cut short.

UNDO=$SANDFLEET_STATE/undo

# remember KIND VALUE: one fact, once.
remember() {
  mkdir -p "$UNDO"
  grep -qxF -- "$2" "$UNDO/$1" 2>/dev/null || printf '%s\n' "$2" >>"$UNDO/$1"
}
remembered() { cat "$UNDO/$1" 2>/dev/null || true; }

# remember_path PATH: before it is made. What `delete` may remove is the highest folder on the way that is missing now.
remember_path() {
  local path=$1
  [[ ! -e $path ]] || return 0
  while [[ ! -e $(dirname "$path") ]]; do path=$(dirname "$path"); done
  remember made-path "$path"
}

# Places that containerd, runc, CNI, kubelet and Cilium have no setting for.
FOREIGN_PATHS=(/var/lib/cni /var/lib/kubelet /var/log/containers /run/containerd /run/netns "$CILIUM_RUN" /run/xtables.lock)

# Kernel settings that kubelet, kube-proxy or Cilium change; turning forwarding on changes more of them by itself.
kernel_settings() {
  sysctl -a 2>/dev/null |
    grep -E '^(net\.ipv4\.(ip_forward|conf\.|ip_local_reserved_ports)|net\.ipv6\.conf\.|net\.core\.(bpf_|fb_tunnels|default_qdisc)|net\.netfilter\.nf_conntrack_|net\.bridge\.|kernel\.(panic|keys\.|unprivileged_bpf|timer_migration)|vm\.(overcommit_memory|panic_on_oom))' |
    grep -vE '^net\.(ipv4|ipv6)\.conf\.(lxc|cilium|veth)|nf_conntrack_count|\.stable_secret'
}

prepare_machine() {
  local cgroup path
  mkdir -p "$SANDFLEET_STATE/volumes" "$SANDFLEET_RUN" "$SANDFLEET_LOG" "$UNDO"
  chmod 0711 "$SANDFLEET_STATE" "$SANDFLEET_RUN"
  # The volumes in there are open to every user id that a pod may have, so the way to them is not.
  chmod 0700 "$SANDFLEET_STATE/volumes"
  refuse_taken_addresses
  write_file "$SANDFLEET_STATE/ranges" <<END
SANDFLEET_NODE_ADDRESS=$NODE_ADDRESS
SANDFLEET_POD_CIDR=$POD_CIDR
SANDFLEET_SERVICE_CIDR=$SERVICE_CIDR
END
  [[ -s $UNDO/kernel-settings ]] || kernel_settings | write_file "$UNDO/kernel-settings"
  sysctl -qw net.ipv4.ip_forward=1
  for path in "${FOREIGN_PATHS[@]}"; do remember_path "$path"; done
  ip address replace "$NODE_ADDRESS/32" dev lo
  if ! mountpoint -q /sys/fs/bpf; then
    remember mount /sys/fs/bpf
    mount -t bpf bpf /sys/fs/bpf
  fi
  # `ip netns add` mounts this folder over itself the first time it runs, and would so bury the namespaces of running pods,
  # which then could not be taken down. Mounted before any pod, it is left as it is.
  if ! mountpoint -q /run/netns; then
    mkdir -p /run/netns
    remember mount /run/netns
    mount --bind /run/netns /run/netns
    mount --make-shared /run/netns
  fi
  for cgroup in cpu cpuacct cpuset memory devices freezer blkio pids; do
    [[ -f /sys/fs/cgroup/cgroup.controllers || -d /sys/fs/cgroup/$cgroup ]] ||
      die "the kernel offers no cgroup controller '$cgroup', which kubelet and runc need"
  done
}

# The cluster's ranges must not hide a network that the machine is in.
refuse_taken_addresses() {
  local range prefix route
  for range in "$POD_CIDR" "$SERVICE_CIDR" "$NODE_ADDRESS/32"; do
    prefix=$(cut -d. -f1-2 <<<"$range")
    route=$(ip -4 -o route show table all | grep -E "(^|local )${prefix//./\\.}\." |
      grep -vE "dev (cilium_[a-z]+|lxc[^ ]*)|^local ${NODE_ADDRESS//./\\.} dev lo" | head -n 1) || true
    [[ -z $route ]] || die "the cluster would use $range, but the machine has the route '$route': set" \
      "SANDFLEET_POD_CIDR, SANDFLEET_SERVICE_CIDR (both /16) or SANDFLEET_NODE_ADDRESS to a free range"
  done
}
