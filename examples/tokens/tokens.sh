#!/usr/bin/env bash
# Tokens and tickets of a sandbox that stands alone, with openssl, curl and jq:
#   tokens.sh keys     makes a key pair here and prints the variable that a sandbox is started with
#   tokens.sh token    prints a token for an hour, signed with the private key
#   tokens.sh call     calls the sandbox at SANDBOX_BASE_URL with a token, without one, and with tickets
set -euo pipefail

keys() {
  (umask 077 && openssl genrsa -out private_key.pem 2048 2>/dev/null)
  openssl rsa -in private_key.pem -pubout -out public_key.pem 2>/dev/null
  echo "JWT_PUBLIC_KEY=$(openssl base64 -A <public_key.pem)"
}

base64url() { openssl base64 -e -A | tr '+/' '-_' | tr -d '='; }

token() {
  local text
  text=$(printf %s '{"alg":"RS256","typ":"JWT"}' | base64url).$(printf '{"exp":%d}' $(($(date +%s) + 3600)) | base64url)
  echo "$text.$(printf %s "$text" | openssl dgst -sha256 -sign private_key.pem | base64url)"
}

# expect STATUS CURL-ARGUMENTS...
expect() {
  local status
  status=$(curl -sS -o /dev/null -w '%{http_code}' "${@:2}")
  [[ $status == "$1" ]] || { echo "expected $1 but got $status: ${*: -1}" >&2; exit 1; }
}

call() {
  local url=${SANDBOX_BASE_URL:?is not set} jwt ticket
  jwt=$(token)
  # From a file: arguments can be seen by everybody on a machine.
  bearer() { printf 'header = "Authorization: Bearer %s"\n' "$jwt" | curl -K - "$@"; }

  expect 401 "$url/v1/sandbox"
  echo "without a token: 401"
  echo "with a token: home is $(bearer -sS --fail "$url/v1/sandbox" | jq -r .home_dir)"

  ticket=$(bearer -sS --fail -X POST "$url/tickets" | jq -r .ticket)
  expect 200 "$url/v1/sandbox?ticket=$ticket"
  expect 401 "$url/v1/sandbox?ticket=$ticket"
  echo "a ticket opens one call: 200, then 401"

  ticket=$(bearer -sS --fail --json '{"surface":"vnc","mode":"view"}' "$url/tickets" | jq -r .ticket)
  expect 403 "$url/v1/sandbox?ticket=$ticket"
  echo "a ticket for the screen opens nothing else: 403"
  ticket=$(bearer -sS --fail -X POST "$url/tickets" | jq -r .ticket)
  echo "screen, for 30 seconds: $url/vnc/index.html?autoconnect=true&ticket=$ticket&path=websockify%3Fticket%3D$ticket"
}

case ${1:-} in
  keys | token | call) "$1" ;;
  *) sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
