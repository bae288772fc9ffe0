"""What a password is tried on, how many accounts a stranger makes, and whom a changed password keeps.
On the scripted server of test_auth."""

import re

from harness.accounts import group, user
from harness.fake_server import ISUPPORT
from harness.process import wait_until
from test_auth import CHANNEL, PASSWORD, Stage, echoes, guard

NEW = "another-password"


def refused(answer):
    assert re.match("Wrong name or password", answer), answer


def test_a_password_is_tried_on_one_thing(parts):
    stage = Stage(parts)
    one = stage.one
    hosts = (f"h{i}.example.test" for i in range(100))

    def login(nick, words, host=None):
        return one.login(nick, words, host or next(hosts))

    # The account that goes by the nick, and nothing else; then the only profile with a password.
    refused(login("alice", "open-sesame"))
    assert "authorized for shared" in login("dora", "open-sesame")
    # A profile by its name.
    assert "authorized for shared" in login("carl", "shared open-sesame")
    refused(login("carl", f"named {PASSWORD}"))  # has no password of its own
    # Two profiles: one must say which is meant. That costs nothing, and is not looked at.
    group(stage.cli, "second", "password", password="open-second")
    wait_until(lambda: "second" in str(stage.bot.ctl_json("group", "list")), 30, "it is there")
    said = login("dora", "open-second", "dora.example.test")
    assert "auth NAME PASSWORD" in said and "second, shared" in said and "open" not in said
    assert "authorized for second" in login("dora", "second open-second", "dora.example.test")
    # A command waits: its profile, though the nick is an account's as well.
    guard(stage, auth_group="second")
    assert echoes(one.said("alice", "!echo waits", CHANNEL)) == []
    one.line("alice", "PRIVMSG Anna :auth open-second")
    one.peer.expect(lambda m: m.command == "PRIVMSG" and m.target == CHANNEL and "waits" in m.text)
    # Of style nick: the account, never a profile's password. Of a wrong one nothing else is charged.
    guard(stage, auth_group="nicked")
    assert echoes(one.said("carl", "!echo in vain", CHANNEL)) == []
    refused(login("carl", "open-sesame", "home.example.test"))
    assert "authorized for shared" in login("carl", "shared open-sesame")
    refused(login("carl", "shared wrong-sesame"))
    assert "authorized for second" in login("carl", "second open-second")
    assert not [line for line in stage.bot.raw_log if "open-s" in line or PASSWORD in line]


def test_strangers_make_few_accounts(parts):
    stage = Stage(parts, flood={"source": "0", "register_host": "2/1h", "register_network": "4/2h"})
    one = stage.one

    def register(name, nick="alice", host="a.example.test"):
        one.line(nick, f"PRIVMSG Anna :register {name} {PASSWORD}", host)
        return one.peer.expect(lambda m: m.command == "PRIVMSG" and m.target == nick).text

    # What makes no account does not count, and a profile's name is nobody's.
    for name in ("bob", "SHARED", "a*b", "--owner"):
        assert "Not done" in register(name)
    for name in ("new1", "new2"):
        assert "registered as" in register(name)
    # Whatever the nick, and however the host is written.
    for nick, host in (("alice", "a.example.test"), ("dora", "A.example.test")):
        said = register("new3", nick, host)
        assert "at most 2 new accounts in 1h" in said and re.search(r"come again in (59m|1h)", said)
    # One /64 is one subscriber.
    assert "registered as" in register("new3", host="2001:db8::1")
    assert "registered as" in register("new4", host="2001:db8::2:1")
    assert "from your address" in register("new5", host="2001:db8::3")
    said = register("new5", host="b.example.test")
    assert "at most 4 new accounts in 2h are made on this network" in said
    # More are allowed, at once.
    stage.bot.settings["flood"]["register_network"] = "0"
    stage.bot.write_main()
    stage.bot.ctl_json("network", "rehash")
    assert "registered as" in register("new5", host="b.example.test")
    assert {f"new{i}" for i in range(1, 6)} < set(stage.cli("SMEMBERS", "seshet:users").split())


