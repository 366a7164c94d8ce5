"""Says for each name=host:port given whether a TCP connection gets through: `name open`, `name refused` or `name blocked`."""

import socket
import sys
from concurrent.futures import ThreadPoolExecutor


def reach(target: str) -> str:
    name, _, address = target.partition("=")
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=4).close()
        return f"{name} open"
    except ConnectionRefusedError:
        # Something answered: the packet was let through.
        return f"{name} refused"
    except OSError as error:
        return f"{name} blocked ({error})"


with ThreadPoolExecutor(16) as pool:
    for line in pool.map(reach, sys.argv[1:]):
        print(line)
