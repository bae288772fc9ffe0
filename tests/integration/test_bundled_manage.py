"""The capability MODULE.manage, with accounts as a person makes them."""

import re

from harness.seshetd import network

CHANNEL = "#seshet"
PASSWORD = "correct horse"
# Module, what only managers may do, and how that is answered.
CASES = (
    ("alias", "!alias add hi Hello", "hi is an alias now"),
    ("autoop", "!autoop", "Nobody is on the list"),
    ("factoids", "!lock tea", "tea is locked now"),
    ("karma", "!karma forget tea", "forgotten"),
    ("quotes", "!quote delete 1", "Quote #1 is gone"),
    ("remind", "!remind cancel 1", "Reminder 1 is cancelled"),
    ("title", "!title off", "only when asked"),
    ("topic", "!topics clear", "I lack the permission raw"),
)


def test_manage(parts):
    server = parts.ngircd()
    olga = server.client("olga").join(CHANNEL)  # who is first is its operator
    bob = server.client("bob").join(CHANNEL)
    carol = server.client("carol").join(CHANNEL).join("#other")
    bot = parts.bot({"one": network(server.port, "Anna", channels=(CHANNEL, "#other"))}, bundled=None)
    cases = [case for case in CASES if (bot.build / f"lib/seshet/modules/{case[0]}.so").exists()]
    for client, channel in ((olga, CHANNEL), (carol, "#other")):
        client.wait_for("Anna", channel)
        client.until_answered("Anna", channel)

    def ctl(*words):
        bot.ctl(*words, "--socket", str(bot.control))

    secret = bot.secret_file("password", PASSWORD)
    for name, *options in (("olga", "--owner"), ("bob",), ("carol",)):
        ctl("user", "add", name, *options, "--password-file", secret)

    def refused(client, module, call, channel=CHANNEL):
        """What to do about it, as the answer says."""
        text = client.ask("Anna", channel, call, "^\\w+: Only operators of ").text
        assert f"and who has the capability {module}.manage, may " in text, text
        return re.search("An owner gives it with: (.*)", text)[1]

    olga.ask("Anna", CHANNEL, "!quote add one", "That is quote #1")
    olga.ask("Anna", CHANNEL, "!quote add two", "That is quote #2")
    olga.ask("Anna", CHANNEL, "!remind in 1h tea", "it is number 1")
    olga.ask("Anna", CHANNEL, "!tea is a drink", "I will remember that")
    olga.ask("Anna", CHANNEL, "tea++", "tea has karma 1")

    # An account alone is no manager; the answer tells an owner what to say.
    bob.ask("Anna", None, f"auth bob {PASSWORD}", "bob")
    olga.ask("Anna", None, f"auth olga {PASSWORD}", "olga")
    for module, call, answer in cases:
        words = refused(bob, module, call)
        olga.ask("Anna", None, words.replace("ACCOUNT", "bob"), rf"bob now has {module}\.manage")
        bob.ask("Anna", CHANNEL, call, answer)

    # In one channel alone, by seshetctl; and no longer.
    carol.ask("Anna", "#other", "!quote add three", "That is quote #1")
    carol.ask("Anna", None, f"auth carol {PASSWORD}", "carol")
    refused(carol, "quotes", "!quote delete 3")
    ctl("capability", "add", f"{CHANNEL}.quotes.manage", "--user", "carol")
    carol.ask("Anna", CHANNEL, "!quote delete 3", "There is no quote #3")
    server.client("dora").join("#other")
    ctl("capability", "remove", f"{CHANNEL}.quotes.manage", "--user", "carol")
    refused(carol, "quotes", "!quote delete 2")
    ctl("capability", "remove", "quotes.manage", "--user", "bob")
    refused(bob, "quotes", "!quote delete 2")
