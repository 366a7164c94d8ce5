#!/bin/sh
# Starts the server, or the command that is given, under an init that reaps what orphaned processes leave behind. As
# process 1 it is the container's init; started from a shell ("/entrypoint.sh &") it reaps for its own descendants.
if [ "$#" -eq 0 ]; then set -- /usr/local/bin/node /opt/sandfleet/runtime.mjs; fi
exec /usr/bin/tini -s -- "$@"
