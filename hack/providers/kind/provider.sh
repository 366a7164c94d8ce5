# shellcheck shell=bash
# shellcheck disable=SC1091
# The kind provider: a cluster in a container of the Docker engine that runs here.
source "$SANDFLEET_LIB/tools.sh"
source "$SANDFLEET_LIB/build.sh"

readonly KIND_CLUSTER=sandfleet
readonly KIND_NODE=$KIND_CLUSTER-control-plane

kind_() { "$(tool_path kind)" "$@"; }
kubectl_() { "$(tool_path kubectl)" --kubeconfig "$SANDFLEET_KUBECONFIG" "$@"; }
cluster_exists() { kind_ get clusters 2>/dev/null | grep -qx "$KIND_CLUSTER"; }
api_ready() { kubectl_ get --raw /readyz >/dev/null 2>&1; }

provider_start() {
  docker info >/dev/null 2>&1 || die "the kind provider needs a Docker engine, and 'docker info' fails"
  ensure_tools kind kubectl
  mkdir -p "$SANDFLEET_STATE"
  step "kind cluster" with_lock cluster start_kind
  say "the cluster is ready: export KUBECONFIG=$SANDFLEET_KUBECONFIG"
}

start_kind() {
  write_file "$SANDFLEET_STATE/provider" <<<kind
  if cluster_exists; then
    docker start "$KIND_NODE" >/dev/null
    kind_ export kubeconfig --name "$KIND_CLUSTER" --kubeconfig "$SANDFLEET_KUBECONFIG"
  else
    kind_ create cluster --config "$SANDFLEET_ROOT/hack/providers/kind/kind.yaml" --kubeconfig "$SANDFLEET_KUBECONFIG" --wait 180s
  fi
  chmod 0600 "$SANDFLEET_KUBECONFIG"
  retry 180 api_ready || die "the API server does not become ready: hack/cluster logs"
  kubectl_ wait node --all --for condition=Ready --timeout 180s
}

provider_status() {
  if ! cluster_exists || ! api_ready; then
    echo "the kind cluster '$KIND_CLUSTER' does not run"
    return 3
  fi
  kubectl_ get nodes -o wide
  kubectl_ get pods -A -o wide
}

# provider_logs NAME FOLLOW: a component is a container in the node, named as in kube-system.
provider_logs() {
  local follow=()
  [[ -z $2 ]] || follow=(--follow)
  if [[ -z $1 ]]; then
    docker logs "${follow[@]}" "$KIND_NODE"
    return
  fi
  kubectl_ -n kube-system logs "${follow[@]}" --tail 200 --selector "component=$1"
}

provider_stop() { if cluster_exists; then docker stop "$KIND_NODE" >/dev/null; fi; }

provider_delete() {
  step "deleting the kind cluster" kind_ delete cluster --name "$KIND_CLUSTER" --kubeconfig "$SANDFLEET_KUBECONFIG"
  rm -rf "$SANDFLEET_STATE" "$SANDFLEET_RUN" "$SANDFLEET_LOG"
}

provider_kubeconfig() { echo "$SANDFLEET_KUBECONFIG"; }

# kind.yaml maps the NodePorts there.
provider_node_address() { echo 127.0.0.1; }

provider_load_image() { kind_ load image-archive "$1" --name "$KIND_CLUSTER"; }
