# shellcheck shell=bash
# Cilium enforces the NetworkPolicies: agent and operator run as host processes, without a container image.

start_cilium_operator() {
  start_daemon cilium-operator "$(tool_path cilium-operator)" \
    --k8s-kubeconfig-path "$PKI/cilium.kubeconfig" --k8s-namespace kube-system \
    --identity-allocation-mode crd --ipam kubernetes --enable-ipv4=true --enable-ipv6=false \
    --operator-api-serve-addr 127.0.0.1:9234 --remove-cilium-node-taints=false --set-cilium-is-up-condition=false \
    --unmanaged-pod-watcher-interval 0
}

start_cilium_agent() {
  prepare_cilium
  start_daemon cilium-agent env "PATH=$SANDFLEET_STATE/cilium/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" "K8S_NODE_NAME=$NODE_NAME" \
    "SANDFLEET_CACHE=$SANDFLEET_CACHE" "$(tool_path cilium-agent)" \
    --k8s-kubeconfig-path "$PKI/cilium.kubeconfig" --lib-dir "$SANDFLEET_STATE/cilium" \
    --bpf-root /sys/fs/bpf --cgroup-root "$CILIUM_RUN/cgroupv2" \
    --enable-ipv4=true --enable-ipv6=false --ipam kubernetes --k8s-require-ipv4-pod-cidr=true \
    --routing-mode native --ipv4-native-routing-cidr "$POD_CIDR" --enable-ipv4-masquerade=true \
    --kube-proxy-replacement false --identity-allocation-mode crd --enable-policy default \
    --enable-l7-proxy=false --enable-health-checking=false --enable-endpoint-health-checking=false \
    --mtu "$(uplink_mtu)" --mesh-auth-enabled=false --preallocate-bpf-maps=false --cni-exclusive=false
}

# The agent would take the MTU of lo, which holds the node's address. Pods need that of the way out.
uplink_mtu() {
  local device
  device=$(ip -4 -o route show default | sed -nE 's/.* dev ([^ ]+).*/\1/p' | head -n 1)
  cat "/sys/class/net/${device:-none}/mtu" 2>/dev/null || echo 1500
}

prepare_cilium() {
  mkdir -p "$SANDFLEET_STATE/cilium" "$SANDFLEET_RUN/cilium"
  write_file "$SANDFLEET_STATE/cilium/bin/clang" 0755 <"$SANDFLEET_LOCAL/bpf/clang"
  # The BPF sources are of the very module that the agent was built from.
  ln -sfn "$(dirname "$(tool_path cilium-agent)")/bpf" "$SANDFLEET_STATE/cilium/bpf"
  name_kernel_modules
}

# The agent looks for iptables' and ipset's kernel modules by name. A kernel without loadable modules has neither a
# /proc/modules nor the list of what is built in: an empty list stands for the one (the agent is built to read it here),
# and a list of our own for the other.
name_kernel_modules() {
  local list
  rm -f "$SANDFLEET_RUN/cilium/modules"
  if [[ -e /proc/modules ]]; then
    ln -s /proc/modules "$SANDFLEET_RUN/cilium/modules"
    return
  fi
  : >"$SANDFLEET_RUN/cilium/modules"
  list=/lib/modules/$(uname -r)/modules.builtin
  [[ ! -e $list ]] || return 0
  remember_path "$list"
  printf 'kernel/%s.ko\n' ip_tables iptable_nat iptable_mangle iptable_raw iptable_filter ip_set ip_set_hash_ip xt_set \
    xt_socket xt_mark xt_comment xt_conntrack xt_TPROXY nf_tables | write_file "$list"
}

cilium_ready() { curl -sf -o /dev/null --max-time 5 -H 'brief: true' http://127.0.0.1:9879/healthz; }

# The node is Ready once containerd finds a CNI configuration, so there must be none of an earlier run when containerd
# starts, and it appears when the agent can serve the plugin. Written in place: containerd looks again at a write, but not when a file is renamed into view.
drop_cni_conf() { cilium_ready || rm -f "$CNI_CONF_DIR/05-cilium.conflist"; }

write_cni_conf() {
  cat >"$CNI_CONF_DIR/05-cilium.conflist" <<END
{"cniVersion": "0.3.1", "name": "cilium", "plugins": [{"type": "cilium-cni", "log-file": "$SANDFLEET_LOG/cilium-cni.log"}]}
END
}
