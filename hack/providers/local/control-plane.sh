# shellcheck shell=bash
# etcd and the Kubernetes control plane. Everything listens on lo only.

start_etcd() {
  mkdir -p "$SANDFLEET_STATE/etcd"
  chmod 0700 "$SANDFLEET_STATE/etcd"
  start_daemon etcd "$(tool_path etcd)" --name "$NODE_NAME" --data-dir "$SANDFLEET_STATE/etcd" \
    --listen-client-urls https://127.0.0.1:2379 --advertise-client-urls https://127.0.0.1:2379 \
    --listen-peer-urls https://127.0.0.1:2380 --initial-advertise-peer-urls https://127.0.0.1:2380 \
    --initial-cluster "$NODE_NAME=https://127.0.0.1:2380" --auto-compaction-mode periodic --auto-compaction-retention 30m \
    --client-cert-auth --trusted-ca-file "$PKI/etcd-ca.crt" --cert-file "$PKI/etcd.crt" --key-file "$PKI/etcd.key" \
    --peer-client-cert-auth --peer-trusted-ca-file "$PKI/etcd-ca.crt" --peer-cert-file "$PKI/etcd.crt" \
    --peer-key-file "$PKI/etcd.key" --quota-backend-bytes $((4 * 1024 * 1024 * 1024)) --log-level warn
}

start_apiserver() {
  start_daemon kube-apiserver "$(tool_path kube-apiserver)" \
    --bind-address "$NODE_ADDRESS" --advertise-address "$NODE_ADDRESS" --secure-port 6443 \
    --endpoint-reconciler-type master-count --apiserver-count 1 \
    --service-cluster-ip-range "$SERVICE_CIDR" --authorization-mode Node,RBAC \
    --enable-admission-plugins NodeRestriction --anonymous-auth=false --allow-privileged \
    --tls-cert-file "$PKI/kube-apiserver.crt" --tls-private-key-file "$PKI/kube-apiserver.key" \
    --client-ca-file "$PKI/ca.crt" \
    --kubelet-certificate-authority "$PKI/ca.crt" --kubelet-preferred-address-types InternalIP \
    --kubelet-client-certificate "$PKI/kube-apiserver-kubelet.crt" --kubelet-client-key "$PKI/kube-apiserver-kubelet.key" \
    --etcd-servers https://127.0.0.1:2379 --etcd-cafile "$PKI/etcd-ca.crt" \
    --etcd-certfile "$PKI/etcd-client.crt" --etcd-keyfile "$PKI/etcd-client.key" \
    --service-account-issuer "https://kubernetes.default.svc.$CLUSTER_DOMAIN" \
    --service-account-key-file "$PKI/service-account.key" --service-account-signing-key-file "$PKI/service-account.key" \
    --requestheader-client-ca-file "$PKI/front-proxy-ca.crt" --requestheader-allowed-names front-proxy-client \
    --requestheader-username-headers X-Remote-User --requestheader-group-headers X-Remote-Group \
    --requestheader-extra-headers-prefix X-Remote-Extra- \
    --proxy-client-cert-file "$PKI/front-proxy.crt" --proxy-client-key-file "$PKI/front-proxy.key" \
    --enable-aggregator-routing --profiling=false
  retry 120 api_ready || daemon_failed kube-apiserver "the API server does not become ready"
}

api_ready() { kubectl_ get --raw /readyz >/dev/null 2>&1; }

start_controllers() {
  start_daemon kube-controller-manager "$(tool_path kube-controller-manager)" \
    --kubeconfig "$PKI/kube-controller-manager.kubeconfig" \
    --authentication-kubeconfig "$PKI/kube-controller-manager.kubeconfig" \
    --authorization-kubeconfig "$PKI/kube-controller-manager.kubeconfig" --bind-address 127.0.0.1 \
    --use-service-account-credentials --root-ca-file "$PKI/ca.crt" \
    --service-account-private-key-file "$PKI/service-account.key" \
    --cluster-signing-cert-file "$PKI/ca.crt" --cluster-signing-key-file "$PKI/ca.key" \
    --allocate-node-cidrs --cluster-cidr "$POD_CIDR" --node-cidr-mask-size "$POD_CIDR_NODE_BITS" \
    --service-cluster-ip-range "$SERVICE_CIDR" --leader-elect=false --profiling=false \
    --kube-api-qps 200 --kube-api-burst 400 \
    --flex-volume-plugin-dir "$SANDFLEET_STATE/kubelet/volume-plugins"
  start_daemon kube-scheduler "$(tool_path kube-scheduler)" \
    --kubeconfig "$PKI/kube-scheduler.kubeconfig" --authentication-kubeconfig "$PKI/kube-scheduler.kubeconfig" \
    --authorization-kubeconfig "$PKI/kube-scheduler.kubeconfig" --bind-address 127.0.0.1 \
    --leader-elect=false --profiling=false --kube-api-qps 200 --kube-api-burst 400
}
