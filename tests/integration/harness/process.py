"""A child process that never outlives the one who started it."""

import grp
import itertools
import os
import pathlib
import pwd
import signal
import socket
import subprocess
import threading
import time


# Seconds for what must come: long, because a test fails by them and never passes by them.
PATIENCE = 30


class Deadline:
    """A span of time that several waits share."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.end = time.monotonic() + seconds

    def left(self):
        return max(0.0, self.end - time.monotonic())

    def passed(self):
        return time.monotonic() >= self.end


def wait_until(question, timeout, what, step=0.02):
    """Asks until the answer is true, and gives that answer. For things one cannot wait on."""
    deadline = Deadline(timeout)
    while True:
        answer = question()
        if answer:
            return answer
        if deadline.passed():
            raise AssertionError(f"not within {timeout} s: {what}")
        time.sleep(step)


_places = itertools.count(int.from_bytes(os.urandom(2), "big"))


def free_port():
    """A port of the loopback interface that nobody listens on, another one each time. Outside the
    range from which the kernel takes the ports of outgoing connections, so that none of those can
    take it meanwhile."""
    # Tests that run at the same time take none of each other's, in the moment before one listens.
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 16
    while True:
        port = 10000 + next(_places) % 1375 * 16 + worker
        try:
            for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
                with socket.socket(family, socket.SOCK_STREAM) as probe:
                    probe.bind((address, port))
        except OSError as error:
            if error.errno == 97 or family == socket.AF_INET6 and error.errno == 99:
                return port  # no IPv6 here
            continue
        return port


def accepts(port, host="127.0.0.1"):
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def hand_over(path, user):
    """Gives a file or a whole folder to `user`, where we may."""
    if os.geteuid() != 0:
        return
    entry = pwd.getpwnam(user)
    for top, _, names in os.walk(path):
        os.chown(top, entry.pw_uid, entry.pw_gid)
        for name in names:
            os.chown(os.path.join(top, name), entry.pw_uid, entry.pw_gid)
    if not os.path.isdir(path):
        os.chown(path, entry.pw_uid, entry.pw_gid)


class Process:
    """Output goes to `log`, a file; `lines=True` reads standard error line by line instead and
    keeps the lines."""

    def __init__(self, name, args, log=None, user=None, env=None, cwd=None, on_line=None):
        self.name = name
        # The kernel ends the child when we die, however we die.
        guard = ["setpriv", "--pdeathsig", "KILL"]
        if user and os.geteuid() == 0:
            group = grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name
            guard += ["--reuid", user, "--regid", group, "--clear-groups"]
        full_env = dict(os.environ)
        full_env.update(env or {})
        self.log_path = pathlib.Path(log) if log else None
        output = open(log, "ab") if log else subprocess.PIPE
        self.popen = subprocess.Popen(
            guard + ["--"] + [str(arg) for arg in args],
            stdin=subprocess.DEVNULL,
            stdout=output if log else subprocess.DEVNULL,
            stderr=output,
            env=full_env,
            cwd=cwd,
            start_new_session=True,
        )
        self.reader = None
        if log:
            output.close()
        else:
            self.reader = threading.Thread(target=self._read, args=(on_line,), daemon=True)
            self.reader.start()

    def _read(self, on_line):
        with self.popen.stderr as stream:
            for line in stream:
                on_line(line.decode("utf-8", "replace").rstrip("\n"))

    @property
    def pid(self):
        return self.popen.pid

    def running(self):
        return self.popen.poll() is None

    def signal(self, number):
        self.popen.send_signal(number)

    def wait(self, timeout):
        """The exit status (negative: a signal), once the process has ended."""
        try:
            status = self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} has not ended within {timeout} s") from None
        if self.reader:
            self.reader.join(timeout=2)
        return status

    def stop(self, timeout=5):
        """SIGTERM, and SIGKILL when that does not do. Never raises."""
        if self.running():
            self.popen.send_signal(signal.SIGCONT)
            self.popen.terminate()
            try:
                return self.wait(timeout)
            except AssertionError:
                pass
        return self.kill()

    def kill(self):
        if self.running():
            self.popen.kill()
        return self.wait(10)

    def log_tail(self, lines=40):
        if not self.log_path or not self.log_path.exists():
            return ""
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])


def start_daemon(make, ready=accepts, attempts=3, timeout=PATIENCE):
    """Starts a daemon on a fresh port and waits until it is ready. `make(port)` starts it and
    returns the Process. Another port is tried when it ends: someone took the port."""
    for _ in range(attempts):
        port = free_port()
        process = make(port)
        deadline = Deadline(timeout)
        while process.running() and not deadline.passed():
            if ready(port):
                return process, port
            time.sleep(0.02)
        process.kill()
    raise AssertionError(f"{process.name} does not start:\n{process.log_tail()}")


class Sighting:
    """One process at one time: a pid may come again, with its start time it may not."""

    def __init__(self, pid):
        self.pid = pid
        self.start = stat_fields(pid)[19]
        words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
        self.command = words.decode(errors="replace")

    def alive(self):
        try:
            fields = stat_fields(self.pid)
        except OSError:
            return False
        return fields[19] == self.start and fields[0] not in ("Z", "X")

    def __repr__(self):
        return f"{self.pid} {self.command.strip()}"


def stat_fields(pid):
    """The fields of /proc/PID/stat from the third (state) on."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def descendants(pid):
    """Everything below a process, as Sightings."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                children.setdefault(int(stat_fields(entry)[1]), []).append(int(entry))
            except (OSError, IndexError):
                pass
    found, queue = [], [pid]
    while queue:
        for child in children.get(queue.pop(), ()):
            queue.append(child)
            try:
                found.append(Sighting(child))
            except OSError:
                pass
    return found
