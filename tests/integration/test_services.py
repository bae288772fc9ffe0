"""Accounts of real services: how they are seen, what NickServ answers, and that the bot logs in.

What NickServ answers when it is asked for the account of a nick (A is a nick, N an account; bold
and the like taken away):

    atheme  ACC A *   "A -> N ACC 3"                     logged in to N, whatever the nick is
                      "A -> * ACC 0 (not registered)"    online, not logged in
                      "A -> * ACC 0 (offline)"           no such nick (also for masks and overlong nicks)
            ACC A     "A ACC 3"                          logged in to the account that owns the nick A
                      "A ACC 1", "A ACC 2"               A is registered; not logged in; recognized
                      "A ACC 0 (not registered)"         nobody owns the nick A, logged in or not
                      "A ACC 0 (offline)"
            ACC A N   "A -> N ACC 3"                     logged in to N; "ACC 1": to none or another
            STATUS    speaks of the asker alone: "You are logged in as N.", "You are not logged in."
            From inspircd, a blank ends the lines with a bare number ("A -> N ACC 3 ").
    anope   STATUS A  "STATUS A 3 N"                     logged in to N, and N owns the nick A
                      "STATUS A 2 " or "STATUS A 1 "     A is registered; recognized; not logged in
                      "STATUS A 0 "                      nobody owns the nick A, logged in or not; offline
            ACC       only if the network made it another name of STATUS, with the answer of STATUS;
                      further words ("*") are taken for nicks or not looked at

Both give A as the question wrote it. Anope does not tell the account of someone whose nick is not of that account: WHOIS does (330).
"""

import pytest

from harness.seshetd import network

CHANNEL = "#seshet"
PASSWORD = "s3cret-of-nickserv"

ALL = ["inspircd+anope", "inspircd+atheme", "ngircd+atheme"]

# Alice is logged in as "other", bob as bob, carl is not, dora is registered and gone.
ATHEME_ANSWERS = {
    "ACC Alice *": "Alice -> other ACC 3",
    "ACC bob *": "bob -> bob ACC 3",
    "ACC carl *": "carl -> * ACC 0 (not registered)",
    "ACC nobody *": "nobody -> * ACC 0 (offline)",
    "ACC b* *": "b* -> * ACC 0 (offline)",
    "ACC Alice": "Alice ACC 0 (not registered)",
    "ACC bob": "bob ACC 3",
    "ACC bob other": "bob -> other ACC 1",
    "STATUS bob": "You are not logged in.",
}
ANOPE_ANSWERS = {
    "STATUS Alice": "STATUS Alice 0",
    "STATUS bob": "STATUS bob 3 bob",
    "STATUS BOB": "STATUS BOB 3 bob",
    "STATUS carl": "STATUS carl 0",
    "STATUS nobody": "STATUS nobody 0",
    "STATUS b*": "STATUS b* 0",
    "ACC bob *": "STATUS bob 3 bob",
}


def answer_to(net, client, question):
    """What NickServ says to it, whole: each question has one line of answer."""
    client.send(f"PRIVMSG NickServ :{question}")
    message = client.expect(lambda m: m.command == "NOTICE" and m.nick == "NickServ")
    return net.plain(message.text).rstrip(" ")


@pytest.mark.parametrize("kind", ALL)
def test_accounts_of_services(parts, kind):
    net = parts.services(kind)
    alice, bob, carl = net.server.visitors("Alice", "bob", "carl")
    net.register(bob, "bob", PASSWORD)
    net.register(alice, "other", PASSWORD)
    assert net.account_of(carl, "Alice") == "other"
    assert net.account_of(carl, "bob") == "bob"
    assert net.account_of(carl, "carl") is None
    answers = ANOPE_ANSWERS if "anope" in kind else ATHEME_ANSWERS
    assert {ask: answer_to(net, carl, ask) for ask in answers} == answers
    net.logout(bob)
    assert net.account_of(carl, "bob") is None
    if "anope" in kind:
        assert answer_to(net, carl, "STATUS bob") == "STATUS bob 1"
    else:
        assert answer_to(net, carl, "ACC bob *") == "bob -> * ACC 0 (not registered)"
        assert answer_to(net, carl, "ACC bob") == "bob ACC 1"
    net.ask(carl, "IDENTIFY bob wrong", net.services.refused)
    assert net.account_of(carl, "carl") is None
    net.identify(bob, "bob", PASSWORD)
    assert net.account_of(carl, "bob") == "bob"
    if net.sasl:
        carl.send("CAP REQ :account-tag")
        carl.join(CHANNEL)
        bob.join(CHANNEL).say(CHANNEL, "with an account")
        assert carl.expect_say("bob", "with an account").tags["account"] == "bob"


def log_in_settings(bot, certs, port):
    """One identity for each way to log in, and one that cannot."""
    server = {"host": "localhost", "tls": True, "ca_file": str(certs.ca)}
    plain = {"mechanism": "PLAIN", "account": "owner", "password_file": bot.secret_file("right", PASSWORD)}
    wrong = {**plain, "password_file": bot.secret_file("wrong", "wr0ng-of-nickserv")}
    external = {"mechanism": "EXTERNAL", "cert_file": str(certs.client[0]), "key_file": str(certs.client[1])}
    ways = {"Anna": plain, "Bert": external, "Cleo": wrong}
    for nick, sasl in ways.items():
        bot.write_network(nick.lower(), network(port, nick, server=server, sasl=sasl))


@pytest.mark.parametrize("kind", ["inspircd+anope", "inspircd+atheme"])
def test_the_bot_logs_in_by_password_and_by_certificate(parts, certs, kind):
    net = parts.services(kind, tls=certs.good)
    context = certs.visitor()
    context.load_cert_chain(*certs.client)
    owner = net.server.client("owner", tls=context, welcome=False)
    visitor = net.server.client("visitor")
    net.register(owner.wait_welcome(), "owner", PASSWORD)
    net.add_certificate(owner)
    visitor.join(CHANNEL)
    bot = parts.bot({}, start=False)
    log_in_settings(bot, certs, net.port)
    bot.start()
    for nick in ("Anna", "Bert"):
        visitor.wait_for(nick, CHANNEL)
        assert net.account_of(visitor, nick) == "owner"
    bot.wait_log(network="cleo", level="warn|error", msg="(?i)sasl")
    assert "Cleo" not in visitor.names(CHANNEL)
    assert not any(PASSWORD in line or "wr0ng-of-nickserv" in line for line in bot.raw_log)


@pytest.mark.parametrize("kind", ["inspircd+anope", "ngircd+atheme"])
def test_services_come_and_go(parts, kind):
    """The harness: NickServ is away when it says so, and there when it says so."""
    net = parts.services(kind)
    visitor = net.server.client("visitor")
    net.register(visitor, "visitor", PASSWORD)
    net.stop_services()
    visitor.send("PRIVMSG NickServ :STATUS")
    visitor.expect(lambda m: m.command == "401")
    net.start_services()
    net.register(visitor, "again", PASSWORD)
    assert net.account_of(visitor, "visitor") == "again"
