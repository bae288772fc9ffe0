"""The bundled modules for people, all in one bot on a real network, in their sandbox."""

import re

from harness.seshetd import network

CHANNEL = "#seshet"
USES = (  # what somebody says, and the answer, in this order
    ("!echo hello", "^visitor: hello$"),
    ("!roll 1d1+2", r"^visitor: 1 \+ 2 = 3$"),
    ("!choose tea, tea or tea", "^visitor: tea$"),
    ("!calc (2+3)*4^2", "^visitor: 80$"),
    ("tea++", "^visitor: tea has karma 1 now"),
    ("!karma top", "^visitor: Most karma: tea 1$"),
    ("!coffee is <reply> black", "^visitor: I will remember that"),
    ("coffee?", "^black$"),
    ("!lock coffee", "^visitor: coffee is locked now"),
    ("!quote add <friend> so it is", "^visitor: That is quote #1"),
    ("!quote find IT IS", "^#1: <friend> so it is$"),
    ("!seen friend", "^visitor: I have not seen friend"),
    ("!tell Friend come here", "^visitor: I will tell Friend when I see them next"),
    ("!remind in 1s to look", "^visitor: I will remind you in 1 second .*; it is number 1"),
)


def test_each_module_once(parts):
    server = parts.ngircd()
    visitor = server.client("visitor").join(CHANNEL)
    bot = parts.bot({"one": network(server.port, "Anna")}, bundled=None)
    visitor.wait_for("Anna", CHANNEL)
    visitor.until_answered("Anna", CHANNEL)
    for text, answer in USES:
        visitor.ask("Anna", CHANNEL, text, answer)
    visitor.expect_say("Anna", "^visitor: you wanted to be reminded, .* ago: look$")

    # Everything is there again after a restart; what was due meanwhile comes.
    visitor.ask("Anna", CHANNEL, "!remind in 1s that you were away", "it is number 2")
    bot.stop()
    bot.start()
    visitor.expect_say("Anna", "^visitor: you wanted to be reminded, .* ago: you were away", timeout=30)
    visitor.wait_for("Anna", CHANNEL)
    visitor.until_answered("Anna", CHANNEL)
    visitor.ask("Anna", CHANNEL, "!karma tea", "^visitor: tea has karma 1")
    visitor.ask("Anna", CHANNEL, "!quote", "^#1: <friend> so it is")
    friend = server.client("friend").join(CHANNEL)
    friend.expect_say("Anna", f"ago in {CHANNEL}, visitor asked me to tell you: come here$", target="friend")
    visitor.ask("Anna", CHANNEL, "!seen FRIEND", f"^visitor: friend is here now and was last seen .*, joining {CHANNEL}$")


WITHOUT_STORAGE = (
    ("tea++", "I cannot count that now: "),
    ("!karma tea", "I cannot look now: "),
    ("!tea is a drink", "I cannot save that now: "),
    ("!whatis tea", "I cannot look now: "),
    ("!facts", "I cannot look now: "),
    ("!quote", "I cannot look now: "),
    ("!quote add tea", "I cannot save that now: "),
    ("!tell zoe tea", "I cannot save that now: "),
    ("!remind in 1h tea", "I cannot save that now: "),
    ("!seen zoe", "I cannot look that up now: "),
    ("!time set Europe/Berlin", "I cannot write that down now: "),
    ("!alias add hi Hello", "I cannot do that now: "),
    ("!autoop", "I cannot look up the list now: "),
    ("!topics", "I cannot do that now: "),
    ("!echo tea", "tea"),
    ("!roll 1d1", "1"),
    ("!calc 1+1", "2"),
    ("!choose tea, tea", "tea"),
    ("!time UTC+2", "UTC"),
)
AFTERWARDS = (
    ("!karma tea", "tea has no karma yet"),
    ("!whatis tea", "I do not know what tea is"),
    ("!quote", "There are no quotes here yet"),
    ("!remind list", "You have no reminders here"),
    ("!alias", "There are no aliases here"),
    ("tea++", "tea has karma 1 now"),
    ("!quote add tea", "That is quote #1"),
)


def test_without_redis(parts):
    """What cannot be kept is refused, and nothing is half done."""
    server = parts.ngircd()
    redis = parts.redis()
    visitor = server.client("visitor").join(CHANNEL)
    bot = parts.bot({"one": network(server.port, "Anna")}, bundled=None,
                    registry=f"redis://127.0.0.1:{redis.port}/0")
    visitor.wait_for("Anna", CHANNEL)
    visitor.until_answered("Anna", CHANNEL)
    mark = bot.mark()
    redis.kill()
    bot.wait_log(since=mark, event="registry.state", msg="away")
    for text, answer in WITHOUT_STORAGE:
        visitor.ask("Anna", CHANNEL, text, "^visitor: .*" + re.escape(answer))
    redis.restart()
    visitor.until_answered("Anna", CHANNEL, "!karma word{}", "word{} has no karma yet")
    for text, answer in AFTERWARDS:
        visitor.ask("Anna", CHANNEL, text, f"^visitor: ({answer})")


COMMANDS = ("echo", "roll", "choose", "coin", "calc", "seen", "tell", "tell zoe", "untell", "karma", "karma forget",
            "learn", "learn x is", "whatis", "forget", "facts", "lock", "quote", "quote add", "quote find",
            "quote delete", "remind", "remind in 1h", "remind cancel", "time", "time set", "autoop",
            "autoop add", "autoop remove", "topics", "topics add", "topics remove", "topics reorder",
            "title", "log", "alias", "alias add x", "alias run", "alias show")
SILLY = (
    b"", b" ", b"-1", b"0", b"99999999999999999999999999", b"999999d999999", b"9**9**9",
    b"fact(fact(fact(9)))", b"1/0", b"%s%n%s%n %99999d", b"../../../etc/passwd", b"#", b"#nowhere x",
    b"\xf0\x9f\x98\x80\xe2\x80\xae\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa9", b"\x02\x0304,05x\x0f\x16\x1d\x01\x7f\x1b[2J",
    b"\xff\xfe\xc3", b"x" * 440, b"( " * 200, b"| " * 200, b"$* $1 $9- $$ $", b"\xe2\x82\xac" * 140,
    b"http://[::ffff:127.0.0.1]:1/", b"*!*@*", b"account:",
)


def test_silly_input(parts):
    """In a channel as its operator, and in private; no module host ends of it."""
    server = parts.ngircd()
    visitor = server.client("visitor").join(CHANNEL)
    bot = parts.bot({"one": network(server.port, "Anna")}, bundled=None)
    visitor.wait_for("Anna", CHANNEL)
    visitor.until_answered("Anna", CHANNEL)
    for number, command in enumerate(COMMANDS):
        for text in SILLY:
            # Half of them here, half of them there.
            if (number + len(text)) % 2:
                visitor.say(CHANNEL, b"!" + command.encode() + b" " + text)
            else:
                visitor.say("Anna", command.encode() + b" " + text)
        visitor.until_answered("Anna", CHANNEL)
    hosts = bot.ctl_json("status")["modhosts"]
    assert hosts and not any(host["faults"] or host["restarts"] for host in hosts), hosts
    assert not bot.find_log(event="modhost.fault|module.quarantine")
