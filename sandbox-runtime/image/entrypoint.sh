#!/bin/sh
# Starts the server, or the command that is given, under an init that reaps what orphaned processes leave behind. As
# process 1 it is the container's init; started from a shell ("/entrypoint.sh &") it reaps for its own descendants.
# A small nursery and few malloc arenas: a sandbox that has worked must not hold on to what it needed for that.
if [ "$#" -eq 0 ]; then
  set -- env MALLOC_ARENA_MAX=2 NODE_COMPILE_CACHE=/opt/sandfleet/compiled \
    /usr/local/bin/node --max-semi-space-size=4 /opt/sandfleet/runtime.mjs
fi
exec /usr/bin/tini -s -- "$@"
