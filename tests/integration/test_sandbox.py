"""What a module can do besides talking to the server: nothing, unless its permissions say so."""

import itertools
import os
import pathlib
import re
import signal
import subprocess

import pytest

from harness.process import wait_until
from harness.seshetd import network

CHANNEL = "#seshet"
MODULES = pathlib.Path(__file__).resolve().parents[1] / "modules"
DENIED = "Operation not permitted"
NO_ACCESS = "Permission denied"
NO_MEMORY = "Cannot allocate memory"
NO_MORE = "Resource temporarily unavailable"
UNKNOWN = "Function not implemented"  # so that the C library takes another
# System calls that no module has, with any permission.
NEVER = (
    "mount", "chroot", "mknod", "setuid", "setsid", "setpgid", "outlive", "subreaper", "personality",
    "priority", "scheduler", "affinity", "mlock", "keyring", "keyctl", "bpf", "perf", "userfaultfd",
    "watch", "pidfd", "tgkill", "sigqueue", "grow_pipe", "signal_owner", "lease", "huge", "handle", "shm",
    "queue", "shared", "memfd", "io_uring", "unshare", "growing", "capabilities", "ptrace", "peek",
    "dumpable", "limits", "netlink", "unix", "pair", "raw_socket", "namespace", "sister",
)


def lacking(build):
    """What this machine does not offer: a container or a chroot may have no user namespaces for
    ordinary users. The sandbox does without, and says so."""
    done = subprocess.run([build / "libexec/seshet/seshet-modhost", "--sandbox"], check=False,
                          capture_output=True, text=True)
    assert done.returncode == bool(done.stdout), done
    return done.stdout.splitlines()


def counted(bot, expected):
    """`expected` without the attempts that only a count of processes of its own stops."""
    if not any("user namespaces" in line for line in lacking(bot.build)):
        return expected
    tell("not tried: no user namespaces here", [(way, "-") for way in expected if way in ("threads", "bomb")])
    return {way: outcome for way, outcome in expected.items() if way not in ("threads", "bomb")}


class Prisoner:
    """A bot with the module that tries to get out, and one who tells it how."""

    def __init__(self, parts, **modules):
        self.server = parts.ngircd()
        self.visitor = self.server.client("visitor").join(CHANNEL)
        self.bot = parts.bot({"one": network(self.server.port, "Anna")}, start=False)
        self.bot.settings["modules"].update(modules)
        self.bot.write_main()
        parts.module(self.bot, "escape", (MODULES / "escape.c").read_text())
        self.bot.start()
        self.visitor.wait_for("Anna", CHANNEL)
        self.visitor.until_answered("Anna", CHANNEL, "!try nothing{}", "nothing{}: there is no")

    def tries(self, way, what=""):
        """What came of it: "ok", or the error."""
        words = f"{way} {what}".strip()
        answer = self.visitor.ask("Anna", CHANNEL, f"!try {words}", re.escape(words) + ": ")
        return answer.text.rpartition(": ")[2]

    def outcomes(self, ways):
        return {words: self.tries(*words.split(" ", 1)) for words in ways}

    def permit(self, permissions):
        self.bot.cli("HSET", "seshet:module:escape", "permissions", permissions)

        def there():
            self.visitor.until_answered("Anna", CHANNEL, "!try nothing{}", "nothing{}: there is no")
            return [host for host in self.bot.ctl_json("status")["modhosts"]
                    if "escape" in host["modules"] and host["permissions"] == permissions]

        wait_until(there, 30, f"a host with the permissions {permissions}")

    def host(self):
        """The process it is in."""
        return next(host["pid"] for host in self.bot.ctl_json("status")["modhosts"]
                    if "escape" in host["modules"] and host["pid"])

    @property
    def data(self):
        return self.bot.state / "module-data/one/escape"


@pytest.fixture
def prisoner(parts):
    return Prisoner(parts)


def tell(title, rows):
    """The table of what was tried, in the output of `pytest -s`."""
    print(f"\n{title}")
    for way, outcome in rows:
        print(f"  {way:40} {outcome}")


