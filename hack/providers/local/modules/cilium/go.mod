module sandfleet.dev/hack/cilium

go 1.25.0

// Nothing here imports it, so `go mod tidy` is not for this module: the requirement and go.sum vouch for the source that
// hack/lib/build.sh copies and builds by its own go.mod and go.sum.
require github.com/cilium/cilium v1.15.19
