# shellcheck shell=bash
# Tools built from the Go module proxy into the cache, each bundle by its version and by what its module says: a changed
# lock file, source or way of building is another build. Needs env.sh, log.sh, files.sh and build.sh.

# bundle_of TOOL: the bundle that a tool comes in. One Kubernetes binary serves under six names.
bundle_of() {
  case $1 in
    kubectl | kubelet | kube-apiserver | kube-controller-manager | kube-scheduler | kube-proxy) echo kubernetes ;;
    cilium-agent | cilium-operator | cilium-cni) echo cilium ;;
    helm | coredns | local-path-provisioner) echo addons ;;
    etcd | pause | kind) echo "$1" ;;
    *) die "hack/tools knows no '$1'. It knows: $(known_tools)" ;;
  esac
}

known_tools() {
  echo kubectl kubelet kube-apiserver kube-controller-manager kube-scheduler kube-proxy etcd cilium-agent \
    cilium-operator cilium-cni helm coredns local-path-provisioner pause kind
}

bundle_module() {
  case $1 in
    kind) echo "$SANDFLEET_ROOT/hack/providers/kind/module" ;;
    *) echo "$SANDFLEET_LOCAL/modules/$1" ;;
  esac
}

# The requirements that the module's go.mod must have for versions.env to be true.
bundle_requirements() {
  case $1 in
    kubernetes) echo "k8s.io/kubernetes $KUBERNETES_VERSION" ;;
    etcd) echo "go.etcd.io/etcd/server/v3 $ETCD_VERSION" ;;
    cilium) echo "github.com/cilium/cilium $CILIUM_VERSION" ;;
    kind) echo "sigs.k8s.io/kind $KIND_VERSION" ;;
    addons)
      echo "helm.sh/helm/v3 $HELM_VERSION"
      echo "github.com/coredns/coredns $COREDNS_VERSION"
      echo "github.com/rancher/local-path-provisioner $LOCAL_PATH_PROVISIONER_VERSION"
      ;;
  esac
}

bundle_version() {
  local requirements
  requirements=$(bundle_requirements "$1")
  echo "${requirements##*[[:space:]]}"
}

# bundle_folder BUNDLE: where its binaries are or will be.
bundle_folder() {
  local module version digest
  module=$(bundle_module "$1")
  version=$(bundle_version "$1")
  digest=$({
    (cd "$module" && find . -type f -print0 | sort -z | xargs -0 sha256sum)
    declare -f "build_$1" go_build
  } | sha256sum)
  echo "$SANDFLEET_CACHE/bin/$1/${version:-v1}-${digest:0:12}"
}

# tool_path TOOL: prints the absolute path; builds first when it is missing.
tool_path() {
  local bundle folder
  bundle=$(bundle_of "$1")
  folder=$(bundle_folder "$bundle")
  [[ -x $folder/$1 ]] || with_lock "build-$bundle" build_bundle "$bundle" "$folder" >&2
  echo "$folder/$1"
}

# ensure_tools TOOL...: with progress, a step for each bundle.
ensure_tools() {
  local tool bundle folder done=' '
  for tool in "$@"; do
    bundle=$(bundle_of "$tool")
    [[ $done != *" $bundle "* ]] || continue
    done+="$bundle "
    folder=$(bundle_folder "$bundle")
    if [[ -x $folder/$tool ]]; then
      say "$(bundle_title "$bundle"): cached"
    else
      step "$(bundle_title "$bundle"): building" with_lock "build-$bundle" build_bundle "$bundle" "$folder"
    fi
  done
}

bundle_title() {
  local requirements
  requirements=$(bundle_requirements "$1" | sed -E 's|.*/([a-z-]+)(/v[0-9]+)? |\1 |; s|^server|etcd|' | paste -sd, | sed 's/,/, /g')
  echo "${requirements:-$1}"
}
