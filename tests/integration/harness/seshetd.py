"""The bot itself."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

from .irc import unique
from .process import PATIENCE, Deadline, Process, descendants, wait_until
from .redis import redis_cli

# A modhost may crash on purpose: with `crashes`, its signals are not reported as bugs (ASan's own
# findings still are, in every process).
SANITIZER = "detect_leaks=1:abort_on_error=0:exitcode=99:strict_string_checks=1"
CRASHES = "handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:handle_abort=0"
LEAKS_OF_OTHERS = pathlib.Path(__file__).resolve().parent / "lsan.supp"


def value_text(value):
    """A value in libconfig's syntax."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict):
        return "{ " + " ".join(f"{key} = {value_text(item)};" for key, item in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "( " + ", ".join(value_text(item) for item in value) + " )"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def settings_text(settings):
    return "".join(f"{key} = {value_text(value)};\n" for key, value in settings.items())


def network(port, nick, channels=("#seshet",), **settings):
    """The settings of a network without pacing. `server` adds keys of the (only) server."""
    server = {"host": "127.0.0.1", "port": port, "tls": False}
    server.update(settings.pop("server", {}))
    result = {
        "servers": [server],
        "nick": nick,
        "username": "bot",
        "realname": "A bot",
        "channels": list(channels),
        "pacing": {"burst": 100, "interval_ms": 0},
    }
    result.update(settings)
    return result


def write_whole(path, text):
    """By rename: nobody ever reads half of it."""
    path = pathlib.Path(path)
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(text)
    temporary.rename(path)


class Seshetd:
    """`networks`: name to settings (see network()). Everything it owns is below `folder`."""

    def __init__(self, folder, build, networks=None, registry="embedded", settings=None,
                 crashes=False, on_log=None, env=None, bundled=("echo", "dice", "seen")):
        """bundled: which of the bundled modules there are; None: all."""
        self.folder = pathlib.Path(folder)
        self.build = pathlib.Path(build)
        self.state = self.folder / "state"
        self.networks_dir = self.folder / "networks.d"
        self.user_modules = self.folder / "modules"
        self.main_conf = self.folder / "seshet.conf"
        self.control = self.state / "control.sock"
        self.redis_socket = self.state / "redis.sock"
        self.reports = self.folder / "reports/sanitizer"
        for path in (self.folder, self.networks_dir, self.user_modules, self.reports.parent):
            path.mkdir(parents=True, exist_ok=True)
        self.settings = {
            "state_dir": str(self.state),
            "networks_dir": str(self.networks_dir),
            "registry": {"uri": registry},
            "modules": {"user_dir": str(self.user_modules), "enable_new": True},
            # Tests ask much, and all from one host.
            "flood": {"source": "0"},
            "control": {"socket": str(self.control)},
            "log": {"level": "debug", "format": "json"},
        }
        self.settings.update(settings or {})
        if bundled is not None:
            self.settings["modules"] = {"system_dir": str(self.some_modules(bundled)),
                                        **self.settings["modules"]}
        self.write_main()
        for name, content in (networks or {}).items():
            self.write_network(name, content)
        self.crashes = crashes
        self.env = env or {}
        self.on_log = on_log
        self.log = []
        self.raw_log = []
        self.log_changed = threading.Condition()
        self.wrapper = []  # what runs it: a program and its arguments
        self.process = None
        self.notices = []
        self.notify = None

    def some_modules(self, names):
        """A folder with these of the bundled modules."""
        folder = self.folder / "bundled"
        folder.mkdir(exist_ok=True)
        for name in names:
            (folder / f"{name}.so").symlink_to(self.build / f"lib/seshet/modules/{name}.so")
        return folder

    # ---- Files ---------------------------------------------------------------------------------

    def write_main(self, text=None):
        write_whole(self.main_conf, settings_text(self.settings) if text is None else text)

    def network_path(self, name):
        return self.networks_dir / f"{name}.conf"

    def write_network(self, name, content):
        """Settings, or a text as it stands."""
        text = content if isinstance(content, str) else settings_text(content)
        write_whole(self.network_path(name), text)

    def secret_file(self, name, text):
        path = self.folder / name
        path.write_text(text + "\n")
        path.chmod(0o600)
        return str(path)

    # ---- Life ----------------------------------------------------------------------------------

    def program(self, name="seshetd"):
        return self.build / "bin" / name

    def environment(self):
        options = SANITIZER + f":log_path={self.reports}"
        if self.crashes:
            options += ":" + CRASHES
        return {
            "ASAN_OPTIONS": options,
            "LSAN_OPTIONS": f"suppressions={LEAKS_OF_OTHERS}:print_suppressions=0",
            "UBSAN_OPTIONS": f"print_stacktrace=1:log_path={self.reports}",
            "SESHET_CONF": "",
            **self.env,
        }

    def start(self, wait=True, args=("-f",)):
        path = self.folder / "notify.sock"
        path.unlink(missing_ok=True)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(path))
        self.notices = []
        self.process = Process(
            "seshetd",
            [*self.wrapper, self.program(), *args, "-c", self.main_conf],
            env={**self.environment(), "NOTIFY_SOCKET": str(path)},
            cwd="/",
            on_line=self._line,
        )
        if wait:
            self.wait_notice("READY=1")
            self.wait_modules()
        return self

    def wait_modules(self, timeout=20):
        """The server waits a second for its modules, and is ready without the rest; and a module
        answers when its registration has come back from Redis. On a busy machine either may be
        late; who is asked for it then says nothing. One that never comes is the test's to find, and
        so is a registry that tells nothing."""
        if self.settings["log"] != {"level": "debug", "format": "json"}:
            return
        system = self.settings["modules"].get("system_dir", self.build / "lib/seshet/modules")
        wanted = {path.stem for folder in (system, self.user_modules)
                  for path in pathlib.Path(folder).glob("*.so")}
        deadline = Deadline(timeout)
        while not deadline.passed() and self.process.running():
            there = {m["name"] for m in self.ctl_json("module", "list")["modules"]
                     if m["state"] == "error" or m["registered"] and m["state"] == "ready"}
            if wanted <= there:
                return
            if self.ctl_json("status")["registry"]["state"] not in ("starting", "loading", "synced"):
                return
            time.sleep(0.05)

    def wait_notice(self, wanted, timeout=PATIENCE):
        """Waits for a word to the service manager (sd_notify)."""
        deadline = Deadline(timeout)
        while wanted not in self.notices:
            self.notify.settimeout(0.1)
            try:
                self.notices += self.notify.recv(4096).decode().split("\n")
            except TimeoutError:
                assert self.process.running(), (
                    f"seshetd ended with {self.process.wait(1)} before {wanted}:\n{self.log_tail()}"
                )
                assert not deadline.passed(), (
                    f"no {wanted} within {timeout} s:\n{self.log_tail()}"
                )

    @property
    def pid(self):
        return self.process.pid

    def family(self, name=None):
        """Its child processes, those whose command line holds `name`."""
        return [s for s in descendants(self.pid) if name is None or name in s.command]

    def modhosts(self):
        return self.family("seshet-modhost")

    def stop(self, timeout=10):
        """SIGTERM, and everything that must be true after it."""
        if self.process is None:
            return
        family = self.family()
        if self.process.running():
            self.process.signal(signal.SIGTERM)
        try:
            # The sanitizers look for leaks after the end: that is not the server's time.
            status = self.process.wait(timeout + 2)
        except AssertionError:
            self.abort()
            raise
        self._close()
        assert status == 0, f"seshetd ended with {status}:\n{self.log_tail()}"
        self.none_left(family)
        self.no_reports()

    def kill(self):
        """SIGKILL: whatever it had started must end as well."""
        family = self.family()
        self.process.kill()
        self._close()
        self.none_left(family)
        self.no_reports()

    def abort(self):
        """The end of a test that failed. Never raises."""
        if self.process is None:
            return
        family = self.family() if self.process.running() else []
        self.process.stop(timeout=5)
        for sighting in family:
            if sighting.alive():
                try:
                    os.kill(sighting.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        self._close()

    def _close(self):
        if self.notify:
            self.notify.settimeout(0)
            try:
                while True:
                    self.notices += self.notify.recv(4096).decode().split("\n")
            except OSError:
                pass
            self.notify.close()
            self.notify = None
        self.process = None

    @staticmethod
    def none_left(family, timeout=PATIENCE):
        wait_until(
            lambda: not [s for s in family if s.alive()],
            timeout,
            f"these end as well: {[s for s in family if s.alive()]}",
        )

    def no_reports(self):
        reports = sorted(self.reports.parent.glob("sanitizer.*"))
        assert not reports, "\n".join(path.read_text(errors="replace") for path in reports)

    def hangup(self):
        self.process.signal(signal.SIGHUP)

    def check(self, *args):
        """seshetd -n: the exit status and everything it says."""
        result = subprocess.run(
            [self.program(), "-n", "-c", self.main_conf, *args],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **self.environment()},
            timeout=60,
            check=False,
        )
        return result.returncode, result.stdout.decode(errors="replace")

    def ctl(self, *args, check=True):
        """seshetctl, as a person would run it: exit status, standard output, standard error."""
        result = subprocess.run(
            [self.program("seshetctl"), *args],
            capture_output=True,
            env={**os.environ, **self.environment()},
            timeout=60,
            check=False,
        )
        out, err = result.stdout.decode(errors="replace"), result.stderr.decode(errors="replace")
        if check:
            assert result.returncode == 0, f"seshetctl {' '.join(args)}: {result.returncode}\n{out}{err}"
        return result.returncode, out, err

    def ctl_json(self, *args):
        return json.loads(self.ctl(*args, "--json", "--socket", str(self.control))[1])

    def cli(self, *words):
        """redis-cli on the embedded registry."""
        return redis_cli(self.redis_socket, *words)

    def in_force(self, cli=None):
        """Waits until every edit made by redis-cli up to now decides: edits are heard in the order
        in which they were made, and the last one is one that can be seen."""
        cli = cli or self.cli
        mask = f"{unique('fence')}!*@fence.invalid"
        cli("HSET", "seshet:ignores", mask, "0")

        def is_there():
            return mask in self.ctl("network", "ignores", "--socket", str(self.control))[1]

        wait_until(is_there, PATIENCE, "what was edited is in force")
        cli("HDEL", "seshet:ignores", mask)
        wait_until(lambda: not is_there(), PATIENCE, "the last edit is taken back")

    # ---- Log -----------------------------------------------------------------------------------

    def _line(self, line):
        try:
            entry = json.loads(line)
        except ValueError:
            entry = {"level": "raw", "event": "", "msg": line}
        with self.log_changed:
            self.raw_log.append(line)
            self.log.append(entry)
            self.log_changed.notify_all()
        if self.on_log:
            self.on_log(entry)

    def mark(self):
        """For wait_log: only what comes from here on."""
        with self.log_changed:
            return len(self.log)

    def find_log(self, since=0, event=None, network=None, module=None, level=None, msg=None):
        """The log lines that fit; `event` and `msg` are regular expressions."""
        with self.log_changed:
            lines = self.log[since:]
        return [
            line
            for line in lines
            if (event is None or re.search(event, line.get("event", "")))
            and (network is None or line.get("network") == network)
            and (module is None or line.get("module") == module)
            and (level is None or re.fullmatch(level, line.get("level", "")))
            and (msg is None or re.search(msg, line.get("msg", "")))
        ]

    def wait_log(self, timeout=PATIENCE, **wanted):
        deadline = Deadline(timeout)
        while True:
            with self.log_changed:
                before = len(self.log)
            found = self.find_log(**wanted)
            if found:
                return found[0]
            assert not deadline.passed(), (
                f"not in the log within {timeout} s: {wanted}\n{self.log_tail()}"
            )
            with self.log_changed:
                if len(self.log) == before:
                    self.log_changed.wait(deadline.left() + 0.01)

    def log_tail(self, lines=60):
        with self.log_changed:
            text = "\n".join(self.raw_log[-lines:])
        reports = [p.read_text(errors="replace") for p in sorted(self.folder.glob("sanitizer.*"))]
        return "\n".join([text, *reports])


def build_module(folder, name, source, include=None, cc="cc"):
    """Compiles a module's source as its author would, and puts it there by rename, as the make of
    its author should. Gives the path."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f".{name}.{'cc' if cc.endswith('++') else 'c'}"
    path.write_text(source)
    temporary = folder / f".{name}.so.new"
    result = subprocess.run(
        [cc, "-shared", "-fPIC", "-g", "-Wall", "-Wextra", "-Werror",
         *([f"-I{include}"] if include else []), str(path), "-o", str(temporary)],
        capture_output=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr.decode()
    target = folder / f"{name}.so"
    temporary.rename(target)
    path.unlink()
    return target


def install_module(folder, path, name=None):
    """Puts a module that is built already into the folder, by rename."""
    target = pathlib.Path(folder) / f"{name or pathlib.Path(path).stem}.so"
    temporary = target.with_name(f".{target.name}.new")
    shutil.copy(path, temporary)
    temporary.rename(target)
    return target
