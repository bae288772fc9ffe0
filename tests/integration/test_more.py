"""Long answers: what is said of them at once, and what `more` says of the rest, of modules and of the
server's own commands alike."""

import pathlib
import re

import pytest

from harness.accounts import user
from harness.seshetd import network

CHANNEL = "#seshet"
MODULES = pathlib.Path(__file__).resolve().parents[1] / "modules"
HINT = re.compile(r" \((\d+) more lines?: !more\)")
NONE = "There is no more"


class Stage:
    """The module `api` on two networks, with a visitor of the same name on both."""

    def __init__(self, parts):
        one, two = parts.ngircd(), parts.ngircd()
        self.server = one
        self.visitor = one.client("visitor").join(CHANNEL)
        self.zoe = one.client("zoe").join(CHANNEL)
        self.elsewhere = two.client("visitor").join(CHANNEL)
        self.bot = parts.bot({"one": network(one.port, "Anna"), "two": network(two.port, "Anna")},
                             start=False, crashes=True)
        parts.module(self.bot, "api", (MODULES / "api.c").read_text())
        self.bot.start()
        for client in (self.visitor, self.elsewhere):
            client.wait_for("Anna", CHANNEL)
            client.until_answered("Anna", CHANNEL, "!api there{}", "ready there{}")

    def ask(self, client, text, target=CHANNEL):
        """The lines of an answer up to the one with the hint, or with the last word, word0999."""
        client.names(CHANNEL)  # what was said to others is read
        client.say(target, text)
        seen = client.collect(lambda m: m.nick == "Anna" and m.command == "PRIVMSG" and
                              (HINT.search(m.text) or "word0999" in m.text))
        return [m for m in seen if m.nick == "Anna" and m.command == "PRIVMSG"]

    def none(self, client, target=CHANNEL):
        client.ask("Anna", target, "!more", f"^({client.name}: )?{NONE}")


def numbers(lines):
    return [int(n) for n in re.findall(r"word(\d{4})", " ".join(m.text for m in lines))]


def promised(lines):
    found = HINT.search(lines[-1].text)
    return int(found[1]) if found else 0


@pytest.fixture
def stage(parts):
    return Stage(parts)


def test_more(stage):
    the_whole_of_a_long_reply(stage)
    whose_it_is(stage)
    what_is_private_stays_so(stage)
    it_goes_with_the_person(stage)
    timers_and_actions(stage)
    what_nobody_asked_for_is_cut(stage)
    core_commands_and_modules_are_one(stage)


def the_whole_of_a_long_reply(stage):
    lines = stage.ask(stage.visitor, "!api long reply 1 1000")
    assert len(lines) == 4 and lines[0].text.startswith("visitor: word0000 ")
    seen = numbers(lines)
    left = promised(lines)
    while left:
        lines = stage.ask(stage.visitor, "!more")
        assert len(lines) == min(left, 4) and lines[0].text.startswith("visitor: word")
        assert left - len(lines) == promised(lines)
        assert all(len(m.line.encode()) <= 510 and m.target == CHANNEL for m in lines)
        left = promised(lines)
        seen += numbers(lines)
    assert seen == list(range(1000))
    stage.none(stage.visitor)


def whose_it_is(stage):
    first = numbers(stage.ask(stage.visitor, "!api long answer 1 1000"))
    stage.none(stage.zoe)
    stage.none(stage.elsewhere)
    stage.none(stage.zoe, None)
    # A crash of the module does not take it; and it can be had in private.
    stage.visitor.say(CHANNEL, "!api crash")
    stage.visitor.ask("Anna", CHANNEL, "!api back", "ready back")
    lines = stage.ask(stage.visitor, "more", "Anna")
    assert all(m.target == "visitor" for m in lines) and lines[0].text.startswith("word")
    assert numbers(lines)[0] == first[-1] + 1
    # The newest counts.
    stage.ask(stage.visitor, "!api long reply 2 400")
    lines = stage.ask(stage.visitor, "!more")
    assert numbers(lines)[-1] < 400


def what_is_private_stays_so(stage):
    first = numbers(stage.ask(stage.visitor, "!api long alone 1 1000"))
    stage.none(stage.zoe)
    assert numbers(stage.ask(stage.visitor, "more", "Anna"))[0] == first[-1] + 1
    stage.visitor.send("PART " + CHANNEL)
    stage.visitor.join(CHANNEL)
    stage.ask(stage.visitor, "api long reply 1 1000", "Anna")
    stage.none(stage.visitor)
    assert numbers(stage.ask(stage.visitor, "more", "Anna"))


def it_goes_with_the_person(stage):
    for leave, back in ((f"PART {CHANNEL}", f"JOIN {CHANNEL}"), ("NICK other", "NICK visitor")):
        stage.ask(stage.visitor, "!api long reply 1 1000")
        stage.visitor.send(leave)
        stage.zoe.expect(lambda m, word=leave.split()[0]: m.command == word and m.nick == "visitor")
        stage.visitor.send(back)
        stage.zoe.expect(lambda m, word=back.split()[0]: m.command == word)
        stage.none(stage.visitor)
    guest = stage.server.client("guest").join(CHANNEL)
    stage.ask(guest, "!api long reply 1 1000")
    guest.send("QUIT :gone")
    stage.zoe.expect(lambda m: m.command == "QUIT" and m.nick == "guest")
    guest = stage.server.client("guest").join(CHANNEL)
    stage.none(guest)


def timers_and_actions(stage):
    lines = stage.ask(stage.visitor, "!api long-later")
    assert promised(lines) and lines[0].text.startswith("visitor: word0000")
    assert numbers(stage.ask(stage.visitor, "!more"))[0] == numbers(lines)[-1] + 1
    lines = stage.ask(stage.visitor, "!api long me 1 1000")
    assert all(m.text.startswith("\x01ACTION ") and m.text.endswith("\x01") for m in lines)
    assert promised(lines) and numbers(stage.ask(stage.visitor, "!more"))[0] == numbers(lines)[-1] + 1


def what_nobody_asked_for_is_cut(stage):
    mark = stage.bot.mark()
    stage.visitor.say(CHANNEL, f"!api long {CHANNEL} 1 1500")
    stage.bot.wait_log(since=mark, event="say.cut", module="api")
    stage.none(stage.zoe)


def core_commands_and_modules_are_one(stage):
    user(stage.bot.cli, "visitor", hostmasks=["one/visitor!*@*"],
         capabilities=[f"a-rather-long-capability-word{n:04d}" for n in range(900, 1000)])
    stage.bot.in_force()
    stage.visitor.ask("Anna", CHANNEL, "!whoami", "visitor: You are visitor")
    stage.ask(stage.visitor, "!api long reply 1 800")
    lines = stage.ask(stage.visitor, "!capability list")
    seen = numbers(lines)
    while promised(lines):
        lines = stage.ask(stage.visitor, "!more")
        seen += numbers(lines)
    assert seen == list(range(900, 1000))
    stage.none(stage.visitor)
