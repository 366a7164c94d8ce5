# shellcheck shell=bash
# The images of the cluster's own pods: each a static binary on nothing, kept in the cache as OCI archives.

# own_image NAME:TAG BINARY USER: prints the archive's path; `BINARY` becomes the entry point.
own_image() {
  local image=$1 binary=$2 user=$3 archive container
  archive=$SANDFLEET_CACHE/images/$(basename "${image%:*}")-$(sha256sum "$binary" | cut -c1-12).oci.tar
  if [[ ! -s $archive ]]; then
    note "building $image"
    container=$(buildah_ from scratch)
    buildah_ copy --quiet --chmod 0755 "$container" "$binary" "/$(basename "$binary")" >&2
    buildah_ config --user "$user" --entrypoint "[\"/$(basename "$binary")\"]" --cmd '' --workingdir / "$container" >&2
    save_image "$container" "$image" "$archive"
  fi
  echo "$archive"
}

# save_image CONTAINER IMAGE ARCHIVE: the archive is whole or absent; the storage keeps nothing.
save_image() {
  local container=$1 image=$2 archive=$3
  mkdir -p "$(dirname "$archive")"
  buildah_ commit --quiet --rm "$container" "$image" >&2
  rm -f "$archive".new.*
  buildah_ push --quiet "$image" "oci-archive:$archive.new.$$:$image" >&2
  publish "$archive.new.$$" "$archive"
  buildah_ rmi "$image" >&2
}

# The shell that the volume provisioner's helper pods run in: Debian's static busybox under all its names.
shell_image() {
  local archive=$SANDFLEET_CACHE/images/shell-${SHELL_IMAGE##*:}-$DEBIAN_RELEASE.oci.tar work container
  if [[ ! -s $archive ]]; then
    note "building $SHELL_IMAGE"
    work=$(mktemp -d "$SANDFLEET_CACHE/shell.XXXXXX")
    chmod 0755 "$work"
    (cd "$work" && shell_root)
    container=$(buildah_ from scratch)
    buildah_ copy --quiet "$container" "$work/root" / >&2
    buildah_ config --env PATH=/bin --cmd '["/bin/sh"]' "$container" >&2
    save_image "$container" "$SHELL_IMAGE" "$archive"
    rm -rf "$work"
  fi
  echo "$archive"
}

shell_root() {
  # apt would drop its privileges for the download, and then couldn't write here.
  apt_get -o APT::Sandbox::User=root download busybox-static >&2
  dpkg-deb -x busybox-static_*.deb package
  mkdir -p root/bin root/etc
  mkdir -m 1777 root/tmp
  echo 'root:x:0:0:root:/:/bin/sh' >root/etc/passwd
  cp package/bin/busybox root/bin/busybox
  root/bin/busybox --list | grep -vx busybox | xargs -I{} ln -s busybox root/bin/{}
}

import_own_images() {
  local archive
  archive=$(own_image "$PAUSE_IMAGE" "$(tool_path pause)" 65535:65535)
  import_image "$archive"
  archive=$(own_image "$COREDNS_IMAGE" "$(tool_path coredns)" 65532:65532)
  import_image "$archive"
  archive=$(own_image "$LOCAL_PATH_IMAGE" "$(tool_path local-path-provisioner)" 65532:65532)
  import_image "$archive"
  archive=$(shell_image)
  import_image "$archive"
}
