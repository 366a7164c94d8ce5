# shellcheck shell=bash
# The API key that hack/env hands out: made once for each cluster, readable by its owner alone, and never in a log.

# ensure_api_key IDENTITY
ensure_api_key() {
  local file
  file=$(api_key_file "$1")
  mkdir -p "$(dirname "$file")"
  chmod 0700 "$(dirname "$file")"
  if [[ -s $file ]] && release_script check-key.ts "$API_URL" "$file"; then
    note "cached: the API key still works"
    return
  fi
  # A key of this name can't be read again; its place is needed.
  keys_command revoke "$API_KEY_NAME" >/dev/null 2>&1 || true
  keys_command create --name "$API_KEY_NAME" --namespace "$SANDBOX_NAMESPACE" | write_file "$file" 0600
  release_script check-key.ts "$API_URL" "$file" --just-made
}

keys_command() { kube exec -n "$RELEASE_NAMESPACE" "deployment/$RELEASE-api" -- sandfleet-keys "$@"; }
