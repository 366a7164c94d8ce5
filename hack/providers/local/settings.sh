# shellcheck shell=bash
# Names, addresses and paths of the local cluster. Source lib/env.sh first.
# shellcheck disable=SC2034

# A cluster keeps the ranges that it was started with.
# shellcheck source=/dev/null
[[ ! -s $SANDFLEET_STATE/ranges ]] || source "$SANDFLEET_STATE/ranges"

NODE_NAME=sandfleet
# An address of the cluster's own on lo: it stays when the machine's uplink changes, and nothing outside can reach it, so
# neither the API server nor a NodePort is open to the network that the machine is in.
NODE_ADDRESS=${SANDFLEET_NODE_ADDRESS:-10.245.0.1}
POD_CIDR=${SANDFLEET_POD_CIDR:-10.244.0.0/16}
# One node takes it all in two halves of a /22: 1022 addresses, more than it can have pods.
POD_CIDR_NODE_BITS=22
MAX_PODS=500
SERVICE_CIDR=${SANDFLEET_SERVICE_CIDR:-10.96.0.0/16}
API_SERVICE_ADDRESS=${SERVICE_CIDR%.*.*}.0.1
DNS_ADDRESS=${SERVICE_CIDR%.*.*}.0.10
CLUSTER_DOMAIN=cluster.local
API_URL=https://$NODE_ADDRESS:6443

PKI=$SANDFLEET_STATE/pki
CNI_CONF_DIR=$SANDFLEET_STATE/cni/net.d
CNI_BIN_DIR=$SANDFLEET_STATE/cni/bin
CONTAINERD_SOCKET=$SANDFLEET_RUN/containerd/containerd.sock
# Cilium's plugin and agent meet at this fixed path.
CILIUM_RUN=/run/cilium

PAUSE_IMAGE=localhost/sandfleet/pause:1
COREDNS_IMAGE=localhost/sandfleet/coredns:$COREDNS_VERSION
LOCAL_PATH_IMAGE=localhost/sandfleet/local-path-provisioner:$LOCAL_PATH_PROVISIONER_VERSION
SHELL_IMAGE=localhost/sandfleet/shell:3

# In the order of starting; stopping goes backwards.
DAEMONS=(containerd etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy cilium-operator cilium-agent)

ctr_() { ctr --address "$CONTAINERD_SOCKET" --namespace k8s.io "$@"; }
kubectl_() { "$(tool_path kubectl)" --kubeconfig "$SANDFLEET_KUBECONFIG" "$@"; }
