#!/bin/sh
# Starts the server, or the command that is given, under an init that reaps what orphaned processes leave behind. As
# process 1 it is the container's init; started from a shell ("/entrypoint.sh &") it reaps for its own descendants.
# Few malloc arenas, and a nursery of one size: a sandbox that has worked must not hold on to what it needed for that. A nursery
# half as large, or one that has yet to grow, moves a third of each request into the old heap, where it stays for a long time.
if [ "$#" -eq 0 ]; then
  set -- env MALLOC_ARENA_MAX=2 NODE_COMPILE_CACHE=/opt/sandfleet/compiled \
    /usr/local/bin/node --min-semi-space-size=8 --max-semi-space-size=8 /opt/sandfleet/runtime.mjs
fi
exec /usr/bin/tini -s -- "$@"
