# shellcheck shell=bash
# The release that hack/up installs, and how this machine reaches it. Source lib/env.sh, log.sh and files.sh first.

# shellcheck disable=SC2034
readonly RELEASE=sandfleet RELEASE_NAMESPACE=sandfleet-system SANDBOX_NAMESPACE=default \
  GATEWAY_NODE_PORT=30080 API_NODE_PORT=30081 API_KEY_NAME=hack-up

# use_cluster: sets PROVIDER and exports KUBECONFIG. It need not run.
use_cluster() {
  PROVIDER=$("$SANDFLEET_ROOT/hack/cluster" provider)
  KUBECONFIG=$("$SANDFLEET_ROOT/hack/cluster" kubeconfig --provider "$PROVIDER")
  export KUBECONFIG
}

# use_release: sets API_URL and GATEWAY_URL of the cluster in use.
use_release() {
  local address
  address=$("$SANDFLEET_ROOT/hack/cluster" node-address --provider "$PROVIDER")
  [[ $address != *:* ]] || address="[$address]"
  # shellcheck disable=SC2034
  API_URL=http://$address:$API_NODE_PORT GATEWAY_URL=http://$address:$GATEWAY_NODE_PORT
}

kube() { "${KUBECTL:=$("$SANDFLEET_ROOT/hack/tools" path kubectl)}" "$@"; }
helm_() { "${HELM:=$("$SANDFLEET_ROOT/hack/tools" path helm)}" --namespace "$RELEASE_NAMESPACE" "$@"; }

# cluster_identity: what no two clusters share; fails when the cluster does not answer.
cluster_identity() { kube get namespace kube-system --request-timeout 10s -o 'jsonpath={.metadata.uid}'; }

# What is kept for one cluster, so that a key of a cluster that is gone is never used with the next one.
api_key_file() { echo "$SANDFLEET_STATE/releases/$1/api-key"; }
created_file() { echo "$SANDFLEET_STATE/releases/$1/created"; }

# The folder that hack/env puts on PATH: the client tools and nothing else.
SANDFLEET_BIN=$SANDFLEET_STATE/bin

link_client_tools() {
  local name
  mkdir -p "$SANDFLEET_BIN"
  for name in kubectl helm; do ln -sfn "$("$SANDFLEET_ROOT/hack/tools" path "$name")" "$SANDFLEET_BIN/$name"; done
}

# release_script NAME ARG...: a TypeScript part of this folder.
release_script() {
  local script=$1
  shift
  "$SANDFLEET_ROOT/node_modules/.bin/tsx" "$SANDFLEET_ROOT/hack/release/$script" "$@"
}
