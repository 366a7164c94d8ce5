# shellcheck shell=bash
# One buildah storage for all images that are built here, in the cache: it shares nothing with the user's own.

SANDFLEET_BASE_IMAGE=localhost/sandfleet/debian:12
export SANDFLEET_BASE_IMAGE

# buildah_ COMMAND...: `buildah_ bud ...`, `buildah_ push ...`.
buildah_() {
  # chroot isolation: the machine may itself be a container or a small VM in which runc's defaults fail.
  CONTAINERS_CONF=$(containers_conf) BUILDAH_ISOLATION=chroot STORAGE_DRIVER=$(buildah_driver) buildah \
    --root "$SANDFLEET_CACHE/containers/storage" --runroot "$SANDFLEET_CACHE/containers/run" \
    --registries-conf "$SANDFLEET_LIB/registries.conf" "$@"
}

# buildah would make a folder for CNI configurations under /etc.
containers_conf() {
  local path=$SANDFLEET_CACHE/containers/containers.conf
  [[ -s $path ]] || printf '[network]\nnetwork_config_dir = "%s"\n' "$SANDFLEET_CACHE/containers/networks" | write_file "$path"
  echo "$path"
}

# The driver is chosen once: a storage made with one can't be read with the other.
buildah_driver() {
  local chosen=$SANDFLEET_CACHE/containers/driver
  if [[ ! -s $chosen ]]; then
    mkdir -p "$SANDFLEET_CACHE/containers"
    if overlay_works "$SANDFLEET_CACHE/containers"; then
      echo overlay >"$chosen"
    else
      echo vfs >"$chosen"
    fi
  fi
  cat "$chosen"
}

overlay_works() {
  local probe status=0
  probe=$(mktemp -d "$1/probe.XXXXXX")
  mkdir "$probe/lower" "$probe/upper" "$probe/work" "$probe/merged"
  if mount -t overlay overlay -o "lowerdir=$probe/lower,upperdir=$probe/upper,workdir=$probe/work" "$probe/merged" 2>/dev/null; then
    umount "$probe/merged"
  else
    status=1
  fi
  rm -rf "$probe"
  return "$status"
}