def test_networks_channels_casemappings_services_and_sessions_together(parts):
    """Network one folds letters only, network two []\\ as well."""
    stage = Stage(parts, ISUPPORT.replace("rfc1459", "ascii"), more=("two",))
    user(stage.cli, "mixed", services=["one/mix[", "two/mix["],
         capabilities=["one/#c[x.op", "two/#c[x.-op", "#c{x.op", "two/owner", "one/-roll", "roll"])

    def check(network, services, capability):
        answer = stage.bot.ctl_json("capability", "check", "--network", network, "--source",
                                    "alice!~u@home.example.test", "--services", services, capability)
        return answer["account"], answer["allowed"], answer["step"]

    wait_until(lambda: check("one", "mix[", "x")[0] == "mixed", 30, "the account is there")
    for network, services, capability, expected in (
            # Whose services account it is.
            ("one", "MIX[", "x", ("mixed", True, "default")),
            ("one", "mix{", "x", (None, True, "default")),
            ("two", "MIX{", "x", ("mixed", True, "owner")),
            # Which channel is meant, and whose word counts.
            ("one", "mix[", "#C[X.op", ("mixed", True, "own_set")),
            ("one", "mix[", "#c{x.kick", ("mixed", True, "channel_op")),
            ("one", "mix[", "#d.op", ("mixed", False, "privileged")),
            ("two", "mix[", "#c{x.op", ("mixed", True, "owner")),
            ("one", "mix[", "two/#c{x.op", ("mixed", True, "owner")),
            # Owner of two is nothing on one.
            ("one", "mix[", "owner", ("mixed", False, "owner_asked")),
            ("two", "mix[", "owner", ("mixed", True, "owner_asked")),
            ("one", "mix[", "two/owner", ("mixed", True, "owner_asked")),
            ("one", "mix[", "admin", ("mixed", False, "privileged")),
            ("one", "mix[", "roll", ("mixed", False, "own_set")),
            ("two", "mix[", "-roll", ("mixed", False, "owner"))):
        assert check(network, services, capability) == expected, (network, services, capability)
    # Without owner the network's own word is heard, in whichever case the channel is written.
    stage.cli("SREM", "seshet:user:mixed:capabilities", "two/owner")
    wait_until(lambda: check("two", "mix[", "#C{X.op") == ("mixed", False, "own_set"), 30, "no owner")
    # Who has logged in is that account, whatever services account he has; on this network alone.
    stage.places["one"].logged_in("alice")
    assert check("one", "mix[", "x")[0] == "alice"
    assert check("two", "mix[", "x")[0] == "mixed"


def test_what_one_does_to_his_account(parts):
    stage = Stage(parts)
    one = stage.one
    # A mask of his own does not mean everybody who comes from the same gateway.
    cloak = "gateway/web/x-1"
    one.logged_in("carl", "bob", host=cloak)
    for mask, answer in (("*!*@gateway/web/*", "too wide"), ("*!*@gateway/web/x-1", "now means bob")):
        one.line("carl", f"PRIVMSG Anna :hostmask add {mask}", cloak)
        one.peer.expect(lambda m: m.target == "carl" and answer in m.text)
    # Who changes his password stays logged in, and nobody else does.
    one.logged_in("alice")
    stage.replaced()
    one.logged_in("dora", "alice")
    one.line("alice", f"PRIVMSG Anna :passwd {PASSWORD} {NEW}")
    one.peer.expect(lambda m: m.target == "alice" and "password of alice is changed" in m.text)
    assert one.who("alice") == "alice"
    assert one.who("dora") is None
    one.logged_in("dora", "alice", NEW)
    assert not [line for line in stage.bot.raw_log if PASSWORD in line or NEW in line]


def test_nobody_gains_by_accounts_that_vanish(parts):
    stage = Stage(parts)
    one, cli = stage.one, stage.cli

    def state():
        return stage.bot.ctl_json("status")["registry"]

    def says(nick, text, answer):
        one.line(nick, f"PRIVMSG Anna :{text}")
        one.peer.expect(lambda m: m.target == nick and re.search(answer, m.text))

    cli("SADD", "seshet:user:alice:capabilities", "admin")
    one.logged_in("alice")
    stage.replaced()
    # The set of accounts alone: whoever makes one of that name has nothing of what it had.
    members = cli("SMEMBERS", "seshet:users").split()
    cli("DEL", "seshet:users")
    wait_until(lambda: one.who("alice") is None, 30, "nobody is known")
    says("dora", f"register alice {PASSWORD}", "registered as alice")
    assert one.who("alice") is None
    one.logged_in("dora", "alice")
    says("dora", "capability list", "alice has: none")
    one.said("dora", "logout")
    cli("SADD", "seshet:users", *members)
    # Another database in the place of ours, as with everything lost: what was known stays in force, and
    # nothing is written.
    wait_until(lambda: one.who("bob", "bob.example.test") == "bob", 30, "they are back")
    for lose in (("SWAPDB", "0", "1"), ("FLUSHALL",)):
        cli(*lose)
        wait_until(lambda: state()["state"] == "emptied", 30, f"{lose[0]} is seen")
        assert one.who("bob", "bob.example.test") == "bob"
        says("dora", f"register new {PASSWORD}", "Not done")
        says("dora", "status", "registry emptied; ")  # strangers do not hear where Redis is
        if lose[0] == "SWAPDB":
            cli("SWAPDB", "0", "1")
            wait_until(lambda: state()["state"] == "synced", 30, "it is back")
    # Accepted by a person: nobody is anybody.
    cli("HSET", "seshet:meta", "accepted", state()["reason"].split()[-1])
    wait_until(lambda: stage.bot.ctl_json("capability", "check", "x", "--source",
                                          "bob!~u@bob.example.test")["account"] is None, 30, "nobody")
    says("dora", f"register chief {PASSWORD}", "registered as chief")
    says("dora", f"auth chief {PASSWORD}", "logged in as chief")
    says("dora", "capability check owner", "owner: no")
