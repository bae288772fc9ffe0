"""Modules at their worst: each costs its own network the event that it failed in, and nothing else."""

import shutil

import pytest

from conftest import BUILD
from harness.accounts import user
from harness.process import wait_until
from harness.seshetd import build_module, install_module, network, settings_text
from test_module_reload import Load, ROOT

CHANNEL = "#seshet"
LIB = BUILD / "tests/lib"

# Module, what makes it fail, the kind of the fault, and what it was doing.
FAULTS = (
    ("segv_command", "!segv", "signal"),
    ("aborts", "!abort", "signal"),
    ("exits", "!exit", "exit"),
    ("rubbish", "!rubbish", "rubbish"),
    ("closes", "!close", "closed"),
    ("eats", "!eat", "memory|signal"),
    ("spin", "!spin", "deadline"),
    ("sleeper", "!sleep", "deadline"),
)
SLOW = ("spin", "sleeper")
# What is not taken at all, and what is said of it.
REFUSED = {
    "segv_constructor": "SIGSEGV",
    "wrong_abi": "ABI",
    "undefined": "undefined symbol",
    "plain": "not a seshet module",
    "misnamed": "its file is called",
    "cut": "truncated",
    "text": "not a shared object",
}
CXX = """
#include <seshet/module.h>
#include <string>

struct counter { static inline std::string word{"VERSION"}; };

static void run(seshet_ctx *ctx, const seshet_event *ev)
{
    seshet_reply(ctx, "%s %s", counter::word.c_str(), ev->args);
}

static const seshet_command commands[] = {{"cxx", run, nullptr, nullptr, {}}, {}};
SESHET_MODULE(
    .name = "cxx", .version = "1", .description = "In C++.",
    .commands = commands,
)
"""


