# shellcheck shell=bash
# The places and versions that all hack/ commands share. Source it first, then what else of lib/ is needed.
set -euo pipefail
umask 022
export LC_ALL=C.UTF-8

SANDFLEET_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
SANDFLEET_LIB=$SANDFLEET_ROOT/hack/lib
SANDFLEET_LOCAL=$SANDFLEET_ROOT/hack/providers/local

# Builds outlive the checkout and the cluster; state is the cluster's; run holds sockets and pid files. Root's places are
# fixed, because Cilium is built to know one of them; without root (kind needs none) they are in the user's home.
if ((EUID == 0)); then
  SANDFLEET_CACHE=${SANDFLEET_CACHE:-/var/cache/sandfleet}
  SANDFLEET_STATE=/var/lib/sandfleet
  SANDFLEET_RUN=/run/sandfleet
  SANDFLEET_LOG=/var/log/sandfleet
else
  SANDFLEET_CACHE=${SANDFLEET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sandfleet}
  SANDFLEET_STATE=${XDG_STATE_HOME:-$HOME/.local/state}/sandfleet
  SANDFLEET_RUN=$SANDFLEET_STATE/run
  SANDFLEET_LOG=$SANDFLEET_STATE/log
fi
SANDFLEET_KUBECONFIG=$SANDFLEET_STATE/kubeconfig
# Child commands (hack/tools, base-image) must work on the same places.
export SANDFLEET_CACHE SANDFLEET_STATE SANDFLEET_RUN SANDFLEET_LOG
export SANDFLEET_ROOT SANDFLEET_LIB SANDFLEET_LOCAL SANDFLEET_KUBECONFIG

set -a
# shellcheck source=../versions.env
source "$SANDFLEET_ROOT/hack/versions.env"
set +a
