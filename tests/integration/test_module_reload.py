"""A module's file changes: the new code answers, nobody reconnects, no command is lost."""

import collections
import os
import pathlib
import threading
import time

import pytest

import sources
from conftest import ROOT
from harness.irc import unique
from harness.process import wait_until
from harness.seshetd import build_module, install_module, network

CHANNEL = "#seshet"


@pytest.fixture
def bot(parts, server, visitor):
    bot = parts.bot({"one": network(server.port, "Anna", [CHANNEL, "#load"])}, start=False)
    parts.module(bot, "says", sources.says("first text"))
    bot.start()
    visitor.wait_for("Anna", CHANNEL)
    assert says(visitor, "first text")
    return bot


def signon(visitor):
    """Something of the bot's connection that a reconnect would change."""
    visitor.send("WHOIS Anna Anna")
    lines = visitor.collect(lambda m: m.command == "318")
    return [m.params for m in lines if m.command == "317"][0][3]


def says(visitor, text):
    """Whether the module answers with that text now."""
    mark = unique("word")
    return visitor.ask("Anna", CHANNEL, f"!says {mark}", mark).text == f"visitor: {text} {mark}"


def becomes(visitor, text):
    wait_until(lambda: says(visitor, text), 30, f"it says {text!r}")


def test_new_code_answers_without_a_reconnect(parts, visitor, bot):
    mark = visitor.history[-1]
    before = signon(visitor)
    parts.module(bot, "says", sources.says("second text"))
    becomes(visitor, "second text")
    parts.module(bot, "says", sources.says("third text"))
    becomes(visitor, "third text")
    assert signon(visitor) == before
    since = visitor.history[visitor.history.index(mark):]
    assert not [m for m in since if m.nick == "Anna" and m.command in ("JOIN", "PART", "QUIT")]