def test_nothing_is_permitted_by_default(prisoner):
    bot = prisoner.bot
    secret = bot.folder / "secret"
    secret.write_text("of the configuration")
    expected = {
        "read /etc/shadow": NO_ACCESS,
        "read /etc/passwd": NO_ACCESS,
        "early": NO_ACCESS,  # in a constructor
        f"read {secret}": NO_ACCESS,
        f"read {bot.main_conf}": NO_ACCESS,
        f"read {bot.user_modules}/escape.so": NO_ACCESS,
        f"list {bot.state}": NO_ACCESS,
        f"list {bot.state}/redis": NO_ACCESS,
        f"list {bot.state}/module-copies": NO_ACCESS,
        "list /tmp": NO_ACCESS,
        "list /proc": NO_ACCESS,
        f"read /proc/{bot.pid}/environ": NO_ACCESS,
        f"read /proc/{bot.pid}/mem": NO_ACCESS,
        f"read /proc/{bot.pid}/maps": NO_ACCESS,
        f"list /proc/{bot.pid}/fd": NO_ACCESS,
        f"read /proc/{bot.pid}/root/etc/passwd": NO_ACCESS,
        "read /proc/self/root/etc/passwd": NO_ACCESS,
        f"write {bot.state}/fill": NO_ACCESS,
        "write fill": NO_ACCESS,
        "write /tmp/fill": NO_ACCESS,
        "write /dev/shm/fill": NO_ACCESS,
        "write /proc/self/oom_score_adj": NO_ACCESS,
        f"write {secret}": NO_ACCESS,
        f"chmod {secret}": DENIED,
        f"truncate {secret}": DENIED,
        f"unlink {secret}": DENIED,
        f"link {secret}": DENIED,
        f"symlink {secret}": DENIED,
        "lock /proc/self/maps": DENIED,
        "resize": DENIED,
        "tcp 6379": DENIED,
        "fork": DENIED,
        "vfork": DENIED,
        "clone3": UNKNOWN,
        "exec": DENIED,
        "execveat": DENIED,
        "shell": NO_MEMORY,  # what popen makes of it
        "kill": DENIED,
        "killall": DENIED,
        "descriptors": "Bad file descriptor",
        "thread": "ok",
        "threads": NO_MORE,
        "timers": NO_MORE,
        "pipes": "Too many open files",
        "memory": NO_MEMORY,
        "frozen": NO_MEMORY,
        **dict.fromkeys(NEVER, DENIED),
    }
    expected = counted(bot, expected)
    outcomes = prisoner.outcomes(expected)
    tell("without permissions", outcomes.items())
    assert outcomes == expected
    assert secret.read_text() == "of the configuration"
    assert prisoner.visitor.answered("Anna", CHANNEL)


def denied(prisoner, *but):
    """What no permission gives; gives what was possible all the same."""
    outcomes = prisoner.outcomes(way for way in NEVER if way not in but)
    return {way: outcome for way, outcome in outcomes.items() if outcome != DENIED}


def test_permission_for_the_network(prisoner):
    prisoner.permit("net")
    port = prisoner.server.port
    assert prisoner.tries("tcp", str(port)) == "ok"
    assert prisoner.tries("read", "/etc/hosts") == "ok"
    assert {prisoner.tries(way) for way in ("fork", "exec", "kill")} == {DENIED}
    assert prisoner.tries("read", "/etc/passwd") == NO_ACCESS
    assert prisoner.tries("write", "fill") == NO_ACCESS
    assert denied(prisoner) == {}


