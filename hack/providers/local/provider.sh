# shellcheck shell=bash
# The local provider: a real Kubernetes node on this machine, made of host processes. Its functions are what hack/cluster
# calls: provider_start, _status, _logs, _stop, _delete, _kubeconfig, _node_address and _load_image.
for part in packages process buildah tools build; do
  # shellcheck source=/dev/null
  source "$SANDFLEET_LIB/$part.sh"
done
for part in settings machine pki containerd images control-plane node cilium addons cleanup delete; do
  # shellcheck source=/dev/null
  source "$SANDFLEET_LOCAL/$part.sh"
done

PACKAGES=(containerd runc containernetworking-plugins iptables conntrack ipset iproute2 clang-16 llvm-16 bpftool
  buildah debootstrap jq openssl curl procps util-linux)

provider_start() {
  ((EUID == 0)) || die "the local cluster needs root: containers, interfaces and mounts are made"
  step "Debian packages" ensure_packages "${PACKAGES[@]}"
  ensure_tools etcd kubectl cilium-agent coredns pause
  # Twice at once would give two clusters on the same ports.
  with_lock cluster start_cluster
  say "the cluster is ready: export KUBECONFIG=$SANDFLEET_KUBECONFIG"
}

start_cluster() {
  write_file "$SANDFLEET_STATE/provider" <<<local
  step "machine" prepare
  step "containerd and images" start_runtime
  step "control plane" start_control_plane
  step "node and network" start_node
  step "cluster DNS and storage" start_addons
}

prepare() {
  clear_stale
  prepare_machine
  make_pki
}

start_runtime() {
  drop_cni_conf
  start_containerd
  import_own_images
}

start_control_plane() {
  start_etcd
  start_apiserver
  start_controllers
}

start_node() {
  start_cilium_operator
  start_kubelet
  start_proxy
  start_cilium_agent
  retry 300 cilium_ready || daemon_failed cilium-agent "the network does not come up"
  write_cni_conf
  retry 120 node_ready || daemon_failed kubelet "the node does not become Ready"
}

start_addons() {
  apply_addons
  await_addons
}

provider_status() {
  local name pid running=0
  for name in "${DAEMONS[@]}"; do
    if pid=$(recorded_process "$SANDFLEET_RUN/$name.pid"); then
      printf '%-24s running (supervisor %s)\n' "$name" "$pid"
      running=$((running + 1))
    else
      printf '%-24s stopped\n' "$name"
    fi
  done
  ((running == ${#DAEMONS[@]})) || return 3
  kubectl_ get nodes -o wide && kubectl_ get pods -A -o wide && node_ready || return 3
}

provider_logs() {
  local name=$1 follow=$2 logs=()
  if [[ -z $name ]]; then
    tail -n 20 "$SANDFLEET_LOG"/*.log
    return
  fi
  [[ -f $SANDFLEET_LOG/$name.log ]] || die "no log of '$name'; there are: ${DAEMONS[*]}"
  logs=("$SANDFLEET_LOG/$name.log")
  if [[ -n $follow ]]; then exec tail -n 100 -F "${logs[@]}"; fi
  cat "${logs[@]}"
}

provider_stop() { step "stopping the cluster" with_lock cluster stop_cluster 10; }

provider_delete() {
  ((EUID == 0)) || die "the local cluster was made by root; delete it as root"
  step "deleting the cluster" with_lock cluster delete_cluster
  rm -rf --one-file-system "$SANDFLEET_LOG"
}

provider_kubeconfig() { echo "$SANDFLEET_KUBECONFIG"; }

provider_node_address() { echo "$NODE_ADDRESS"; }

provider_load_image() {
  containerd_ready || die "the cluster does not run: hack/cluster start"
  import_image "$1"
}
