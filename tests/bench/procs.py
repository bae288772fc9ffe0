"""What the kernel knows of a bot's processes: CPU time and memory."""

import pathlib

PROC = pathlib.Path("/proc")
TICKS_PER_SECOND = 100  # USER_HZ, the unit of /proc/PID/stat on every Linux


def _stat(pid):
    """Name, and the fields from the state on."""
    text = (PROC / str(pid) / "stat").read_text()
    name, rest = text[text.index("(") + 1:].rsplit(")", 1)
    return name, rest.split()


def tree(root):
    """{pid: name} of a process and all that descend from it."""
    names, children = {}, {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                name, fields = _stat(entry.name)
            except OSError:
                continue
            names[int(entry.name)] = name
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, open_ends = {}, [root]
    while open_ends:
        pid = open_ends.pop()
        if pid in names:
            found[pid] = names[pid]
            open_ends += children.get(pid, [])
    return found


def cpu_seconds(pid):
    """User and system time of all threads; in nanosecond steps where the kernel tells them."""
    try:
        return sum(int((task / "schedstat").read_text().split()[0])
                   for task in (PROC / str(pid) / "task").iterdir()) / 1e9
    except (OSError, IndexError):
        fields = _stat(pid)[1]
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def _kilobytes(pid, file):
    """{name: bytes} of the lines "Name:   123 kB"."""
    found = {}
    for line in (PROC / str(pid) / file).read_text().splitlines():
        words = line.split()
        if len(words) == 3 and words[2] == "kB":
            found[words[0].rstrip(":")] = int(words[1]) * 1024
    return found


def memory(pids):
    """Sums in bytes: `pss` (a page that n processes share counts as 1/n in each), `private`, and
    `page_tables`. Who may not read smaps_rollup of a protected process gets its anonymous resident
    memory instead, which leaves out shared pages; `exact` is false then."""
    total = {"pss": 0, "private": 0, "page_tables": 0, "exact": True}
    for pid in pids:
        status = _kilobytes(pid, "status")
        total["page_tables"] += status["VmPTE"]
        try:
            rollup = _kilobytes(pid, "smaps_rollup")
            total["pss"] += rollup["Pss"]
            total["private"] += rollup["Private_Clean"] + rollup["Private_Dirty"]
        except PermissionError:
            total["exact"] = False
            total["pss"] += status["RssAnon"]
            total["private"] += status["RssAnon"]
    return total