class Stage:
    def __init__(self, parts):
        self.servers = [parts.ngircd(name=f"irc{i}.example.test") for i in (1, 2)]
        self.one, self.two = (s.client("visitor").join(CHANNEL) for s in self.servers)
        self.bot = parts.bot(
            {
                "one": network(self.servers[0].port, "Anna"),
                "two": network(self.servers[1].port, "Bert", [CHANNEL, "#load"]),
            },
            start=False,
            crashes=True,
        )
        # A module that calls exit runs the search for leaks, which the sandbox does not let it.
        options = self.bot.environment()["ASAN_OPTIONS"]
        self.bot.env["ASAN_OPTIONS"] = options.replace("detect_leaks=1", "detect_leaks=0")
        self.bot.settings["modules"].update(memory_mb=64, quarantine="0")
        self.bot.write_main()
        for name in {*(f[0] for f in FAULTS), *REFUSED, "flood", "segv_load", "segv_unload"}:
            if (LIB / f"{name}.so").exists():
                install_module(self.bot.user_modules, LIB / f"{name}.so")
        whole = (LIB / "aborts.so").read_bytes()
        (self.bot.user_modules / "cut.so").write_bytes(whole[: len(whole) // 2])
        (self.bot.user_modules / "text.so").write_text("I am no module.\n")
        self.bot.start()
        for visitor, nick in ((self.one, "Anna"), (self.two, "Bert")):
            visitor.wait_for(nick, CHANNEL)
            visitor.ask(nick, CHANNEL, "!echo ready", "ready")

    def setting(self, **values):
        mark = self.bot.mark()
        self.bot.settings["modules"].update(values)
        self.bot.write_main(settings_text(self.bot.settings))
        self.bot.hangup()
        self.bot.wait_log(since=mark, event="server.reload")
        self.bot.ctl("status", "--socket", str(self.bot.control))

    def ctl(self, *args):
        return self.bot.ctl_json(*args)

    def fault_of(self, module, where="one"):
        faults = self.ctl("status")["faults"]
        found = [f for f in faults if f["module"] == module and f["network"] == where]
        return found[0] if found else None


@pytest.fixture
def stage(parts):
    return Stage(parts)


def fail_once(stage, module, call, kinds):
    """The call between others: they are answered, once each and in order; the fault is blamed."""
    mark = stage.bot.mark()
    asked = [f"{module}{i}." for i in range(6)]
    lines = [f"PRIVMSG {CHANNEL} :!echo {word}" for word in asked]
    lines.insert(3, f"PRIVMSG {CHANNEL} :{call}")
    stage.one.send_bytes("".join(line + "\r\n" for line in lines).encode())
    seen = stage.one.collect(lambda m: m.nick == "Anna" and asked[-1] in m.text, timeout=60)
    assert [m.text.split()[-1] for m in seen if m.nick == "Anna"] == asked
    stage.bot.wait_log(since=mark, event="modhost.fault", network="one", module=module)
    fault = stage.fault_of(module)
    assert fault["kind"] in kinds.split("|"), fault
    assert fault["count"] == 1 and fault["doing"] == f"command {call[1:]}", fault


@pytest.mark.seconds(240)
def test_each_fault_costs_one_event(stage):
    for name in SLOW:
        stage.ctl("module", "set", name, "deadline", "300ms")
    check_refused(stage)
    calm = Load(stage.servers[1].client("calm").join("#load"), "Bert", "!echo", window=1)
    calm.start()
    for module, call, kinds in FAULTS:
        fail_once(stage, module, call, kinds)
    check_leak(stage)
    check_flood(stage)
    calm.finish()
    check_unload(stage)
    assert all(f["network"] == "one" for f in stage.ctl("status")["faults"]
               if f["module"] not in ("segv_load",)), "the other network has none"
    for visitor, nick in ((stage.one, "Anna"), (stage.two, "Bert")):
        gone = [m for m in visitor.history if m.command in ("QUIT", "PART") and m.nick == nick]
        assert not gone


def check_refused(stage):
    listed = {m["name"]: m for m in stage.ctl("module", "list")["modules"]}
    for name, words in REFUSED.items():
        assert listed[name]["state"] == "error"
        assert words in listed[name]["error"], listed[name]
    stage.bot.wait_log(event="modhost.fault", network="one", module="segv_load", msg="cannot be loaded here")
    listed = {m["name"]: m for m in stage.ctl("module", "list")["modules"]}
    assert {n["network"]: n["refused"] for n in listed["segv_load"]["networks"]}["one"]
    assert not any(n["refused"] for n in listed["echo"]["networks"])
    shown = {h["network"]: h["refused"] for h in stage.ctl("module", "show", "segv_load")["hosts"]}
    assert "SIGSEGV" in shown["one"] or "status" in shown["one"], shown


def check_leak(stage):
    """It is well for a while; when there is no memory left it fails, and begins anew."""
    stage.one.between("Anna", CHANNEL, "!leak 1")
    before = stage.fault_of("eats")["count"]
    for i in range(60):
        stage.one.say(CHANNEL, f"!leak {i}")
    stage.one.ask("Anna", CHANNEL, "!echo leaked", "leaked$", timeout=60)
    assert before < stage.fault_of("eats")["count"] <= before + 8


def check_flood(stage):
    mark = stage.bot.mark()
    stage.one.say(CHANNEL, "!flood 5000")
    stage.one.ask("Anna", CHANNEL, "!echo dry", "dry", timeout=30)
    stage.bot.wait_log(since=mark, event="modhost.cut", msg="4936 texts were thrown away")


def check_unload(stage):
    stage.one.ask("Anna", CHANNEL, "!unloader ready", "fine ready")
    stage.ctl("module", "disable", "segv_unload", "--network", "one")
    stage.bot.wait_log(event="modhost.fault", network="one", module="segv_unload")
    stage.one.ask("Anna", CHANNEL, "!echo unloaded", "unloaded")
    assert stage.fault_of("segv_unload")["doing"] == "unload"


def quarantine(stage, times):
    mark = stage.bot.mark()
    for i in range(times):
        stage.one.say(CHANNEL, "!segv")
        stage.one.ask("Anna", CHANNEL, f"!echo after{i}", f"after{i}", timeout=30)
    stage.bot.wait_log(since=mark, event="module.quarantined", level="warn", network="one",
                       module="segv_command")


def test_quarantine_and_back(stage):
    bot = stage.bot
    stage.setting(quarantine="3/10m")
    user(bot.cli, "boss", hostmasks=["one/visitor!*@*"], capabilities=["owner"])
    bot.in_force()
    quarantine(stage, 3)
    told = stage.one.seen(lambda m: m.command == "NOTICE" and m.nick == "Anna"
                          and "switched off here" in m.text).text
    assert "segv_command" in told and "3 faults within 10m" in told
    stage.one.say(CHANNEL, "!fine never")
    stage.one.ask("Anna", CHANNEL, "!echo goes on", "goes on")
    stage.two.ask("Bert", CHANNEL, "!fine here", "fine here")
    fault = stage.fault_of("segv_command")
    assert fault["quarantined"] and "3 faults within 10m" in fault["why"]
    shown = stage.ctl("module", "show", "segv_command")["failures"]
    assert [(f["network"], f["count"], f["quarantined"]) for f in shown] == [("one", 3, True)]
    listed = bot.ctl("module", "list", "--socket", str(bot.control))[1]
    row = next(line for line in listed.splitlines() if "\tsegv_command\t" in line)
    assert row.endswith("\tone\t")
    why = stage.ctl("module", "why", "segv_command", "--network", "one", "--source", "v!u@h",
                    "--channel", CHANNEL, "--text", "!fine x")
    assert not why["allowed"] and why["reason"] == "quarantined"
    assert "--network one" in why["notes"][-1]
    # A word brings it back, and so does a reload.
    stage.ctl("module", "enable", "segv_command")
    stage.one.ask("Anna", CHANNEL, "!fine again", "fine again")
    quarantine(stage, 3)
    stage.ctl("module", "reload", "segv_command")
    stage.one.ask("Anna", CHANNEL, "!fine anew", "fine anew")
    assert not any(m.text.endswith("never") and m.nick == "Anna" for m in stage.one.history)


def test_owners_who_were_not_there_are_told(stage):
    """When they come, once; and not of what does not stand any more."""
    bot = stage.bot
    boss = stage.servers[0].client("boss")
    stage.setting(quarantine="1/10m")
    user(bot.cli, "boss", hostmasks=["one/boss!*@*"], capabilities=["owner"])
    wait_until(lambda: "boss" in str(bot.ctl_json("user", "list")), 10, "the owner is known")

    def told():
        return [m.text for m in boss.history if m.command == "NOTICE" and m.nick == "Anna"
                and "segv_command is switched off here" in m.text]

    quarantine(stage, 1)
    assert not [m for m in stage.one.history if "switched off here" in m.text]
    boss.join(CHANNEL)
    boss.ask("Anna", CHANNEL, "!echo come", "come")
    boss.ask("Anna", CHANNEL, "!echo said", "said")
    assert len(told()) == 1 and "1 faults within 10m" in told()[0]
    # One that is there is told at once, and not again; what was lifted meanwhile is no news.
    stage.ctl("module", "enable", "segv_command")
    quarantine(stage, 1)
    boss.expect(lambda m: m.command == "NOTICE" and "segv_command is switched off" in m.text)
    boss.ask("Anna", CHANNEL, "!echo again", "again")
    boss.ask("Anna", CHANNEL, "!echo and again", "and again")
    assert len(told()) == 2
    boss.send(f"PART {CHANNEL}")
    stage.one.collect(lambda m: m.command == "PART" and m.nick == "boss")
    stage.ctl("module", "enable", "segv_command")
    quarantine(stage, 1)
    stage.ctl("module", "enable", "segv_command")
    boss.join(CHANNEL)
    boss.ask("Anna", CHANNEL, "!echo back", "back")
    assert len(told()) == 2


def test_idle_processes_end(stage):
    bot = stage.bot
    stage.setting(idle="1s")
    wait_until(lambda: not bot.modhosts(), 30, "the processes without events end")
    stage.one.ask("Anna", CHANNEL, "!echo awake", "awake")
    assert not stage.fault_of("echo")


@pytest.mark.skipif(not shutil.which("c++"), reason="there is no C++ compiler")
def test_a_module_in_cxx(stage):
    """Its inline statics would keep a file from being unloaded: a new process has new ones."""
    for version in ("first", "second"):
        build_module(stage.bot.user_modules, "cxx", CXX.replace("VERSION", version),
                     ROOT / "modules/include", cc="c++")
        stage.one.until_answered("Anna", CHANNEL, "!cxx {}", version + " {}", timeout=30)
