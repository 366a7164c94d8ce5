# shellcheck shell=bash
# How each bundle is built. The builds run in a temporary folder that becomes the bundle's folder when all is there.

build_bundle() {
  local bundle=$1 folder=$2 temporary requirement
  # Another process may have built it while this one waited for the lock.
  [[ ! -d $folder ]] || return 0
  command -v go >/dev/null || die "Go is needed to build $bundle: install it and run this again"
  while read -r requirement; do
    grep -qF "$requirement" "$(bundle_module "$bundle")/go.mod" ||
      die "hack/versions.env asks for $requirement, but $(bundle_module "$bundle")/go.mod does not: update it with 'go get'"
  done < <(bundle_requirements "$bundle" | sed '/^$/d')
  mkdir -p "$(dirname "$folder")"
  rm -rf "$(dirname "$folder")"/*.building.*
  temporary=$(mktemp -d "$folder.building.XXXXXX")
  chmod 0755 "$temporary"
  (cd "$(bundle_module "$bundle")" && "build_$bundle" "$temporary")
  publish "$temporary" "$folder"
}

# go_build OUTPUT PACKAGE LDFLAGS [ARG...]: the same settings whatever the user's own are, and a build cache that
# --purge can drop.
go_build() {
  local output=$1 package=$2 ldflags=$3
  shift 3
  env GOFLAGS=-mod=readonly GOWORK=off CGO_ENABLED=0 GOCACHE="$SANDFLEET_CACHE/go-build" \
    go build -trimpath -buildvcs=false -ldflags "-s -w $ldflags" "$@" -o "$output" "$package"
}

kubernetes_minor() { cut -d. -f2 <<<"$KUBERNETES_VERSION"; }

build_kubernetes() {
  local version=$KUBERNETES_VERSION variable=k8s.io/component-base/version name
  go_build "$1/kubernetes" . "-X $variable.gitVersion=$version -X $variable.gitMajor=1 -X $variable.gitMinor=$(kubernetes_minor) \
    -X $variable.gitTreeState=clean -X k8s.io/client-go/pkg/version.gitVersion=$version"
  for name in kubectl kubelet kube-apiserver kube-controller-manager kube-scheduler kube-proxy; do
    ln -s kubernetes "$1/$name"
  done
}

build_etcd() { go_build "$1/etcd" go.etcd.io/etcd/server/v3 ""; }

build_pause() { go_build "$1/pause" . ""; }

build_kind() { go_build "$1/kind" sigs.k8s.io/kind ""; }

build_addons() {
  local helm=helm.sh/helm/v3 package flags
  flags="-X $helm/internal/version.version=$HELM_VERSION"
  # The Kubernetes version that `helm template` and `helm lint` assume when no cluster is asked.
  for package in chartutil lint/rules; do
    flags+=" -X $helm/pkg/$package.k8sVersionMajor=1 -X $helm/pkg/$package.k8sVersionMinor=$(kubernetes_minor)"
  done
  go_build "$1/helm" "$helm/cmd/helm" "$flags"
  go_build "$1/coredns" ./coredns ""
  go_build "$1/local-path-provisioner" github.com/rancher/local-path-provisioner "-X main.VERSION=$LOCAL_PATH_PROVISIONER_VERSION"
}

# Cilium is built in a copy of its module, as its own go.mod has the replacements it needs; the module's checksum in our
# go.sum vouches for that go.mod and its go.sum.
build_cilium() {
  local source=$1/source module flags
  GOFLAGS=-mod=readonly GOWORK=off go mod download github.com/cilium/cilium
  module=$(GOFLAGS=-mod=readonly GOWORK=off go list -m -f '{{.Dir}}' github.com/cilium/cilium)
  cp -r "$module" "$source"
  chmod -R u+w "$source"
  # The module has but the index of the vendored packages, and Go would believe it.
  rm -rf "$source/vendor"
  # A kernel without loadable modules has no /proc/modules, on which the agent insists: see name_kernel_modules.
  sed -i 's|= "/proc/modules"|= "/run/sandfleet/cilium/modules"|' "$source/pkg/datapath/linux/modules/modules_linux.go"
  grep -q '"/run/sandfleet/cilium/modules"' "$source/pkg/datapath/linux/modules/modules_linux.go"
  flags="-X github.com/cilium/cilium/pkg/version.ciliumVersion=${CILIUM_VERSION#v}"
  cp -r "$source/bpf" "$1/bpf"
  (
    cd "$source" || exit
    go_build "$1/cilium-agent" ./daemon "$flags" -tags osusergo
    go_build "$1/cilium-operator" ./operator "$flags" -tags osusergo
    go_build "$1/cilium-cni" ./plugins/cilium-cni "$flags" -tags osusergo
  )
  rm -rf "$source"
}
