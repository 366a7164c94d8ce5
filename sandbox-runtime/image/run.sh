#!/bin/sh
# The other name under which scripts start the sandbox's server.
exec /entrypoint.sh "$@"
