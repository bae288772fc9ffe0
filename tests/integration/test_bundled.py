"""The bundled modules for people, all in one bot on a real network, in their sandbox."""

import pytest

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


@pytest.mark.seconds(60)
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