def test_a_file_written_in_place(parts, visitor, bot, folder):
    """As `cc -o` or `cp` write it: the file is there before it is whole."""
    new = build_module(folder / "elsewhere", "says", sources.says("in place"), ROOT / "modules/include")
    data = new.read_bytes()
    mark = bot.mark()
    (bot.user_modules / "says.so").unlink()
    with open(bot.user_modules / "says.so", "wb") as target:
        target.write(data[: len(data) // 2])
        target.flush()
        # The folder is looked at meanwhile.
        parts.module(bot, "extra", sources.says("extra text").replace('"says"', '"extra"'))
        visitor.until_answered("Anna", CHANNEL, "!extra {}", "extra text {}")
        assert says(visitor, "first text")
        target.write(data[len(data) // 2 :])
    becomes(visitor, "in place")
    assert not bot.find_log(since=mark, module="says", event="module.refused")


def test_a_module_comes_and_goes(parts, visitor, bot):
    parts.module(bot, "extra", sources.says("extra text").replace('"says"', '"extra"'))
    wait_until(
        lambda: visitor.answered("Anna", CHANNEL, "!extra {}"), 30, "the new module answers"
    )
    assert "extra" in bot.cli("SMEMBERS", "seshet:modules").split()
    (bot.user_modules / "extra.so").unlink()
    wait_until(
        lambda: not visitor.answered("Anna", CHANNEL, "!extra {}"), 30, "the module is gone"
    )
    assert says(visitor, "first text")


def test_the_users_folder_hides_the_systems(parts, visitor, bot):
    def echo():
        mark = unique("word")
        return visitor.ask("Anna", CHANNEL, f"!echo {mark}", mark).text

    assert "my own echo" not in echo()
    parts.module(bot, "echo", sources.says("my own echo").replace('"says"', '"echo"'))
    wait_until(lambda: "my own echo" in echo(), 30, "the system's is hidden")
    (bot.user_modules / "echo.so").unlink()
    wait_until(lambda: "my own echo" not in echo(), 30, "the system's is back")


def test_the_session_stays_and_timers_go(parts, visitor, bot):
    """What a module keeps for the session is there after a reload; its timers are not, those that
    the new code sets are."""
    def keeps(words="0"):
        return visitor.ask("Anna", CHANNEL, f"!keeps {words}", r"^visitor: \w+ \d+$").text.split()[1:]

    visitor.join("#load")
    parts.module(bot, "keeps", sources.keeps("old"))
    visitor.until_answered("Anna", CHANNEL, "!keeps 0 {}", "visitor: old")
    mark = len(visitor.history)
    version, first = keeps("1500")
    assert version == "old"
    parts.module(bot, "keeps", sources.keeps("new"))
    wait_until(lambda: keeps()[0] == "new", 30, "the new code answers")
    swapped = len(visitor.history)
    counts = [int(m.text.split()[2]) for m in visitor.history[mark:]
              if m.nick == "Anna" and m.target == CHANNEL]
    assert counts == list(range(int(first), int(first) + len(counts)))
    assert keeps("1600")[0] == "new"
    visitor.expect_say("Anna", "^tick of new$", target="#load")
    visitor.expect_say("Anna", "^visitor: late from new$")
    assert not [m for m in visitor.history[swapped:] if m.text.endswith(" old") and m.nick == "Anna"]


@pytest.mark.parametrize("kind", sorted(sources.BAD))
def test_a_bad_file_keeps_the_old_code(parts, visitor, bot, folder, kind):
    bot.crashes = True
    what = sources.BAD[kind]
    if isinstance(what, str):
        path = build_module(folder / "bad", "says", what, ROOT / "modules/include")
    else:
        path = folder / "says.so"
        good = (bot.user_modules / "says.so").read_bytes()
        path.write_bytes(good[: len(good) // 2] if what is None else what)
    mark = bot.mark()
    install_module(bot.user_modules, path)
    wait_until(
        lambda: [e for e in bot.find_log(since=mark, module="says") if e["level"] in ("warn", "error")],
        30, "the log says what is wrong",
    )
    for _ in range(3):
        assert says(visitor, "first text")
    assert visitor.answered("Anna", CHANNEL)
    # And a good one after it works.
    parts.module(bot, "says", sources.says("mended"))
    becomes(visitor, "mended")


def test_a_reload_tells_what_came_of_it(parts, visitor, bot):
    """A file in order is not yet code that runs: the networks may refuse it."""
    bot.crashes = True

    def reload(*words):
        status, out, _ = bot.ctl("module", "reload", *words, "--socket", str(bot.control),
                                 check=False)
        return status, out

    def marked():
        return {m["name"] for m in bot.ctl_json("module", "list")["modules"]
                if m["networks"][0]["refused"]}

    for kind, why in (("refuses", "it refused to load: I will not"), ("dies", "was killed by SIG")):
        parts.module(bot, "says", sources.BAD[kind])
        # Also when it was refused before, and by somebody else's question.
        for words in (["says"], ["says"], []):
            status, out = reload(*words)
            assert status == 1 and out.startswith("refused says on one\t"), (kind, words, out)
            assert why in out and out.endswith("; the last good version goes on\n"), out
        assert marked() == {"says"}
        assert says(visitor, "first text")
    parts.module(bot, "says", sources.says("mended"))
    status, out = reload("says")
    assert status == 0 and out.endswith("/says.so\tone\n"), out
    assert says(visitor, "mended") and not marked()
    # One that was never good.
    parts.module(bot, "never", sources.BAD["refuses"].replace('"says"', '"never"'))
    # Where it is not registered yet, nobody loads it.
    wait_until(lambda: reload("never") == (
        1, "refused never on one\tit refused to load: I will not\n"), 10, "it is refused")
    assert marked() == {"never"}


class Load(threading.Thread):
    """A visitor who asks without pause, each question with its number. In a channel apart: who
    does not read what is said there would be dropped by the server."""

    def __init__(self, client, bot, call, window=8):
        super().__init__(daemon=True)
        self.client, self.bot, self.call, self.window = client, bot, call, window
        self.stopping = threading.Event()
        self.sent = 0
        self.answers = []
        self.times = []
        self.error = None

    def run(self):
        try:
            asked = {}
            while True:
                while len(asked) < self.window and not self.stopping.is_set():
                    asked[self.sent] = time.monotonic()
                    self.client.say("#load", f"{self.call} n{self.sent}.")
                    self.sent += 1
                if not asked:
                    return
                message = self.client.expect_say(self.bot, rf"^{self.client.nick}: .*n\d+\.")
                number = int(message.text.rpartition("n")[2].rstrip("."))
                self.answers.append((number, message.text))
                if number in asked:
                    self.times.append(time.monotonic() - asked.pop(number))
        except Exception as error:  # told by finish(), in the test's own thread
            self.error = error

    def finish(self):
        self.stopping.set()
        self.join(60)
        if self.error:
            raise self.error
        assert not self.is_alive()
        numbers = sorted(number for number, _ in self.answers)
        assert numbers == list(range(self.sent)), "a command was lost or answered twice"
        return self.answers


def private_copies(bot):
    return [p for p in pathlib.Path(bot.state).rglob("*says*.so*")]


def started(pid):
    """When a process began, in seconds since the machine did."""
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    return int(stat.rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")


@pytest.mark.seconds(240)
def test_forty_networks_share_a_file(parts, server, visitor, folder):
    """All get the new code, one after another, and no answer is lost or doubled meanwhile; one of
    them is asked as fast as it answers."""
    nicks = [f"Bot{i}" for i in range(40)]
    networks = {f"net{i}": network(server.port, nick) for i, nick in enumerate(nicks)}
    networks["net0"] = network(server.port, nicks[0], [CHANNEL, "#load"])
    bot = parts.bot(networks, start=False)
    parts.module(bot, "says", sources.says("first text"))
    bot.start()
    for nick in nicks:
        visitor.wait_for(nick, CHANNEL)
    asked = []

    def answers():
        """Of each bot to one more question."""
        asked.append(f"n{len(asked)}.")
        visitor.say(CHANNEL, f"!says {asked[-1]}")
        wanted = asked[-1]
        return [visitor.expect_say(None, rf"^visitor: .* {wanted}$", timeout=30).text
                for _ in nicks]

    assert set(answers()) == {f"visitor: first text {asked[0]}"}
    old = {host.pid for host in bot.modhosts()}
    load = Load(server.client("load").join("#load"), nicks[0], "!says")
    load.start()
    wait_until(lambda: load.answers or load.error, 20, "the load has begun")
    parts.module(bot, "says", sources.says("second text"))
    wait_until(lambda: all("second text" in text for text in answers()), 30, "all say the second")
    wait_until(lambda: "second" in load.answers[-1][1] or load.error, 20, "the busy one as well")
    assert {text.split()[1] for _, text in load.finish()} == {"first", "second"}
    wait_until(lambda: len(bot.modhosts()) == len(nicks), 30, "the old processes have ended")
    # After the first few one begins every two milliseconds, or later: never all at once.
    begun = [started(host.pid) for host in bot.modhosts()]
    assert len(begun) == len(nicks) and not old & {host.pid for host in bot.modhosts()}
    assert max(begun) - min(begun) >= 0.05
    said = collections.Counter((m.nick, m.text.split()[-1]) for m in visitor.history
                               if m.nick in nicks and m.command == "PRIVMSG")
    assert said == collections.Counter((nick, number) for nick in nicks for number in asked)
    assert not [m for m in visitor.history if m.nick in nicks and m.command == "QUIT"]
    wait_until(lambda: len(private_copies(bot)) == 1, 30, "old copies go")


@pytest.mark.seconds(240)
def test_two_hundred_replacements_under_load(server, bot, folder, visitor):
    include = ROOT / "modules/include"
    versions = [
        build_module(folder / f"v{i}", "says", sources.says(f"version{i}"), include) for i in (0, 1)
    ]
    loads = [Load(server.client(f"load{i}").join("#load"), "Anna", "!says") for i in range(3)]
    for load in loads:
        load.start()
    for count in range(200):
        install_module(bot.user_modules, versions[count % 2])
        done = [len(load.answers) for load in loads]
        # Each round some commands pass; how many do not matter, that none is lost does.
        wait_until(
            lambda: all(len(load.answers) > n + 3 or load.error for load, n in zip(loads, done)),
            30, "commands go on",
        )
        if count % 10 == 9:
            wanted = f"version{count % 2}"
            wait_until(
                lambda: wanted in loads[0].answers[-1][1] or loads[0].error, 30, f"{wanted} answers"
            )
    for load in loads:
        answers = load.finish()
        assert {text.split()[1] for _, text in answers} >= {"version0", "version1"}
        assert sorted(load.times)[len(load.times) // 2] < 1, "answers come at once, mostly"
    becomes(visitor, "version1")
    # The old generations have ended.
    wait_until(lambda: len(bot.modhosts()) <= 1, 30, f"one modhost is left: {bot.modhosts()}")
    wait_until(lambda: len(private_copies(bot)) <= 2, 30, "old copies go")
