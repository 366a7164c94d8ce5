# shellcheck shell=bash
# What every cluster is expected to have: a resolver and a default StorageClass.

apply_addons() {
  local manifest
  for manifest in "$SANDFLEET_LOCAL"/manifests/*.yaml; do
    sed -e "s|@COREDNS_IMAGE@|$COREDNS_IMAGE|; s|@LOCAL_PATH_IMAGE@|$LOCAL_PATH_IMAGE|; s|@SHELL_IMAGE@|$SHELL_IMAGE|" \
      -e "s|@DNS_ADDRESS@|$DNS_ADDRESS|; s|@CLUSTER_DOMAIN@|$CLUSTER_DOMAIN|; s|@VOLUMES@|$SANDFLEET_STATE/volumes|" \
      "$manifest"
    echo ---
  done | kubectl_ apply --server-side --force-conflicts --field-manager sandfleet-hack -f -
}

await_addons() {
  kubectl_ -n kube-system rollout status deployment/coredns --timeout 180s
  kubectl_ -n local-path-storage rollout status deployment/local-path-provisioner --timeout 180s
  # After a restart the API server still tells how the pods were before, so the resolver itself is asked, by its Service.
  retry 120 resolver_serves || die "the cluster's resolver does not answer: kubectl -n kube-system logs deployment/coredns"
}

resolver_serves() { curl -sf -o /dev/null --max-time 3 "http://$DNS_ADDRESS:9153/metrics"; }
