# shellcheck shell=bash
# Debian packages, installed only when missing.

package_installed() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

# ensure_packages NAME...: needs root when something is missing.
ensure_packages() {
  local name missing=()
  drop_start_policy
  for name in "$@"; do
    package_installed "$name" || missing+=("$name")
  done
  if ((${#missing[@]} == 0)); then
    note "cached: all ${#} Debian packages are installed"
    return
  fi
  ((EUID == 0)) || die "Debian packages are missing and only root can install them: ${missing[*]}"
  note "installing ${missing[*]}"
  with_lock apt install_packages "${missing[@]}"
}

install_packages() {
  local status=0
  # What an interrupted run left half installed would be refused otherwise.
  [[ -z $(dpkg --audit) ]] || dpkg --configure -a
  apt_get update || warn "apt-get update failed; trying with the package lists at hand"
  write_start_policy
  apt_get install -y --no-install-recommends "$@" || status=$?
  drop_start_policy
  return "$status"
}

# The cluster runs its own containerd; Debian's service must not be started by its package's scripts.
readonly START_POLICY=/usr/sbin/policy-rc.d

write_start_policy() {
  [[ -e $START_POLICY ]] || write_file "$START_POLICY" 0755 <<<$'#!/bin/sh\n# written by sandfleet\nexit 101'
}

drop_start_policy() {
  if [[ -w $START_POLICY ]] && grep -q 'written by sandfleet' "$START_POLICY"; then rm -f "$START_POLICY"; fi
}

apt_get() {
  # A lock wait, because unattended upgrades may be at work; keep a user's own configuration files.
  DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l apt-get -o DPkg::Lock::Timeout=300 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}
