# shellcheck shell=bash
# A containerd of the cluster's own: own configuration, root, state and socket, beside any service of the machine's.

containerd_config() {
  cat <<END
version = 2
root = "$SANDFLEET_STATE/containerd"
state = "$SANDFLEET_RUN/containerd"
# Snapshotters that probe the machine in vain, and what only Docker and Windows need.
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.tracing"]

[grpc]
address = "$CONTAINERD_SOCKET"

[plugins."io.containerd.internal.v1.opt"]
path = "$SANDFLEET_STATE/containerd/opt"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "$PAUSE_IMAGE"
# Without CAP_SYS_RESOURCE a process may not lower its OOM score: containerd then keeps to what it may set.
restrict_oom_score_adj = true
# As newer releases of containerd do: ports below 1024 and ping need neither root nor a capability in a pod.
enable_unprivileged_ports = true
enable_unprivileged_icmp = true
stream_server_address = "127.0.0.1"

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "$CNI_BIN_DIR"
conf_dir = "$CNI_CONF_DIR"

[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"
default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = false
Root = "$SANDFLEET_RUN/runc"
END
}

start_containerd() {
  containerd_config | write_file "$SANDFLEET_STATE/containerd.toml"
  mkdir -p "$CNI_CONF_DIR" "$CNI_BIN_DIR"
  # Debian keeps the CNI plugins elsewhere; containerd itself calls "loopback" for each pod.
  ln -sfn /usr/lib/cni/loopback "$CNI_BIN_DIR/loopback"
  ln -sfn "$(tool_path cilium-cni)" "$CNI_BIN_DIR/cilium-cni"
  DAEMON_READS=$SANDFLEET_STATE/containerd.toml start_daemon containerd containerd --config "$SANDFLEET_STATE/containerd.toml"
  retry 60 containerd_ready || daemon_failed containerd "containerd does not answer"
}

containerd_ready() { ctr_ version >/dev/null 2>&1; }

# archive_image ARCHIVE: prints "name digest" of the image in an OCI archive.
archive_image() {
  tar -xOf "$1" index.json 2>/dev/null | jq -er '.manifests[0] | "\(.annotations["org.opencontainers.image.ref.name"]) \(.digest)"'
}

# import_image ARCHIVE: nothing to do when that very image is there already.
import_image() {
  local archive=$1 name digest
  read -r name digest < <(archive_image "$archive") || die "$archive is no OCI archive with a named image"
  [[ $name == */*:* ]] || die "the image in $archive needs a full name such as localhost/name:tag, it has '$name'"
  if ctr_ images list "name==$name" | grep -qF "$digest"; then
    note "cached: $name is in the cluster"
    return
  fi
  ctr_ images import "$archive"
  note "imported $name"
}
