"""What a module can ask and do (seshet/module.h), each part once, in a real host on a real network."""

import pathlib
import re

import pytest

from harness.process import wait_until
from harness.seshetd import network

CHANNEL = "#seshet"
MODULES = pathlib.Path(__file__).resolve().parents[1] / "modules"


class Stage:
    def __init__(self, parts):
        self.server = parts.ngircd()
        self.visitor = self.server.client("visitor").join(CHANNEL)
        self.bot = parts.bot({"one": network(self.server.port, "Anna")}, start=False, crashes=True)
        parts.module(self.bot, "api", (MODULES / "api.c").read_text())
        self.bot.start()
        self.visitor.wait_for("Anna", CHANNEL)
        self.visitor.until_answered("Anna", CHANNEL, "!api there{}", "ready there{}")

    def says(self, words, answer):
        return self.visitor.ask("Anna", CHANNEL, f"!api {words}", answer).text.partition(": ")[2]

    def is_(self, words, answer):
        assert self.says(words, "^visitor: ") == answer

    def permit(self, permissions):
        self.bot.cli("HSET", "seshet:module:api", "permissions", permissions)
        wait_until(lambda: [h for h in self.bot.ctl_json("status")["modhosts"]
                            if h["permissions"] == permissions and h["state"] == "ready"]
                   or not self.visitor.until_answered("Anna", CHANNEL, "!api p{}", "ready p{}"),
                   10, "a host with it")


    def did(self, command, text):
        """What the bot did before its last answer."""
        return [m for m in self.visitor.history
                if m.nick == "Anna" and m.command == command and text in (m.text, m.params[-1])]


@pytest.fixture
def stage(parts):
    return Stage(parts)


def test_channels(stage):
    text = stage.says(f"members {CHANNEL}", "members: ")
    assert text.startswith("2 members: ")
    assert set(re.findall(r"(\w+)\[", text)) == {"visitor", "Anna"}
    assert "visitor[o]" in text
    stage.is_(f"modes {CHANNEL} VISITOR", 'modes 1 "o"')
    stage.is_(f"modes {CHANNEL} Anna", 'modes 0 ""')
    stage.is_(f"modes {CHANNEL} nobody", 'modes -2 ""')
    stage.is_("modes #elsewhere visitor", 'modes -2 ""')
    stage.is_("members #elsewhere", "-2 members:")
    stage.visitor.send(f"TOPIC {CHANNEL} :of the day")
    stage.visitor.expect(lambda m: m.command == "TOPIC")
    wait_until(lambda: stage.says(f"topic {CHANNEL}", "topic") == 'topic 10 "of the day"', 5, "the topic")
    stage.is_("topic #elsewhere", 'topic -2 ""')
    # More than one page of members.
    stage.bot.cli("HSET", "seshet:module:api", "rate_user", "1000/1m")
    wait_until(lambda: stage.says("field rate_user", "field") == 'field 7 "1000/1m"', 5, "the field")
    stage.is_("field nothing", 'field -2 ""')


def test_the_session(stage):
    stage.is_("session get a", 'get -2 ""')
    stage.is_("session set a one", "set 0")
    stage.is_("session set a%b two", "set 0")
    stage.is_("session get a", 'get 3 "one"')
    stage.is_("session add n", "add 0 2")
    stage.is_("session add n", "add 0 4")
    stage.is_("session add a", "add -1 0")
    text = stage.says("session keys a", "keys: ")
    assert text.startswith("2 keys: ") and set(text[8:].split()) == {"a=one", "a%b=two"}
    stage.is_("session delete a", "delete 1")
    stage.is_("session delete a", "delete 0")
    # It survives a crash, and a reload.
    stage.visitor.say(CHANNEL, "!api crash")
    stage.is_("session get n", 'get 1 "4"')
    stage.bot.ctl("module", "reload", "api", "--socket", str(stage.bot.control))
    stage.is_("session get a%b", 'get 3 "two"')
    # And the end of a process that had nothing to do.
    stage.bot.settings["modules"]["idle"] = "1s"
    stage.bot.write_main()
    stage.bot.hangup()
    wait_until(lambda: not stage.bot.modhosts(), 30, "the processes without events end")
    stage.is_("session get a%b", 'get 3 "two"')


def test_keys_of_the_storage(stage):
    stage.is_("keys 700", "all: none")


def test_timers(stage):
    stage.visitor.say(CHANNEL, "!api later 20 first")
    stage.visitor.expect_say("Anna", "^visitor: later first$", target=CHANNEL)
    stage.visitor.say("Anna", "api later 20 private")
    stage.visitor.expect_say("Anna", "^later private$", target="visitor")
    stage.is_("refused", "refused -1 -1 0")
    stage.visitor.say(CHANNEL, "!api every")
    for said in ("again 1", "again 2", "again 3", "cancelled 1"):
        stage.visitor.expect_say("Anna", f"^visitor: {said}$")
    # A timer goes with its host: nobody is called for it after a crash.
    stage.visitor.say(CHANNEL, "!api later 300 never")
    stage.visitor.say(CHANNEL, "!api crash")
    stage.is_("later 400 always", "later always")
    assert not [m for m in stage.visitor.history if "later never" in m.text and m.nick == "Anna"]


def test_acting_needs_the_permission(stage):
    stage.visitor.send(f"MODE {CHANNEL} +o Anna")
    stage.is_(f"act topic {CHANNEL} new", "topic -5")
    stage.permit("raw")
    stage.is_(f"act topic {CHANNEL} new", "topic 0")
    assert stage.did("TOPIC", "new")
    stage.is_(f"act mode {CHANNEL} +v", "mode 0")
    assert stage.did("MODE", "visitor")
    stage.is_(f"act PRIVMSG {CHANNEL} :as it stands", "raw 0")
    assert stage.did("PRIVMSG", "as it stands")
    mark = stage.bot.mark()
    stage.is_("act QUIT :bye", "raw 0")
    stage.bot.wait_log(since=mark, event="raw.refused", module="api")
    # It sees every line.
    stage.visitor.say(CHANNEL, "show this line")
    stage.visitor.expect_say("Anna", rf"^raw: :visitor!\S+ PRIVMSG {CHANNEL} :show this line$")
    stage.visitor.say(CHANNEL, f"!api act kick {CHANNEL} visitor")
    stage.visitor.expect(lambda m: m.command == "KICK" and m.nick == "Anna")


def test_formatting(stage):
    stage.visitor.say(CHANNEL, "!api format x")
    text = stage.visitor.expect_say("Anna", "bold").text
    assert text == "\x02bold\x0f \x0304red\x034,12both\x0f1 x"
    stage.visitor.expect_say("Anna", "^visitor: 15 bold redboth1 x$")