def test_permission_for_files(prisoner):
    prisoner.permit("files")
    secret = prisoner.bot.folder / "secret"
    secret.write_text("of the configuration")
    assert prisoner.tries("write", "mine") == "ok"
    assert (prisoner.data / "mine").read_text() == "x"
    expected = {
        "truncate mine": DENIED,
        "write ../theirs": NO_ACCESS,
        f"write {prisoner.bot.state}/fill": NO_ACCESS,
        "list ../..": NO_ACCESS,  # the data of others
        f"link {secret}": "Invalid cross-device link",
        f"symlink {secret}": NO_ACCESS,
        "rename ../theirs": NO_ACCESS,
        f"rename {prisoner.bot.state}/control.sock": NO_ACCESS,
        "unlink mine": "ok",
        f"tcp {prisoner.server.port}": DENIED,
        "fork": DENIED,
        "resize": DENIED,
    }
    assert prisoner.outcomes(expected) == expected
    assert denied(prisoner) == {}


def processes_of(group):
    """The processes of a process group."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, pgrp = stat.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(pgrp) == group and state not in "ZX":
            found.append(int(stat.parent.name))
    return found


def test_permission_for_programs(prisoner):
    prisoner.permit("exec")
    bot = prisoner.bot
    expected = {
        "shell": "ok",
        "fork": "ok",
        "vfork": "ok",
        "bomb": NO_MORE,
        "threads": NO_MORE,
        f"tcp {prisoner.server.port}": DENIED,
        "write mine": NO_ACCESS,
        "kill": DENIED,
        f"anyone {os.getpid()}": DENIED,
        **{f"anyone {host.pid}": DENIED for host in bot.modhosts() if host.pid != prisoner.host()},
        "resize": DENIED,
    }
    expected = counted(bot, expected)
    assert prisoner.outcomes(expected) == expected
    assert denied(prisoner) == {}
    assert bot.process.running()


def test_what_modules_start_ends_with_them(prisoner):
    prisoner.permit("exec")
    for end in (lambda host: os.kill(host, signal.SIGKILL), lambda _: prisoner.bot.kill()):
        assert prisoner.tries("orphan") == "ok"
        host = prisoner.host()
        assert len(processes_of(host)) == 2
        end(host)
        wait_until(lambda: not processes_of(host), 30, "the end of all that it started")
        if prisoner.bot.process:
            prisoner.visitor.until_answered("Anna", CHANNEL, "!try nothing{}", "nothing{}: there is no")


@pytest.mark.parametrize("how", ("", "stubborn"))
def test_a_full_folder(parts, how):
    """It costs the module, and nobody else; with room it comes back."""
    prisoner = Prisoner(parts, files_mb=8)
    bot, visitor = prisoner.bot, prisoner.visitor
    prisoner.permit("files")
    assert prisoner.tries("fill") == "File too large"
    mark = bot.mark()
    visitor.say(CHANNEL, f"!try litter {how}".strip())
    visitor.until_answered("Anna", CHANNEL)
    fault = bot.wait_log(since=mark, event="modhost.fault", module="escape", msg="command try")
    assert ("SIGKILL" if how else "a file or its folder became too large") in fault["msg"]
    visitor.say(CHANNEL, "!try nothing")
    bot.wait_log(since=mark, event="modhost.fault", module="escape",
                 msg=r"its folder .* holds more than 8 MB: remove files, or raise modules.files_mb")
    for path in prisoner.data.iterdir():
        path.unlink()
    bot.ctl("module", "reload", "escape", "--socket", str(bot.control))
    visitor.until_answered("Anna", CHANNEL, "!try nothing{}", "nothing{}: there is no")


def test_threads_that_go_on(prisoner):
    """Many: one alone would get too little of a busy machine to be noticed."""
    prisoner.permit("files")  # alone in its process
    host, mark = prisoner.host(), prisoner.bot.mark()
    assert prisoner.tries("burn") == "ok"
    prisoner.bot.wait_log(60, since=mark, event="modhost.fault", module="escape",
                          msg="goes on using the processor besides its events")
    prisoner.visitor.until_answered("Anna", CHANNEL, "!try nothing{}", "nothing{}: there is no")
    assert prisoner.host() != host


def test_full_storage(parts):
    """Redis is everybody's: a module gets a part of it."""
    prisoner = Prisoner(parts, storage_mb=1)
    bot, key = prisoner.bot, "seshet:storage:network:one:module:escape"
    assert prisoner.tries("store") == "No space left on device"
    assert int(bot.cli("MEMORY", "USAGE", key)) < 2 << 20
    bot.wait_log(event="storage.full", network="one", module="escape", msg="more than 1 MB")
    bot.cli("DEL", key)
    # Each time another text: the same one again and again is not said.
    attempts = itertools.count()
    wait_until(lambda: prisoner.tries("store", f"1 {next(attempts)}") == "ok", 30, "room in it")


