# shellcheck shell=bash
# The node: kubelet and kube-proxy.

kubelet_config() {
  cat <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $NODE_ADDRESS
healthzBindAddress: 127.0.0.1
authentication:
  anonymous: { enabled: false }
  webhook: { enabled: true }
  x509: { clientCAFile: $PKI/ca.crt }
authorization: { mode: Webhook }
tlsCertFile: $PKI/kubelet.crt
tlsPrivateKeyFile: $PKI/kubelet.key
clusterDomain: $CLUSTER_DOMAIN
clusterDNS: [$DNS_ADDRESS]
resolvConf: $(resolver_file)
containerRuntimeEndpoint: unix://$CONTAINERD_SOCKET
podLogsDir: $SANDFLEET_LOG/pods
volumePluginDir: $SANDFLEET_STATE/kubelet/volume-plugins
maxPods: $MAX_PODS
# Machines without systemd have cgroup v1 still, and some have swap.
cgroupDriver: cgroupfs
failCgroupV1: false
failSwapOn: false
# There is no registry to pull an image from again, so none is ever collected for the sake of disk space.
imageGCHighThresholdPercent: 100
imageMinimumGCAge: 8760h
evictionHard: { memory.available: 100Mi, nodefs.available: 2%, imagefs.available: 2%, nodefs.inodesFree: 1% }
serializeImagePulls: false
registryPullQPS: 0
eventRecordQPS: 0
kubeAPIQPS: 100
kubeAPIBurst: 200
shutdownGracePeriod: 0s
END
}

# A resolver on a loopback address of the machine is out of reach for pods; systemd-resolved keeps the real ones beside.
resolver_file() {
  if grep -qE '^nameserver[[:space:]]+127\.' /etc/resolv.conf && [[ -s /run/systemd/resolve/resolv.conf ]]; then
    echo /run/systemd/resolve/resolv.conf
    return
  fi
  echo /etc/resolv.conf
}

start_kubelet() {
  mkdir -p "$SANDFLEET_STATE/kubelet"
  kubelet_config | write_file "$SANDFLEET_STATE/kubelet.yaml"
  DAEMON_READS=$SANDFLEET_STATE/kubelet.yaml start_daemon kubelet "$(tool_path kubelet)" --config "$SANDFLEET_STATE/kubelet.yaml" \
    --kubeconfig "$PKI/kubelet.kubeconfig" --root-dir "$SANDFLEET_STATE/kubelet" \
    --hostname-override "$NODE_NAME" --node-ip "$NODE_ADDRESS"
}

proxy_config() {
  cat <<END
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clientConnection: { kubeconfig: $PKI/kube-proxy.kubeconfig }
hostnameOverride: $NODE_NAME
clusterCIDR: $POD_CIDR
detectLocalMode: ClusterCIDR
bindAddress: $NODE_ADDRESS
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
nodePortAddresses: [primary]
# Zeros leave the machine's connection tracking as it is.
conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s }
END
}

start_proxy() {
  proxy_config | write_file "$SANDFLEET_STATE/kube-proxy.yaml"
  DAEMON_READS=$SANDFLEET_STATE/kube-proxy.yaml start_daemon kube-proxy "$(tool_path kube-proxy)" --config "$SANDFLEET_STATE/kube-proxy.yaml"
}

node_ready() {
  [[ $(kubectl_ get node "$NODE_NAME" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' 2>/dev/null) == True ]]
}
