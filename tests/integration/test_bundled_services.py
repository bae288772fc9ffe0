"""The bundled modules and the accounts of real services: a nick is anybody's, an account is not."""

from harness.seshetd import network

CHANNEL = "#seshet"
PASSWORD = "s3cret-of-nickserv"


def test_accounts_of_services(parts):
    net = parts.services("inspircd+atheme")
    olga, alice, mallory = net.server.visitors("olga", "alice", "mallory")
    net.register(alice, "ali", PASSWORD)
    for client in (olga, alice, mallory):
        client.join(CHANNEL)
    redis = parts.redis()
    redis.cli("SADD", "seshet:modules", "autoop")
    redis.cli("SADD", "seshet:module:autoop:enicks", "$me")
    redis.cli("HSET", "seshet:module:autoop", "enabled", "yes", "permissions", "raw")
    parts.bot({"one": network(net.port, "Anna")}, bundled=None, registry=f"redis://127.0.0.1:{redis.port}/0")
    for client in (olga, alice, mallory):
        client.wait_for("Anna", CHANNEL)
    olga.until_answered("Anna", CHANNEL)

    # Where the account is known, it and not the host is written down.
    olga.until_answered("Anna", CHANNEL, "!autoop remove nobody{}", "Nobody of that nick is here")
    alice.ask("Anna", CHANNEL, "!remind in 1h tea", "it is number 1")
    alice.ask("Anna", CHANNEL, "!tell zoe tea", "I will tell zoe")
    olga.ask("Anna", CHANNEL, "!autoop add alice", "account:ali gets \\+o from now on")
    olga.send(f"MODE {CHANNEL} +o Anna")
    olga.expect(lambda m: m.command == "MODE" and m.params[1:] == ["+o", "alice"])

    # Somebody else takes the nick.
    alice.send("NICK al")
    mallory.expect(lambda m: m.command == "NICK" and m.text == "al")
    olga.send(f"MODE {CHANNEL} -o al")
    mallory.send("NICK alice")
    mallory.expect(lambda m: m.command == "NICK" and m.text == "alice")
    mallory.nick, alice.nick = "alice", "al"
    mallory.ask("Anna", CHANNEL, "!remind list", "You have no reminders here")
    mallory.ask("Anna", CHANNEL, "!remind cancel 1", "Only operators of ")
    mallory.ask("Anna", CHANNEL, "!untell zoe", "No message of yours waits for zoe")
    mallory.send(f"PART {CHANNEL}")
    mallory.join(CHANNEL)
    alice.ask("Anna", CHANNEL, "!untell zoe", "1 message is taken back")
    alice.ask("Anna", CHANNEL, "!remind cancel 1", "Reminder 1 is cancelled")

    # Who comes first and logs in then.
    net.logout(alice)
    alice.send(f"PART {CHANNEL}")
    alice.join(CHANNEL)
    olga.ask("Anna", CHANNEL, "!echo nobody is given anything", "nobody is given anything")
    net.identify(alice, "ali", PASSWORD)
    olga.expect(lambda m: m.command == "MODE" and m.params[1:] == ["+o", "al"])
    given = [m.params[1:] for m in olga.history if m.command == "MODE" and m.nick == "Anna"]
    assert given == [["+o", "alice"], ["+o", "al"]]
