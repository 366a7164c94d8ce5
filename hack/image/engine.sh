# shellcheck shell=bash
# The two engines that can build: Docker, which takes the base images from Docker Hub, or buildah, which takes them from
# what this machine makes itself.

SANDFLEET_NODE_IMAGE=localhost/sandfleet/node:24

image_engine() {
  if [[ -z ${SANDFLEET_IMAGE_ENGINE:-} ]]; then
    SANDFLEET_IMAGE_ENGINE=buildah
    if command -v docker >/dev/null && docker info >/dev/null 2>&1; then SANDFLEET_IMAGE_ENGINE=docker; fi
    export SANDFLEET_IMAGE_ENGINE
  fi
  echo "$SANDFLEET_IMAGE_ENGINE"
}

ensure_engine() {
  [[ $(image_engine) == docker ]] || "$SANDFLEET_LOCAL/base-image" >/dev/null
}

# What the base images are, for the content's hash: Docker's are named in the Dockerfile, which is hashed anyway.
base_identity() {
  [[ $(image_engine) == buildah ]] || return 0
  sha256sum hack/image/node.Dockerfile hack/image/node-requirements.txt hack/versions.env hack/providers/local/base-image
}

# engine_build NAME REFERENCE
engine_build() (
  secrets=$(mktemp -d)
  trap 'rm -rf "$secrets"' EXIT
  client_secrets "$secrets"
  mapfile -t arguments < <(secret_arguments "$secrets")
  "build_with_$(image_engine)" "$1" "$2" "${arguments[@]}"
)

build_with_docker() {
  local name=$1 reference=$2
  shift 2
  DOCKER_BUILDKIT=1 docker build "$@" --tag "$reference" --file "$SANDFLEET_ROOT/Dockerfile.$name" "$SANDFLEET_ROOT"
}

build_with_buildah() {
  local name=$1 reference=$2
  shift 2
  buildah_ build --layers --force-rm --format oci "$@" --build-arg "BASE_IMAGE=$SANDFLEET_BASE_IMAGE" \
    --tag "$SANDFLEET_NODE_IMAGE" --file "$SANDFLEET_ROOT/hack/image/node.Dockerfile" "$SANDFLEET_ROOT/hack/image"
  buildah_ build --layers --force-rm --format oci "$@" --build-arg "BASE_IMAGE=$SANDFLEET_BASE_IMAGE" \
    --build-arg "NODE_IMAGE=$SANDFLEET_NODE_IMAGE" --tag "$reference" \
    --ignorefile "$SANDFLEET_ROOT/.dockerignore" --file "$SANDFLEET_ROOT/Dockerfile.$name" "$SANDFLEET_ROOT"
}

# engine_export REFERENCE FILE: quickly rather than small, since the archive never leaves the machine.
engine_export() {
  case $(image_engine) in
    docker) docker save --output "$2" "$1" ;;
    buildah) buildah_ push --quiet --compression-format gzip --compression-level 1 --format oci "$1" "oci-archive:$2:$1" ;;
  esac
}

# engine_forget_older REPOSITORY REFERENCE: every tag of the repository but this one.
engine_forget_older() {
  local reference
  while read -r reference; do
    [[ $reference == "$2" ]] || "remove_with_$(image_engine)" "$reference"
  done < <("references_with_$(image_engine)" "$1")
}

references_with_docker() { docker image ls --format '{{.Repository}}:{{.Tag}}' "$1"; }
references_with_buildah() { buildah_ images --format '{{.Name}}:{{.Tag}}' | sed -n "\\#^$1:#p"; }
# An image that something still uses stays; it costs a layer.
remove_with_docker() { docker image rm "$1" >/dev/null 2>&1 || true; }
remove_with_buildah() { buildah_ rmi "$1" >/dev/null 2>&1 || true; }
