"""A module ends its process: one event is lost, on one network, and nobody else notices."""

import os
import signal
import time

import pytest

import sources
from harness.process import wait_until
from harness.seshetd import network
from test_module_reload import Load

CHANNEL = "#seshet"


class Stage:
    def __init__(self, parts):
        self.servers = [parts.ngircd(name=f"irc{i}.example.test") for i in (1, 2)]
        self.visitors = [server.client("visitor").join(CHANNEL) for server in self.servers]
        self.bot = parts.bot(
            {
                "one": network(self.servers[0].port, "Anna"),
                "two": network(self.servers[1].port, "Bert", [CHANNEL, "#load"]),
            },
            start=False,
            crashes=True,
        )
        # Some tests kill again and again, and whatever is in an event then is blamed for it.
        self.bot.settings["modules"]["quarantine"] = "0"
        self.bot.write_main()
        parts.module(self.bot, "fuse", sources.FUSE)
        self.bot.start()
        for visitor, nick in zip(self.visitors, ("Anna", "Bert")):
            visitor.wait_for(nick, CHANNEL)
            visitor.ask(nick, CHANNEL, "!echo ready", "ready")

    def host_of(self, index):
        """The pid of the modhost that answers on a network."""
        nick = ("Anna", "Bert")[index]
        text = self.visitors[index].ask(nick, CHANNEL, "!fuse are you", r"pid \d+").text
        return int(text.split("pid ")[1].split(",")[0])


@pytest.fixture
def stage(parts):
    return Stage(parts)


@pytest.mark.parametrize("how", ["segv", "abort", "exit"])
def test_crash_on_demand(stage, how):
    one, two = stage.visitors
    before = stage.host_of(0), stage.host_of(1)
    assert before[0] != before[1]
    mark = stage.bot.mark()
    one.say(CHANNEL, f"!fuse {how}")
    two.ask("Bert", CHANNEL, "!echo here", "here", timeout=2)
    one.ask("Anna", CHANNEL, "!echo back", "back")
    assert stage.host_of(0) != before[0]
    assert stage.host_of(1) == before[1]
    stage.bot.wait_log(since=mark, event="modhost.fault", network="one", module="fuse")
    assert not [m for m in one.history if m.command in ("QUIT", "PART") and m.nick == "Anna"]


def test_a_closed_pipe_is_blamed_on_its_event(stage):
    """The handler comes back but can no longer be acknowledged: it is not run again."""
    one = stage.visitors[0]
    before = stage.host_of(0)
    stage.bot.cli("HSET", "seshet:module:fuse", "permissions", "files")
    wait_until(lambda: stage.host_of(0) != before, 10, "a process with a folder")
    runs = stage.bot.state / "module-data/one/fuse/runs"
    mark = stage.bot.mark()
    one.say(CHANNEL, "!fuse close runs")
    one.ask("Anna", CHANNEL, "!echo back", "back")
    stage.bot.wait_log(since=mark, event="modhost.fault", network="one", module="fuse")
    assert runs.read_text() == "x"


def test_what_waited_behind_the_crash_is_answered(stage):
    """All in one go: the event that crashed is dropped, those around it are done once each."""
    one = stage.visitors[0]
    lines = [f"PRIVMSG {CHANNEL} :!echo n{i}." for i in range(10)]
    lines.insert(5, f"PRIVMSG {CHANNEL} :!fuse segv")
    one.send_bytes("".join(line + "\r\n" for line in lines).encode())
    seen = one.collect(lambda m: m.nick == "Anna" and "n9." in m.text)
    numbers = [m.text.split()[-1] for m in seen if m.nick == "Anna"]
    assert numbers == [f"n{i}." for i in range(10)]


def test_a_crash_in_private_tells_nobody_a_lie(stage):
    one = stage.visitors[0]
    one.say("Anna", "fuse segv")
    one.ask("Anna", None, "echo back", "back")


def kill_one(stage, other):
    """The first network's, whichever it is when the signal comes: it may have just been replaced."""
    while True:
        try:
            os.kill(host_pid(stage, 0, other), signal.SIGKILL)
            return
        except ProcessLookupError:
            continue


@pytest.mark.seconds(240)
def test_a_hundred_kills(stage):
    """While one network's modhost is killed again and again, the other's answers stay on time."""
    bot = stage.bot
    calm = Load(stage.servers[1].client("calm").join("#load"), "Bert", "!echo", window=1)
    quiet_time(calm, 1.0)
    undisturbed = calm.slowest
    calm.slowest = 0.0
    one = stage.visitors[0]
    other = stage.host_of(1)
    for count in range(100):
        kill_one(stage, other)
        if count % 10 == 9:
            one.ask("Anna", CHANNEL, f"!echo still{count}", f"still{count}", timeout=60)
    calm.finish()
    assert len(calm.answers) > 100
    assert calm.slowest < max(1.0, 20 * undisturbed), (calm.slowest, undisturbed)
    assert stage.host_of(1) == other
    one.ask("Anna", CHANNEL, "!echo end", "end", timeout=60)
    assert len(bot.modhosts()) == 2


def quiet_time(load, seconds):
    load.start()
    time.sleep(seconds)


def host_pid(stage, index, other):
    """The running modhost that is not `other`, without asking it: it may be just starting. A
    command wakes it where it is started on demand."""
    def find():
        found = [s for s in stage.bot.modhosts() if s.pid != other and s.alive()]
        if not found:
            stage.visitors[index].say(CHANNEL, "!echo wake")
            time.sleep(0.05)
        return found

    return wait_until(find, 70, "a modhost of the first network")[0].pid


def test_killed_from_outside_under_load(stage):
    """Only the event that was in it may be lost; with SIGKILL nobody can know more."""
    one = stage.visitors[0]
    pid = stage.host_of(0)
    for i in range(20):
        one.say(CHANNEL, f"!echo n{i}.")
        if i == 10:
            os.kill(pid, signal.SIGKILL)
    one.say(CHANNEL, "!echo last.")
    seen = one.collect(lambda m: m.nick == "Anna" and "last." in m.text, timeout=30)
    numbers = [m.text.split()[-1] for m in seen if m.nick == "Anna"][:-1]
    assert len(set(numbers)) == len(numbers), "none twice"
    assert len(numbers) >= 19, numbers


def test_a_stopped_modhost_does_not_stop_the_others(stage):
    one, two = stage.visitors
    pid = stage.host_of(0)
    os.kill(pid, signal.SIGSTOP)
    try:
        one.say(CHANNEL, "!echo waits")
        begun = time.monotonic()
        two.ask("Bert", CHANNEL, "!echo goes on", "goes on")
        one.ask("Anna", CHANNEL, "!ping", "(?i)pong")
        assert time.monotonic() - begun < 2
    finally:
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass
    one.expect_say("Anna", "waits")
