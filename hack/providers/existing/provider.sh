# shellcheck shell=bash
# shellcheck disable=SC1091
# The existing provider: a cluster that is somebody else's. It is used, and never changed, stopped or deleted.
source "$SANDFLEET_LIB/tools.sh"
source "$SANDFLEET_LIB/build.sh"

kubectl_() { "$(tool_path kubectl)" "$@"; }

provider_start() {
  [[ -n ${KUBECONFIG:-} ]] || die "the existing provider needs KUBECONFIG to name a cluster"
  ensure_tools kubectl
  kubectl_ get --raw /readyz >/dev/null || die "the cluster of KUBECONFIG=$KUBECONFIG does not answer"
  say "using the cluster of KUBECONFIG=$KUBECONFIG"
}

provider_status() { kubectl_ get nodes -o wide || return 3; }

provider_logs() { die "the cluster of KUBECONFIG=${KUBECONFIG:-} is not hack/cluster's: its logs are where its owner keeps them"; }

provider_stop() { say "the cluster of KUBECONFIG=${KUBECONFIG:-} is not hack/cluster's: left as it is"; }

provider_delete() { provider_stop; }

# KUBECONFIG may be a list of files; kubectl writes to the first.
provider_kubeconfig() { echo "${KUBECONFIG%%:*}"; }

provider_node_address() {
  local address type
  for type in ExternalIP InternalIP; do
    address=$(kubectl_ get nodes -o "jsonpath={.items[0].status.addresses[?(@.type==\"$type\")].address}")
    if [[ -n $address ]]; then
      echo "${address%% *}"
      return
    fi
  done
  die "the cluster's first node has no address"
}

provider_load_image() {
  die "$1 cannot be put into a cluster that is not hack/cluster's: push it to a registry that the cluster pulls from" \
    "(for example: skopeo copy oci-archive:$1 docker://REGISTRY/NAME:TAG) and set the chart's image values to it"
}
