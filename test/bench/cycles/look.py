# What there is in a sandbox at this moment, as JSON. It leaves itself out.
import glob, json, os, sys

LISTEN, ACCEPTS = "0A", "00010000"


def lines(path):
    try:
        with open(path, errors="replace") as file:
            return file.read().splitlines()
    except OSError:
        return []


def processes():
    found = []
    for folder in glob.glob("/proc/[0-9]*"):
        stat = "".join(lines(f"{folder}/stat"))
        if stat == "" or os.path.basename(folder) == str(os.getpid()):
            continue
        name, rest = stat[stat.index("(") + 1 : stat.rindex(")")], stat[stat.rindex(")") + 2 :].split()
        args = "".join(lines(f"{folder}/cmdline")).replace("\0", " ").strip()
        found.append(f"{name} (dead, not reaped)" if rest[0] in "ZX" else args[:300] or name)
    return sorted(found)


def ports():
    found = []
    for table in ("tcp", "tcp6"):
        for line in lines(f"/proc/net/{table}")[1:]:
            field = line.split()
            if field[3] == LISTEN:
                found.append(f"{table} port {int(field[1].rsplit(':', 1)[1], 16)}")
    for line in lines("/proc/net/unix")[1:]:
        field = line.split()
        if field[3] == ACCEPTS and len(field) > 7:
            found.append(f"unix {field[7]}")
    return sorted(found)


def files(folder):
    return sorted(os.path.join(at, name) for at, folders, names in os.walk(folder) for name in folders + names)


def size(paths):
    total = 0
    for path in paths:
        try:
            total += os.lstat(path).st_size
        except OSError:
            pass
    return total


def memory():
    for path, name in (("/sys/fs/cgroup/memory.stat", "anon"), ("/sys/fs/cgroup/memory/memory.stat", "total_rss")):
        for line in lines(path):
            if line.startswith(f"{name} "):
                return int(line.split()[1])
    return 0


home = files(os.path.expanduser("~"))
json.dump(
    {
        "processes": processes(),
        "ports": ports(),
        "tmp": files("/tmp"),
        "home": len(home),
        "homeBytes": size(home),
        "memoryBytes": memory(),
    },
    sys.stdout,
)
