# shellcheck shell=bash
# Taking the release out of a cluster that stays, and what image builds leave on this machine.

remove_release() {
  local identity created item
  identity=$(cluster_identity) || die "the cluster of $KUBECONFIG does not answer, so nothing in it can be removed"
  created=$(created_file "$identity")
  delete_sandboxes "$created"
  if helm_ status "$RELEASE" >/dev/null 2>&1; then helm_ uninstall "$RELEASE" --wait --timeout 5m; fi
  kube delete secret -n "$RELEASE_NAMESPACE" -l sandfleet.dev/type=api-key --ignore-not-found
  if [[ -s $created ]]; then
    while read -r item; do kube delete "$item" --ignore-not-found --timeout 300s; done <"$created"
  fi
  rm -rf "$(dirname "$created")"
}

# While the operator still runs, so that it can tidy up after them. Those of a kind that was there before stay, but for the
# one that hack/up made.
delete_sandboxes() {
  local created=$1 kind=customresourcedefinition/sandboxes.sandfleet.dev
  [[ -n $(kube get "$kind" --ignore-not-found -o name) ]] || return 0
  if grep -qxs "$kind" "$created"; then
    kube delete sandboxes --all --all-namespaces --timeout 300s
  else
    kube delete sandbox first -n "$SANDBOX_NAMESPACE" --ignore-not-found --timeout 300s
  fi
}

# close_builds [--purge]: buildah keeps its storage mounted after a build, and what an interrupted one left too.
close_builds() {
  local target
  if [[ -d $SANDFLEET_CACHE/containers ]] && command -v buildah >/dev/null; then buildah_ rm --all >/dev/null; fi
  while read -r target; do
    umount -l "$target"
    note "unmounted $target"
  done < <(findmnt -rno TARGET | grep -F "$SANDFLEET_CACHE/containers/" | sort -r)
  if [[ ${1:-} == --purge && $(image_engine) == docker ]]; then
    engine_forget_older localhost/sandfleet/operator none
    engine_forget_older localhost/sandfleet/runtime none
  fi
}
