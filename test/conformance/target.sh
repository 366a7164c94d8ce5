# shellcheck shell=bash
# A sandbox to test against, its URL and token in SANDBOX_BASE_URL and SANDBOX_TOKEN, and a Python that has a lock file's packages.
# The tests themselves know nothing but that URL and token: what any client has.

# start_target gateway|bare: removed again when the script exits.
start_target() {
  eval "$(hack/env)"
  case $1 in
    gateway) start_gateway ;;
    bare) start_bare ;;
    *) echo "there is no target $1: gateway or bare" >&2; exit 2 ;;
  esac
  export SANDBOX_BASE_URL SANDBOX_TOKEN
}

call() { curl -sS --fail-with-body -H "X-API-Key: $SANDFLEET_API_KEY" -H 'content-type: application/json' "$@"; }

# A sandbox of the control plane, behind the gateway, which wants a token.
start_gateway() {
  local sandbox
  sandbox=$(call -d '{"wait": 240}' "$SANDFLEET_URL/v1/sandboxes")
  id=$(jq -r .id <<<"$sandbox")
  trap 'call -X DELETE "$SANDFLEET_URL/v1/sandboxes/$id" || true' EXIT
  [ "$(jq -r .ready <<<"$sandbox")" = true ] || { echo "sandbox $id did not become ready: $sandbox"; exit 1; }
  SANDBOX_BASE_URL=$(jq -r '.url | rtrimstr("/")' <<<"$sandbox")
  SANDBOX_TOKEN=$(call -d '{"ttlSeconds": 3600}' "$SANDFLEET_URL/v1/sandboxes/$id/tokens" | jq -r .token)
}

# The image alone, in a pod that nobody manages: no gateway, no token.
start_bare() {
  local image
  pod=conformance-$$ log=$(mktemp)
  trap 'kill ${forward:-} 2>/dev/null || true; kubectl delete pod "$pod" --ignore-not-found --wait=false >/dev/null; rm -f "$log"' EXIT
  image=$(kubectl -n sandfleet-system get deployment sandfleet-operator -o json |
    jq -r '.spec.template.spec.containers[].env[] | select(.name == "SANDFLEET_RUNTIME_IMAGE").value')
  # Ready when it answers, so that one call tells whether the pods' addresses are in reach.
  kubectl apply -f - >/dev/null <<YAML
apiVersion: v1
kind: Pod
metadata: { name: $pod }
spec:
  restartPolicy: Never
  containers:
    - name: runtime
      image: $image
      imagePullPolicy: IfNotPresent
      ports: [{ containerPort: 8080 }]
      readinessProbe: { httpGet: { path: /v1/ping, port: 8080 }, periodSeconds: 1 }
YAML
  kubectl wait --for=condition=Ready --timeout=240s "pod/$pod" >/dev/null
  SANDBOX_TOKEN=
  # By its own address where that is in reach: a forwarder ends altogether when one of its connections is reset.
  SANDBOX_BASE_URL=http://$(kubectl get pod "$pod" -o jsonpath='{.status.podIP}'):8080
  ! curl -sf --max-time 5 "$SANDBOX_BASE_URL/v1/ping" >/dev/null || return 0
  kubectl port-forward "pod/$pod" :8080 >"$log" 2>&1 &
  forward=$!
  until grep -q 'Forwarding from 127' "$log"; do pause; done
  SANDBOX_BASE_URL=http://127.0.0.1:$(sed -n 's/^Forwarding from 127.0.0.1:\([0-9]*\) .*/\1/p' "$log")
  until curl -sf "$SANDBOX_BASE_URL/v1/ping" >/dev/null; do pause; done
}

# While the forwarder lives there is something to wait for.
pause() {
  kill -0 "$forward" 2>/dev/null || { cat "$log"; exit 1; }
  sleep 0.1
}

# python_with LOCK: makes `venv`, kept in the cache by the lock's content.
python_with() {
  venv=${SANDFLEET_CACHE:-/var/cache/sandfleet}/python/$(basename "$1" .txt)-$(sha256sum "$1" | cut -c1-12)
  [ ! -e "$venv/complete" ] || return 0
  echo "installing $1 into $venv"
  rm -rf "$venv"
  python3 -m venv "$venv" 2>/dev/null ||
    { apt-get install -y -qq --no-install-recommends python3-venv >/dev/null && python3 -m venv "$venv"; }
  "$venv/bin/pip" install -q --no-deps --require-hashes --disable-pip-version-check -r "$1"
  touch "$venv/complete"
}
