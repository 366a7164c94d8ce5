# shellcheck shell=bash
# Taking the cluster off the machine. Needs cleanup.sh.

delete_cluster() {
  stop_cluster 1
  clear_pod_network
  clear_cilium
  clear_iptables iptables
  clear_iptables ip6tables
  clear_ipsets
  clear_mounts "$SANDFLEET_STATE"
  clear_mounts "$SANDFLEET_RUN"
  clear_mounts "$CILIUM_RUN"
  # buildah leaves its storage mounted on itself, and mounts it again when it is needed.
  clear_mounts "$SANDFLEET_CACHE/containers"
  clear_cgroups
  if ip address delete "$NODE_ADDRESS/32" dev lo 2>/dev/null; then note "removed $NODE_ADDRESS from lo"; fi
  restore_kernel_settings
  clear_foreign_paths
  rm -rf --one-file-system "$SANDFLEET_RUN" "$SANDFLEET_STATE"
  note "removed $SANDFLEET_STATE and $SANDFLEET_RUN"
}

clear_cilium() {
  local name table
  for name in cilium_host cilium_net cilium_vxlan; do
    if ip link delete "$name" 2>/dev/null; then note "removed the interface $name"; fi
  done
  for table in 2004 2005; do
    while ip -4 rule delete lookup "$table" 2>/dev/null; do note "removed the rule for table $table"; done
    ip -4 route flush table "$table" 2>/dev/null || true
  done
  rm -rf /sys/fs/bpf/cilium /sys/fs/bpf/tc/globals/cilium_*
  find /sys/fs/bpf/tc -depth -type d -empty -delete 2>/dev/null || true
  while read -r name; do
    if umount "$name" 2>/dev/null; then note "unmounted $name"; fi
  done < <(remembered mount)
}

# clear_iptables iptables|ip6tables: drops the chains of kube-proxy, kubelet and Cilium and the jumps to them, in one
# transaction; the rules of others are never read back.
clear_iptables() {
  local rules
  command -v "$1" >/dev/null || return 0
  rules=$("$1-save" 2>/dev/null | awk '
    function ours(chain) { return chain ~ /^:?(OLD_)?(KUBE-|CILIUM_)/ }
    /^\*/ { table = $0; removals = ""; flushes = ""; drops = "" }
    /^:/ && ours($1) { name = substr($1, 2); flushes = flushes "-F " name "\n"; drops = drops "-X " name "\n" }
    /^-A/ && !ours($2) && / -j (OLD_)?(KUBE-|CILIUM_)/ { sub(/^-A/, "-D"); removals = removals $0 "\n" }
    /^COMMIT/ && flushes != "" { printf "%s\n%s%s%sCOMMIT\n", table, removals, flushes, drops }
  ')
  [[ -n $rules ]] || return 0
  "$1-restore" --noflush <<<"$rules"
  note "removed $(grep -c '^-X' <<<"$rules") chains from $1"
}

clear_ipsets() {
  local name
  command -v ipset >/dev/null || return 0
  for name in $(ipset list -name 2>/dev/null | grep -E '^(cilium_|KUBE-)'); do
    if ipset destroy "$name"; then note "removed the set $name"; fi
  done
}

clear_cgroups() { find /sys/fs/cgroup -depth -type d -path '*/kubepods*' -exec rmdir {} + 2>/dev/null || true; }

# Back to what the settings were before the first start; those of interfaces that are gone are no more.
restore_kernel_settings() {
  local line
  [[ -s $UNDO/kernel-settings ]] || return 0
  # Forwarding first: writing it resets others.
  for line in 'net.ipv4.ip_forward ' ''; do
    grep -F -- "$line" "$UNDO/kernel-settings" | sed 's/ = /=/' | while read -r line; do
      [[ $(sysctl -n "${line%%=*}" 2>/dev/null) == "${line#*=}" ]] || sysctl -qw "$line" 2>/dev/null || true
    done
  done
  note "restored the kernel's settings"
}

clear_foreign_paths() {
  local path
  rm -f /var/lib/cni/results/cilium-* /var/lib/cni/results/cni-loopback-*
  find /var/log/containers -type l -lname "$SANDFLEET_LOG/pods/*" -delete 2>/dev/null || true
  while read -r path; do
    clear_mounts "$path"
    rm -rf --one-file-system "$path"
    note "removed $path"
  done < <(remembered made-path)
}
