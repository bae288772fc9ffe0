"""What a module can do besides talking to the server: nothing, unless its permissions say so."""

import pathlib
import re

import pytest

from harness.process import wait_until
from harness.seshetd import network

CHANNEL = "#seshet"
MODULES = pathlib.Path(__file__).resolve().parents[1] / "modules"
DENIED = "Operation not permitted"
NO_ACCESS = "Permission denied"


class Prisoner:
    """A bot with the module that tries to get out, and one who tells it how."""

    def __init__(self, parts):
        self.server = parts.ngircd()
        self.visitor = self.server.client("visitor").join(CHANNEL)
        self.bot = parts.bot({"one": network(self.server.port, "Anna")}, start=False)
        parts.module(self.bot, "escape", (MODULES / "escape.c").read_text())
        self.bot.start()
        self.visitor.wait_for("Anna", CHANNEL)
        self.visitor.until_answered("Anna", CHANNEL, "!try nothing{}", "nothing{}: there is no")

    def tries(self, way, what=""):
        """What came of it: "ok", or the error."""
        words = f"{way} {what}".strip()
        answer = self.visitor.ask("Anna", CHANNEL, f"!try {words}", re.escape(words) + ": ")
        return answer.text.rpartition(": ")[2]

    def permit(self, permissions):
        self.bot.cli("HSET", "seshet:module:escape", "permissions", permissions)

        def there():
            self.visitor.until_answered("Anna", CHANNEL, "!try nothing{}", "nothing{}: there is no")
            return [host for host in self.bot.ctl_json("status")["modhosts"]
                    if "escape" in host["modules"] and host["permissions"] == permissions]

        wait_until(there, 30, f"a host with the permissions {permissions}")

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
        f"read {secret}": NO_ACCESS,
        f"read {bot.main_conf}": NO_ACCESS,
        f"list {bot.state}": NO_ACCESS,
        f"list {bot.state}/redis": NO_ACCESS,
        "list /tmp": NO_ACCESS,
        "list /proc": NO_ACCESS,
        f"read /proc/{bot.pid}/environ": NO_ACCESS,
        f"read /proc/{bot.pid}/mem": NO_ACCESS,
        f"write {bot.state}/fill": NO_ACCESS,
        "write fill": NO_ACCESS,
        f"write {secret}": NO_ACCESS,
        f"chmod {secret}": DENIED,
        f"truncate {secret}": DENIED,
        f"unlink {secret}": DENIED,
        "tcp 6379": DENIED,
        "unix": DENIED,
        "netlink": DENIED,
        "fork": DENIED,
        "exec": DENIED,
        "shell": "Cannot allocate memory",  # what popen makes of it
        "kill": DENIED,
        "killall": DENIED,
        "ptrace": DENIED,
        "peek": DENIED,
        "dumpable": DENIED,
        "limits": DENIED,
        "shared": DENIED,
        "memfd": DENIED,
        "io_uring": DENIED,
        "unshare": DENIED,
        "descriptors": "Bad file descriptor",
        "thread": "ok",
        "memory": "Cannot allocate memory",
    }
    outcomes = {words: prisoner.tries(*words.split(" ", 1)) for words in expected}
    tell("without permissions", outcomes.items())
    assert outcomes == expected
    assert secret.read_text() == "of the configuration"
    assert prisoner.visitor.answered("Anna", CHANNEL)


def test_permissions(prisoner):
    """Each gives what it says, and nothing else."""
    prisoner.permit("net")
    port = prisoner.server.port
    assert prisoner.tries("tcp", str(port)) == "ok"
    assert prisoner.tries("read", "/etc/hosts") == "ok"
    assert {prisoner.tries(way) for way in ("unix", "fork", "exec", "kill")} == {DENIED}
    assert prisoner.tries("read", "/etc/passwd") == NO_ACCESS
    assert prisoner.tries("write", "fill") == NO_ACCESS

    prisoner.permit("files")
    assert prisoner.tries("write", "mine") == "ok"
    assert (prisoner.data / "mine").read_text() == "x"
    assert prisoner.tries("truncate", "mine") == DENIED
    assert prisoner.tries("unlink", "mine") == "ok"
    assert prisoner.tries("write", "../theirs") == NO_ACCESS
    assert prisoner.tries("write", f"{prisoner.bot.state}/fill") == NO_ACCESS
    assert prisoner.tries("tcp", str(port)) == DENIED
    assert prisoner.tries("fork") == DENIED

    assert prisoner.tries("list", "../..") == NO_ACCESS, "the data of others"

    prisoner.permit("exec")
    assert prisoner.tries("shell") == "ok"
    assert prisoner.tries("fork") == "ok"
    assert prisoner.tries("tcp", str(port)) == DENIED
    assert prisoner.tries("write", "mine") == NO_ACCESS
    assert prisoner.tries("kill") == DENIED
    assert prisoner.tries("ptrace") == DENIED
    assert prisoner.bot.process.running()


def test_modules_of_different_permissions_are_apart(prisoner):
    bot = prisoner.bot
    prisoner.visitor.until_answered("Anna", CHANNEL)
    both = {host["pid"] for host in bot.ctl_json("status")["modhosts"]}
    assert len(both) == 1
    prisoner.permit("net")
    prisoner.visitor.until_answered("Anna", CHANNEL)
    assert len({host["pid"] for host in bot.ctl_json("status")["modhosts"]}) == 2


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
    lacking = Lacking(parts, "landlock_create_ruleset", "seccomp")
    bot = lacking.bot.start()
    lacking.visitor.wait_for("Anna", CHANNEL)
    lacking.visitor.until_answered("Anna", CHANNEL)
    sandbox = bot.ctl_json("status")["sandbox"]
    assert sandbox["state"] == "partial"
    told = "\n".join(sandbox["missing"])
    assert re.search("^seccomp: modules can use every system call", told, re.M)
    assert re.search("^Landlock: modules can read and write every file", told, re.M)
    for mechanism in ("seccomp", "Landlock"):
        bot.wait_log(event="sandbox.missing", level="warn", msg=f"the kernel lacks {mechanism}: ")


def test_a_sandbox_that_is_required(parts):
    lacking = Lacking(parts, "landlock_create_ruleset", require_sandbox=True)
    lacking.bot.start(wait=False)
    assert lacking.bot.process.wait(60) == 1
    assert any("modules.require_sandbox is set, and the kernel lacks Landlock" in line
               for line in lacking.bot.raw_log), lacking.bot.raw_log
    lacking.bot.wrapper = []
    lacking.bot.start()
    assert lacking.bot.ctl_json("status")["sandbox"] == {"state": "on", "missing": []}


def test_a_sandbox_that_is_switched_off(parts):
    lacking = Lacking(parts, sandbox=False)
    parts.module(lacking.bot, "escape", (MODULES / "escape.c").read_text())
    lacking.bot.wrapper = []
    lacking.bot.start()
    lacking.visitor.wait_for("Anna", CHANNEL)
    lacking.visitor.until_answered("Anna", CHANNEL, "!try nothing{}", "nothing{}: there is no")
    lacking.visitor.ask("Anna", CHANNEL, "!try read /etc/passwd", "passwd: ok")
    assert lacking.bot.ctl_json("status")["sandbox"]["state"] == "off"
    lacking.bot.wait_log(event="sandbox.off", level="warn")
