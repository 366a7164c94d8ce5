# shellcheck shell=bash
# Certificates and kubeconfigs. Each is made once and kept for the life of the cluster's state.

readonly CERTIFICATE_DAYS=3650

# authority NAME SUBJECT
authority() {
  [[ ! -s $PKI/$1.crt ]] || return 0
  (umask 077 && openssl ecparam -name prime256v1 -genkey -noout -out "$PKI/$1.key")
  openssl req -x509 -new -sha256 -key "$PKI/$1.key" -days "$CERTIFICATE_DAYS" -subj "/CN=$2" \
    -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign,digitalSignature' \
    -out "$PKI/$1.crt.new"
  mv "$PKI/$1.crt.new" "$PKI/$1.crt"
}

# certificate NAME AUTHORITY SUBJECT [SUBJECT_ALT_NAMES]: for clients, and for servers where names are given.
certificate() {
  local name=$1 authority=$2 subject=$3 names=${4:-} usage=clientAuth
  [[ ! -s $PKI/$name.crt ]] || return 0
  [[ -z $names ]] || usage=serverAuth,clientAuth
  (umask 077 && openssl ecparam -name prime256v1 -genkey -noout -out "$PKI/$name.key")
  openssl req -new -sha256 -key "$PKI/$name.key" -subj "$subject" |
    openssl x509 -req -sha256 -days "$CERTIFICATE_DAYS" -CA "$PKI/$authority.crt" -CAkey "$PKI/$authority.key" \
      -set_serial "0x$(openssl rand -hex 16)" -out "$PKI/$name.crt.new" -extfile <(
        echo "basicConstraints=critical,CA:FALSE"
        echo "keyUsage=critical,digitalSignature"
        echo "extendedKeyUsage=$usage"
        [[ -z $names ]] || echo "subjectAltName=$names"
      )
  mv "$PKI/$name.crt.new" "$PKI/$name.crt"
}

# kubeconfig PATH NAME: embeds the certificate, so that the file works wherever it is copied.
kubeconfig() {
  local path=$1 name=$2
  write_file "$path" 0600 <<END
apiVersion: v1
kind: Config
clusters:
  - name: sandfleet
    cluster:
      server: $API_URL
      certificate-authority-data: $(base64 -w0 "$PKI/ca.crt")
users:
  - name: $name
    user:
      client-certificate-data: $(base64 -w0 "$PKI/$name.crt")
      client-key-data: $(base64 -w0 "$PKI/$name.key")
contexts:
  - name: sandfleet
    context: { cluster: sandfleet, user: $name }
current-context: sandfleet
END
}

make_pki() {
  mkdir -p "$PKI"
  chmod 0700 "$PKI"
  authority ca sandfleet-ca
  authority etcd-ca sandfleet-etcd-ca
  authority front-proxy-ca sandfleet-front-proxy-ca
  certificate etcd etcd-ca /CN=etcd "IP:127.0.0.1,DNS:localhost"
  certificate etcd-client etcd-ca /CN=kube-apiserver
  certificate front-proxy front-proxy-ca /CN=front-proxy-client
  certificate kube-apiserver ca /CN=kube-apiserver "IP:$NODE_ADDRESS,IP:$API_SERVICE_ADDRESS,IP:127.0.0.1,DNS:localhost,\
DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.$CLUSTER_DOMAIN"
  certificate kube-apiserver-kubelet ca /O=system:masters/CN=kube-apiserver-kubelet-client
  certificate kubelet ca "/O=system:nodes/CN=system:node:$NODE_NAME" "IP:$NODE_ADDRESS,DNS:$NODE_NAME"
  certificate kube-controller-manager ca /CN=system:kube-controller-manager
  certificate kube-scheduler ca /CN=system:kube-scheduler
  certificate kube-proxy ca /CN=system:kube-proxy
  # These two run as root on the machine that holds the authority's key: a narrower role would protect nothing.
  certificate cilium ca /O=system:masters/CN=cilium
  certificate admin ca /O=system:masters/CN=sandfleet-admin
  if [[ ! -s $PKI/service-account.key ]]; then
    (umask 077 && openssl genrsa -out "$PKI/service-account.key.new" 2048)
    mv "$PKI/service-account.key.new" "$PKI/service-account.key"
  fi
  local name
  for name in kubelet kube-controller-manager kube-scheduler kube-proxy cilium; do
    kubeconfig "$PKI/$name.kubeconfig" "$name"
  done
  kubeconfig "$SANDFLEET_KUBECONFIG" admin
}
