# shellcheck shell=bash
# A build downloads packages as this machine does: through its proxies and mirrors, trusting its certificates. That
# configuration reaches the build as secrets, which are mounted for one RUN each, so no layer holds any of it.

# client_secrets FOLDER: writes one file for each secret; what this machine has nothing to say about stays empty.
client_secrets() {
  local folder=$1
  chmod 0700 "$folder"
  apt_client >"$folder/apt.conf"
  pip_file /etc/pip.conf >"$folder/pip.conf"
  pip_file "${PIP_CONFIG_FILE:-${XDG_CONFIG_HOME:-$HOME/.config}/pip/pip.conf}" >"$folder/pip.user.conf"
  pip_environment >"$folder/pip.env"
  npm_client >"$folder/npmrc"
  trusted_certificates >"$folder/ca.crt"
}

# secret_arguments FOLDER: the engine's arguments for them, one a line.
secret_arguments() {
  local file
  for file in "$1"/*; do printf '%s\n' --secret "id=${file##*/},src=$file"; done
}

# How packages are reached, no more: the sources are the base image's, and what is trusted is not for a machine to widen.
apt_client() {
  command -v apt-config >/dev/null || return 0
  apt-config dump | grep -iE '^Acquire::(https?::(Proxy|Timeout)|Retries|ForceIPv[46]|Check-(Valid-Until|Date))' || true
}

# A path on this machine means nothing inside the build; the certificates are mounted at /run/ca.crt.
pip_file() {
  [[ -f $1 ]] || return 0
  sed -E '/^[[:space:]]*find-links/d; s#^([[:space:]]*cert[[:space:]]*=).*#\1 /run/ca.crt#' "$1"
}

pip_environment() {
  local name
  for name in PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_TRUSTED_HOST PIP_PROXY PIP_DEFAULT_TIMEOUT; do
    [[ -z ${!name:-} ]] || printf 'export %s=%q\n' "$name" "${!name}"
  done
  # A file without certificates would make pip trust nobody.
  [[ ! -s $(certificate_file) ]] || echo 'export PIP_CERT=/run/ca.crt'
}

# Where npm asks, and what it shows there; the rest of its configuration is the machine's own business.
npm_client() {
  command -v npm >/dev/null || return 0
  local file
  for file in "$(npm config get globalconfig 2>/dev/null)" "$(npm config get userconfig 2>/dev/null)"; do
    [[ ! -f $file ]] || grep -E '^[[:space:]]*((@[^:]+:)?registry|(https-|http-)?proxy|noproxy|//[^=]+)[[:space:]]*=' "$file" || true
  done
  echo "registry=$(npm config get registry 2>/dev/null)"
}

trusted_certificates() { cat "$(certificate_file)" 2>/dev/null || true; }
certificate_file() { echo "${PIP_CERT:-${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}}"; }
