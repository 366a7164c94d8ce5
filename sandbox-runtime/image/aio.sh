#!/bin/sh
# The command line of the sandbox: aio --help
exec env NODE_COMPILE_CACHE=/opt/sandfleet/compiled /usr/local/bin/node /opt/sandfleet/aio.mjs "$@"
