"""Several identities of one server: they must not take each other's words for commands, and nobody
may use that against others."""

from harness.irc import unique
from harness.seshetd import network

CHANNEL = "#seshet"

# Says its arguments as they stand, without the asker's nick: what another bot would take for a command.
PARROT = """
#include <seshet/module.h>

static void parrot(seshet_ctx *ctx, const seshet_event *ev)
{
    seshet_answer(ctx, "%s", ev->args);
}

SESHET_MODULE(
    .name = "parrot", .description = "Says it.",
    .commands = SESHET_COMMANDS({"parrot", parrot, .usage = "TEXT", .help = "Say it."}))
"""


def one_chain(parts, networks, visitor):
    """A command that another identity would pass on for ever, or only until it is asked to stop."""
    bot = parts.bot(networks)
    parts.module(bot, "parrot", PARROT)
    bot.wait_log(event="module.found", module="parrot")
    for nick in ("Anna", "Bert"):
        visitor.wait_for(nick, CHANNEL)
        assert visitor.answered(nick, CHANNEL, "!echo {}")
    for source, reason in (("Bert", "ours"), ("Anna", "ours"), ("visitor", "enick")):
        why = bot.ctl_json("module", "why", "echo", "--network", "one", "--source", source,
                           "--channel", CHANNEL)
        assert (why["reason"], why["allowed"]) == (reason, reason == "enick"), source
    word = unique("chain")
    visitor.say(CHANNEL, f"Anna: parrot !echo {word}")
    visitor.expect_say("Anna", f"!echo {word}", CHANNEL)
    visitor.answered("Bert", CHANNEL, "!echo {}")
    assert not [m for m in visitor.history if m.nick == "Bert" and word in m.line]


def test_two_identities_on_one_server_do_not_start_each_other(parts):
    server = parts.inspircd()
    one_chain(parts, {"one": network(server.port, "Anna"), "two": network(server.port, "Bert")},
              server.client("visitor").join(CHANNEL))


def test_also_when_the_server_is_reached_by_two_names_and_says_no_network(parts):
    server = parts.ngircd()
    two = network(server.port, "Bert", server={"host": "localhost"})
    one_chain(parts, {"one": network(server.port, "Anna"), "two": two},
              server.client("visitor").join(CHANNEL))


def test_a_server_cannot_make_the_bot_deaf_to_others(parts):
    """It claims to be another network, and calls the bot by the name of a user there."""
    server = parts.inspircd()
    evil = parts.fake()
    alice = server.client("alice").join(CHANNEL)
    parts.bot({"good": network(server.port, "Anna"), "evil": network(evil.port, "Mallory")})
    link = evil.accept().register(isupport="NETWORK=Testnet CASEMAPPING=rfc1459")
    alice.wait_for("Anna", CHANNEL)
    assert alice.answered("Anna", CHANNEL)
    link.send(f":{link.own_source} NICK :alice")
    link.send("PING :heard")
    link.expect_command("PONG")
    assert alice.answered("Anna", CHANNEL)