def test_modules_of_different_permissions_are_apart(prisoner):
    bot = prisoner.bot
    prisoner.visitor.until_answered("Anna", CHANNEL)
    both = {host["pid"] for host in bot.ctl_json("status")["modhosts"]}
    assert len(both) == 1
    prisoner.permit("net")
    prisoner.visitor.until_answered("Anna", CHANNEL)
    wait_until(lambda: len({host["pid"] for host in bot.ctl_json("status")["modhosts"]}) == 2, 30, "two processes")


class Lacking:
    """A kernel that lacks a mechanism, as far as seshetd can tell."""

    def __init__(self, parts, *calls, **modules):
        server = parts.ngircd()
        self.visitor = server.client("visitor").join(CHANNEL)
        self.bot = parts.bot({"one": network(server.port, "Anna")}, start=False)
        self.bot.settings["modules"].update(modules)
        self.bot.write_main()
        without = self.bot.build / "tests/bin/without"
        self.bot.wrapper = [str(without), *calls, "--"]


def test_what_the_kernel_lacks_is_told(parts):
    kernel = Lacking(parts, "landlock_create_ruleset", "seccomp", "setresuid", "unshare")
    bot = kernel.bot.start()
    kernel.visitor.wait_for("Anna", CHANNEL)
    kernel.visitor.until_answered("Anna", CHANNEL)
    sandbox = bot.ctl_json("status")["sandbox"]
    assert sandbox["state"] == "partial"
    told = "\n".join(sandbox["missing"])
    assert re.search("^seccomp: modules can use every system call", told, re.M)
    assert re.search("^Landlock: modules can read and write every file", told, re.M)
    assert re.search("^user namespaces.*: threads of modules are not bounded", told, re.M)
    for mechanism in ("seccomp", "Landlock", "user namespaces with a count of processes"):
        bot.wait_log(event="sandbox.missing", level="warn", msg=f"the kernel lacks {mechanism}: ")


LACKS = (
    (("landlock_create_ruleset",), "Landlock"),
    (("seccomp",), "seccomp"),
    (("setresuid", "unshare"), "user namespaces"),
)


def refused_for(bot, mechanism):
    mark = len(bot.raw_log)
    bot.start(wait=False)
    assert bot.process.wait(60) == 1
    assert any(f"modules.require_sandbox is set, and the kernel lacks {mechanism}" in line
               for line in bot.raw_log[mark:]), bot.raw_log
    bot._close()


@pytest.mark.parametrize("calls, mechanism", LACKS)
def test_a_sandbox_that_is_required(parts, calls, mechanism):
    bot = Lacking(parts, *calls, require_sandbox=True).bot
    refused_for(bot, mechanism)
    bot.wrapper = []
    missing = lacking(bot.build)
    if missing:
        refused_for(bot, missing[0].partition(":")[0])
        return
    bot.start()
    assert bot.ctl_json("status")["sandbox"] == {"state": "on", "missing": []}


def test_a_sandbox_that_is_switched_off(parts):
    kernel = Lacking(parts, sandbox=False)
    parts.module(kernel.bot, "escape", (MODULES / "escape.c").read_text())
    kernel.bot.wrapper = []
    kernel.bot.start()
    kernel.visitor.wait_for("Anna", CHANNEL)
    kernel.visitor.until_answered("Anna", CHANNEL, "!try nothing{}", "nothing{}: there is no")
    kernel.visitor.ask("Anna", CHANNEL, "!try read /etc/passwd", "passwd: ok")
    assert kernel.bot.ctl_json("status")["sandbox"]["state"] == "off"
    kernel.bot.wait_log(event="sandbox.off", level="warn")
