# shellcheck shell=bash
# The chart into the cluster, and what to show when its pods do not come up.

readonly ROLLOUT_SECONDS=300

# install_release OPERATOR_IMAGE RUNTIME_IMAGE IDENTITY
install_release() {
  note_what_is_new "$3"
  release_settled || clear_interrupted
  release_values "$1" "$2" | helm_ upgrade --install "$RELEASE" "$SANDFLEET_ROOT/charts/sandfleet" \
    --create-namespace --history-max 3 --values -
}

release_values() {
  cat <<END
image:
$(image_values "$1" '  ')
runtime:
  image:
$(image_values "$2" '    ')
gateway:
  url: $GATEWAY_URL
$(path_mode_values)
  service: { type: NodePort, nodePort: $GATEWAY_NODE_PORT }
api:
  service: { type: NodePort, nodePort: $API_NODE_PORT }
test:
  namespace: $SANDBOX_NAMESPACE
END
}

# A cluster that hack/up made has one owner; what else an installed release's sandboxes are to each other, its owner knows.
path_mode_values() {
  [[ $PROVIDER == existing ]] || echo '  pathMode: { pages: trusted }'
}

# image_values REFERENCE INDENT: NAME, NAME:TAG, NAME@DIGEST or NAME:TAG@DIGEST as the chart takes it apart.
image_values() {
  local name=${1%@*} digest='' tag=''
  [[ $1 != *@* ]] || digest=${1#*@}
  # A colon before the last slash belongs to a registry's port.
  if [[ ${name##*/} == *:* ]]; then
    tag=${name##*:}
    name=${name%:*}
  fi
  printf "%sregistry: ''\n%srepository: '%s'\n%stag: '%s'\n%sdigest: '%s'\n" "$2" "$2" "$name" "$2" "${tag:-latest}" "$2" "$digest"
}

# hack/down removes from a cluster of the user's only what was not there before.
note_what_is_new() {
  local created=$1 item
  created=$(created_file "$1")
  [[ ! -e $created ]] || return 0
  for item in "namespace/$RELEASE_NAMESPACE" customresourcedefinition/sandboxes.sandfleet.dev; do
    [[ -n $(kube get "$item" --ignore-not-found -o name) ]] || echo "$item"
  done | write_file "$created"
}

# A run that was killed leaves Helm's record "pending", and Helm then refuses every later one.
clear_interrupted() {
  note "an earlier run was interrupted inside Helm; clearing its record"
  kube delete secret -n "$RELEASE_NAMESPACE" -l "owner=helm,name=$RELEASE,status in (pending-install,pending-upgrade,pending-rollback)"
}

release_settled() {
  [[ -z $(kube get secret -n "$RELEASE_NAMESPACE" -o name \
    -l "owner=helm,name=$RELEASE,status in (pending-install,pending-upgrade,pending-rollback)") ]]
}

await_rollout() {
  local deployment
  for deployment in $(kube get deployment -n "$RELEASE_NAMESPACE" -l "app.kubernetes.io/instance=$RELEASE" -o name); do
    if ! kube rollout status -n "$RELEASE_NAMESPACE" "$deployment" --timeout "${ROLLOUT_SECONDS}s"; then
      show_release_trouble
      die "$deployment did not become available within $ROLLOUT_SECONDS s"
    fi
  done
}

show_release_trouble() {
  local pod
  {
    echo 'pods:'
    kube get pods -n "$RELEASE_NAMESPACE" -o wide
    echo 'latest events:'
    kube get events -n "$RELEASE_NAMESPACE" --sort-by .lastTimestamp | tail -n 12
    for pod in $(kube get pods -n "$RELEASE_NAMESPACE" -l "app.kubernetes.io/instance=$RELEASE" -o name); do
      echo "the end of $pod's log:"
      kube logs -n "$RELEASE_NAMESPACE" "$pod" --tail 8 || true
      kube logs -n "$RELEASE_NAMESPACE" "$pod" --tail 8 --previous 2>/dev/null || true
    done
  } 2>&1 | sed 's/^/    | /' >&"$SANDFLEET_TERMINAL_FD"
}
