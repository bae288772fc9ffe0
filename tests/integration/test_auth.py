"""Who is speaking: sessions and their end, wrong passwords, the order in which a command is judged.
On a scripted server, where sources have any address and do what no real server lets them do."""

import itertools
import re

import pytest

from harness.accounts import FULL, group, old_record, record, user
from harness.fake_server import ISUPPORT
from harness.process import wait_until
from harness.seshetd import network

CHANNEL = "#seshet"
OTHER = "#other"
HOST = "home.example.test"
PASSWORD = "right-password"
numbers = itertools.count(1000)


def marker(cli):
    """Who is heard, and may roll, whatever the policy."""
    user(cli, "marker", hostmasks=["*!*@*.marker.example.test"], capabilities=["trusted", "roll"])


class Place:
    """One network as the test plays it: everybody named is in both channels."""

    def __init__(self, fake, people, isupport=ISUPPORT, caps=""):
        self.peer = fake.accept().register(caps, isupport)
        self.people = people
        self.join()

    def join(self):
        self.peer.expect(lambda m: m.command == "JOIN")
        for channel in (CHANNEL, OTHER):
            self.peer.joined(channel, self.people)
        self.settled()

    def line(self, nick, rest, host=HOST):
        self.peer.send(f":{nick}!~u@{host} {rest}")

    def settled(self):
        """Everything that came before has been dealt with: what the bot said meanwhile."""
        number = next(numbers)
        self.peer.send(f":marker!~u@{number}.marker.example.test PRIVMSG Anna :!roll 1d1+{number}")
        came = self.peer.collect(lambda m: m.command == "PRIVMSG" and m.target == "marker")
        return [m for m in came[:-1] if m.command in ("PRIVMSG", "NOTICE")]

    def said(self, nick, text, target="Anna", host=HOST):
        """What the bot says to that at once, to whomever."""
        self.line(nick, f"PRIVMSG {target} :{text}", host)
        return self.settled()

    def login(self, nick, words, host=HOST):
        """What the bot answers to `auth`, when it has looked at the password."""
        while True:
            self.line(nick, f"PRIVMSG Anna :auth {words}", host)
            text = self.peer.expect(
                lambda m: m.command in ("PRIVMSG", "NOTICE") and m.target == nick).text
            # A record that is cheap to check is replaced at the first login.
            if "was changed just now" not in text:
                return text

    def who(self, nick, host=HOST):
        """The account that the bot knows, or None."""
        # The same answer is not given again and again: another one comes between.
        self.line(nick, f"PRIVMSG Anna :help x{next(numbers)}", host)
        came = self.said(nick, "whoami", host=host)
        [answer] = [m.text for m in came if re.match("You are|I do not know you", m.text)]
        known = re.match(r"You are (\S+), known by", answer)
        return known and known[1]

    def logged_in(self, nick="alice", account="alice", password=PASSWORD, host=HOST):
        assert "logged in as" in self.login(nick, f"{account} {password}", host)
        assert self.who(nick, host) == account

    def comes(self, nick, channel=CHANNEL, host=HOST):
        self.line(nick, f"JOIN {channel}", host)


# Says back whatever is said, and whatever line that came in.
EARS = """
#include <seshet/module.h>
#include <string.h>

static void on_message(seshet_ctx *ctx, const seshet_event *ev)
{
    seshet_say(ctx, ev->nick, "heard %s", ev->text);
}

static void on_raw(seshet_ctx *ctx, const seshet_event *ev)
{
    if (strstr(ev->text, " PRIVMSG "))
        seshet_say(ctx, "listener", "raw %s", ev->text);
}

SESHET_MODULE(
    .name = "ears", .version = "1.0", .description = "Hears all.",
    .events = SESHET_EVENTS({ SESHET_MESSAGE, on_message }, { SESHET_RAW, on_raw }))
"""

PEOPLE = ("alice", "bob", "carl", "dora")


class Stage:
    def __init__(self, parts, isupport=ISUPPORT, more=(), flood=None, **settings):
        self.redis = parts.redis()
        self.cli = self.redis.cli
        self.seed()
        self.fakes = {name: parts.fake() for name in ("one", *more)}
        self.bot = parts.bot(
            {name: network(fake.port, "Anna", (CHANNEL, OTHER), **settings)
             for name, fake in self.fakes.items()},
            registry=f"redis://127.0.0.1:{self.redis.port}",
            settings={"flood": flood} if flood else None)
        self.places = {name: Place(fake, PEOPLE, isupport if name == "one" else ISUPPORT)
                       for name, fake in self.fakes.items()}
        self.one = self.places["one"]

    def in_force(self):
        self.bot.in_force(self.cli)

    def replaced(self, account="alice"):
        """The cheap record of who logged in first is. Who logs in just before that logs in with a
        record that is not written any more, and his session ends with it."""
        self.bot.wait_log(event="auth.replaced", msg=f"record of {account} is")
        self.in_force()

    def seed(self):
        user(self.cli, "alice", PASSWORD)
        user(self.cli, "bob", PASSWORD, hostmasks=["*!*@bob.example.test"])
        user(self.cli, "safe", PASSWORD, hostmasks=["*!*@safe.example.test"], secure=True)
        user(self.cli, "old", old_record(PASSWORD))
        user(self.cli, "twin1", hostmasks=["*!*@twin.example.test"])
        user(self.cli, "twin2", hostmasks=["*!*@tw*.example.test"])
        user(self.cli, "trusty", hostmasks=["*!*@trusty.example.test"], capabilities=["trusted"])
        user(self.cli, "chief", services=["one/chief"], capabilities=["owner"])
        marker(self.cli)
        user(self.cli, "pariah", hostmasks=["*!*@pariah.example.test"], ignored=True)
        group(self.cli, "named", "user", ["alice"])
        group(self.cli, "nicked", "nick", ["alice"])
        group(self.cli, "shared", "password", password="open-sesame")
        group(self.cli, "services", "nickserv", ["alice", "other/bob", "one/carl"])


@pytest.fixture
def stage(parts):
    return Stage(parts)


def no_secrets(bot, *secrets):
    assert not [line for line in bot.raw_log if any(secret in line for secret in secrets)]


# ---- Sessions --------------------------------------------------------------------------------------


def test_a_session_ends_as_soon_as_nobody_can_say_who_it_is(parts):
    stage = Stage(parts, more=("two",))
    one, two = stage.one, stage.places["two"]

    def ended(nick="alice"):
        return one.who(nick) is None

    # A services account is of one network alone, whoever has that name on another.
    for place in (one, two):
        place.line("dora", "ACCOUNT chief")
    assert (one.who("dora"), two.who("dora")) == ("chief", None)
    # So is a session, and of one address.
    one.logged_in()
    stage.replaced()
    assert two.who("alice") is None
    assert one.who("alice", "elsewhere.example.test") is None
    assert ended()  # somebody with another address has the nick
    # A nick change keeps it, and whoever takes the old nick gets nothing.
    one.logged_in()
    one.line("alice", "NICK :[Alice]")
    one.comes("alice")
    assert one.who("[alice]") == "alice"
    assert one.who("{ALICE}") == "alice"  # the same nick, under rfc1459
    assert ended()
    one.line("alice", "QUIT :bye")
    one.line("[Alice]", "NICK :alice")
    assert one.who("alice") == "alice"
    # Quitting, also in a netsplit.
    for reason in ("bye", "a.example.test b.example.test"):
        one.line("alice", f"QUIT :{reason}")
        one.comes("alice")
        assert ended()
        one.comes("alice", OTHER)
        one.logged_in()
    # The last shared channel.
    one.line("alice", f"PART {OTHER}")
    assert not ended()
    one.line("alice", f"PART {CHANNEL}")
    one.comes("alice")
    assert ended()
    one.logged_in()
    one.line("dora", f"KICK {CHANNEL} alice :go")
    one.comes("alice")
    assert ended()
    # The bot leaves it.
    one.logged_in()
    one.line("dora", f"KICK {CHANNEL} Anna :go")
    one.peer.expect(lambda m: m.command == "JOIN")
    one.peer.joined(CHANNEL, PEOPLE)
    assert ended()
    # Another address on the way: told by CHGHOST, and seen by the next word.
    one.logged_in()
    one.line("alice", "CHGHOST ~u other.example.test")
    assert one.who("alice", "other.example.test") is None
    assert ended()
    # By his own word.
    one.logged_in()
    one.said("alice", "logout")
    assert ended()
    # The bot's own reconnect.
    one.logged_in()
    one.peer.close()
    one.peer = stage.fakes["one"].accept().register()
    one.join()
    assert ended()
    no_secrets(stage.bot, PASSWORD)


def test_a_session_ends_with_its_services_account(parts):
    stage = Stage(parts)
    one = stage.one
    one.line("alice", "ACCOUNT alice_s")
    one.logged_in()
    stage.replaced()
    one.line("alice", "ACCOUNT *")
    assert one.who("alice") is None
    # One that comes later counts from then on.
    one.logged_in()
    one.line("alice", "ACCOUNT alice_s")
    assert one.who("alice") == "alice"
    one.line("alice", "ACCOUNT somebody")
    assert one.who("alice") is None


def test_a_session_ends_with_the_password_it_was_begun_with(stage):
    one = stage.one
    one.logged_in()
    stage.cli("HSET", "seshet:user:alice", "password", record(PASSWORD))
    wait_until(lambda: one.who("alice") is None, 30, "the session ends")
    one.logged_in()
    stage.cli("DEL", "seshet:user:alice")
    stage.cli("SREM", "seshet:users", "alice")
    wait_until(lambda: one.who("alice") is None, 30, "the session ends")
    user(stage.cli, "alice", "another-password")
    stage.in_force()
    one.logged_in(password="another-password")
    # An old record is replaced, and that ends nothing.
    one.logged_in("carl", "old")
    wait_until(lambda: stage.cli("HGET", "seshet:user:old", "password").startswith("scrypt$"), 30,
               "the record is replaced")
    stage.bot.wait_log(event="auth.replaced")
    for _ in range(5):
        assert one.who("carl") == "old"


def test_who_shares_no_channel_and_who_is_secure(stage):
    one = stage.one
    assert "one minute" in one.login("stranger", f"alice {PASSWORD}")
    assert one.who("stranger") == "alice"
    # From then on it is a session like any other.
    one.comes("stranger")
    assert one.who("stranger") == "alice"
    one.line("stranger", "QUIT :bye")
    assert one.who("stranger") is None
    # A secure account: neither alone is enough.
    assert one.who("carl", "safe.example.test") is None
    assert "secure" in one.login("dora", f"safe {PASSWORD}")
    assert one.who("dora") is None
    one.line("carl", "QUIT :bye")
    one.comes("carl", host="safe.example.test")
    one.logged_in("carl", "safe", host="safe.example.test")
    # Two that match are nobody, and reported; a session decides.
    assert one.who("dora", "twin.example.test") is None
    warning = stage.bot.wait_log(event="auth.ambiguous", level="warn")["msg"]
    assert "twin1" in warning and "twin2" in warning
    assert one.who("bob", "bob.example.test") == "bob"


def test_look_alike_nicks_under_another_casemapping(parts):
    stage = Stage(parts, ISUPPORT.replace("rfc1459", "ascii"))
    one = stage.one
    one.comes("al[x]")
    one.comes("al{x}")
    one.logged_in("al[x]")
    assert one.who("AL[X]") == "alice"
    assert one.who("al{x}") is None
    assert one.who("al[x]") == "alice"


def test_a_nick_that_changes_while_the_password_is_checked(stage):
    one = stage.one
    user(stage.cli, "slow", record(PASSWORD, FULL))
    stage.in_force()
    one.peer.send(f":alice!~u@{HOST} PRIVMSG Anna :auth slow {PASSWORD}\r\n"
                  f":alice!~u@{HOST} NICK :other\r\n:alice!~u@{HOST} JOIN {CHANNEL}")
    one.peer.expect(lambda m: m.command in ("PRIVMSG", "NOTICE") and "logged in" in m.text)
    assert one.who("other") == "slow"
    assert one.who("alice") is None
    # And one who is gone gets none.
    one.peer.send(f":bob!~u@{HOST} PRIVMSG Anna :auth slow {PASSWORD}\r\n:bob!~u@{HOST} QUIT :bye\r\n"
                  f":bob!~u@{HOST} JOIN {CHANNEL}")
    one.peer.expect(lambda m: m.target == "bob" and "gone before" in m.text)
    assert one.who("bob") is None


def test_no_module_hears_a_password(stage, parts):
    one = stage.one
    stage.cli("HSET", "seshet:module:ears", "permissions", "raw")
    parts.module(stage.bot, "ears", EARS)

    def heard():
        one.said("alice", f"hello {next(numbers)}")
        return any(m.text.startswith("raw") for m in one.peer.history)

    wait_until(heard, 30, "the module is there")
    # In private also with a prefix that is none of ours, and in a channel as it is called there.
    for target, text in (("Anna", f"auth alice {PASSWORD}"), ("Anna", f"!AUTH {PASSWORD}"),
                         ("Anna", f"core.auth alice {PASSWORD}"), ("Anna", f".auth alice {PASSWORD}"),
                         ("Anna", f"Anna: /passwd {PASSWORD} another-password"),
                         (CHANNEL, f"!auth {PASSWORD}"), (CHANNEL, f"Anna: register x {PASSWORD}"),
                         ("Anna", "author of this")):
        one.line("alice", f"PRIVMSG {target} :{text}")
    one.peer.expect(lambda m: m.text.startswith("raw") and "author of this" in m.text)
    one.peer.expect(lambda m: m.text == "heard author of this")
    # Nobody but the one who said it gets it back.
    assert not [m for m in one.peer.history if PASSWORD in m.text and m.target != "alice"]
    assert not [m for m in one.peer.history if PASSWORD in m.text and m.text.startswith("heard")]


# ---- Wrong passwords -------------------------------------------------------------------------------


def looked_at(answer):
    return None if "Too many wrong passwords" in answer else answer


def test_wrong_passwords_cost_a_growing_delay(stage):
    one = stage.one
    assert "You can try again in 1s" in one.login("alice", "alice wrong-password")
    for wait in (2, 4):  # it grows
        answer = wait_until(lambda: looked_at(one.login("alice", "alice wrong-password")), 30,
                            "a password is looked at again", step=0.2)
        assert f"You can try again in {wait}s" in answer
    # Whatever the nick and the account: the source pays.
    assert "Too many wrong passwords" in one.login("carl", f"bob {PASSWORD}")
    # Whatever the source: the account pays.
    assert "Too many wrong passwords" in one.login("dora", f"alice {PASSWORD}", "far.example.test")
    # A name that does not exist answers the same, and is written to no log.
    assert "Wrong name or password" in one.login("dora", "s3cret-in-place wrong", "a.example.test")
    # Many sources, one account: it pays for all of them, but not where it is known by its hostmask.
    wait_until(lambda: "Too many wrong passwords" in one.login(
        "dora", "bob wrong-password", f"h{next(numbers)}.example.test"), 30, "the account pays")
    one.logged_in("bob", "bob", host="bob.example.test")
    no_secrets(stage.bot, "wrong-password", "s3cret-in-place", PASSWORD)


def test_a_flood_of_logins_holds_nobody_up(stage):
    one = stage.one
    user(stage.cli, "slow", record(PASSWORD, FULL))
    stage.in_force()
    one.peer.send("\r\n".join(
        [f":n{i}!~u@h{i}.example.test PRIVMSG Anna :auth {'slow' if i < 10 else f'none{i}'} wrong-password"
         for i in range(100)] + ["PING :now"]))
    came = one.peer.collect(lambda m: m.command == "PONG" and m.text == "now")
    # All were taken in while few passwords had been looked at; too many wait for nothing.
    answers = [m.text for m in came if m.command == "PRIVMSG"]
    assert len([text for text in answers if "Wrong name" in text]) < 40
    while len(answers) < 100:
        answers.append(one.peer.expect(lambda m: m.command == "PRIVMSG" and m.target[0] == "n").text)
    assert len([text for text in answers if "still looking" in text]) >= 30
    # And the bot can be stopped while it looks at passwords.
    for i in range(40):
        one.line(f"m{i}", f"PRIVMSG Anna :auth no{i} wrong-password", f"g{i}.example.test")
    one.peer.send("PING :stop")
    one.peer.expect(lambda m: m.command == "PONG" and m.text == "stop")
    stage.bot.stop()
    no_secrets(stage.bot, "wrong-password")


# ---- Profiles --------------------------------------------------------------------------------------


def guard(stage, **fields):
    """What the module echo asks for, in force."""
    for field, value in fields.items():
        stage.bot.ctl_json("module", "set", "echo", field, value)


def echoes(messages):
    return [(m.target, m.text) for m in messages if m.command == "PRIVMSG"]


def notices(messages):
    return [(m.target, m.text) for m in messages if m.command == "NOTICE"]


@pytest.mark.parametrize(
    "name, words",
    [("named", f"alice {PASSWORD}"), ("nicked", PASSWORD), ("shared", "open-sesame")])
def test_a_command_waits_for_its_source_to_be_authorized(stage, name, words):
    one = stage.one
    guard(stage, auth_group=name)
    came = one.said("alice", "!echo first", CHANNEL)
    [(target, how)] = notices(came)
    assert (target, echoes(came)) == ("alice", [])
    assert name in how and "/msg Anna auth" in how
    # Told once; the latest command counts.
    assert one.said("alice", "!echo second", CHANNEL) == []
    one.line("alice", f"PRIVMSG Anna :auth {words}")
    one.peer.expect(lambda m: m.command == "PRIVMSG" and m.target == CHANNEL and "second" in m.text)
    assert echoes(one.said("alice", "!echo third", CHANNEL))[0][0] == CHANNEL
    # Nobody else is in, by whatever name.
    assert echoes(one.said("bob", "!echo fourth", CHANNEL)) == []
    # It follows the nick, and does not run where he is not any more.
    one.line("bob", "NICK :bobby")
    one.line("bobby", f"PART {CHANNEL}")
    one.login("bobby", words)
    came = one.settled()
    assert not [m for m in came if "fourth" in m.text]
    one.line("alice", "QUIT :bye")
    far = "far.example.test"
    one.said("dora", "!echo fifth", CHANNEL, far)
    one.line("dora", "NICK :Alice", far)
    one.line("Alice", f"PRIVMSG Anna :auth {words}", far)
    one.peer.expect(lambda m: m.command == "PRIVMSG" and m.target == CHANNEL and "fifth" in m.text)
    no_secrets(stage.bot, PASSWORD, "open-sesame")


def test_the_account_must_be_a_member_and_the_password_said(stage):
    one = stage.one
    guard(stage, auth_group="named")
    one.logged_in("carl", "bob")
    assert echoes(one.said("carl", "!echo x", CHANNEL)) == []
    user(stage.cli, "alice", hostmasks=["*!*@known.example.test"])
    wait_until(lambda: one.who("dora", "known.example.test") == "alice", 30, "known by a hostmask")
    assert echoes(one.said("dora", "!echo x", CHANNEL, "known.example.test")) == []
    # A profile that does not exist is closed.
    guard(stage, auth_group="nonesuch")
    [(_, text)] = notices(one.said("alice", "!echo x", CHANNEL))
    assert "does not exist" in text


# ---- The order of the rules ------------------------------------------------------------------------


def reason(stage, nick="alice", host=HOST, channel=CHANNEL):
    where = ["--channel", channel] if channel else []
    return stage.bot.ctl_json("module", "why", "echo", "--source", f"{nick}!~u@{host}", *where,
                              "--text", "!echo x")


def agrees(stage, expected, nick="alice", host=HOST):
    """The explanation says so, with all edits in force, and so it happens."""
    stage.in_force()
    wait_until(lambda: reason(stage, nick, host)["reason"] == expected, 30, f"{expected} decides")
    came = stage.one.said(nick, f"!echo {next(numbers)}", CHANNEL, host)
    assert bool(echoes(came)) == reason(stage, nick, host)["allowed"]
    return came


def test_anticapabilities_and_capabilities(stage):
    one = stage.one
    user(stage.cli, "alice", hostmasks=["*!*@known.example.test"])
    wait_until(lambda: one.who("alice", "known.example.test") == "alice", 30, "he is known")
    known = {"host": "known.example.test"}
    agrees(stage, "enick")
    # Silence in the channel; told once, in private.
    stage.cli("SADD", "seshet:policy:capabilities", "-echo.echo")
    [(target, text)] = notices(agrees(stage, "anticapability"))
    assert target == "alice" and "-echo.echo" in text
    assert agrees(stage, "anticapability") == []
    # His own set is before that.
    user(stage.cli, "alice", capabilities=["echo.echo"])
    agrees(stage, "enick", **known)
    stage.cli("DEL", "seshet:policy:capabilities", "seshet:user:alice:capabilities")
    # Of one channel.
    stage.cli("SADD", f"seshet:network:one:channel:{CHANNEL}:capabilities", "-echo")
    agrees(stage, "anticapability")
    one.line("alice", f"PRIVMSG {OTHER} :!echo there")
    assert [target for target, _ in echoes(one.said("alice", "!echo here", CHANNEL))] == [OTHER]
    stage.cli("DEL", f"seshet:network:one:channel:{CHANNEL}:capabilities")
    # A default of deny, and one grant.
    stage.cli("HSET", "seshet:policy", "default_allow", "no")
    agrees(stage, "anticapability")
    stage.cli("SADD", "seshet:policy:capabilities", "echo")
    agrees(stage, "enick")
    # Still reachable: who one is.
    assert one.who("bob", "bob.example.test") == "bob"
    stage.cli("DEL", "seshet:policy", "seshet:policy:capabilities")
    # The module's own wish: by its own name only.
    agrees(stage, "enick")
    stage.cli("HSET", "seshet:module:echo", "capability", "vip")
    stage.cli("HSET", "seshet:policy", "default_allow", "no")
    stage.cli("SADD", "seshet:policy:registered", "echo")
    agrees(stage, "anticapability")
    agrees(stage, "capability", **known)
    user(stage.cli, "alice", capabilities=["vip"])
    agrees(stage, "enick", **known)


def test_who_is_not_heard(stage):
    one = stage.one
    trusty = {"nick": "carl", "host": "trusty.example.test"}
    agrees(stage, "enick")
    # The account's flag.
    agrees(stage, "ignored", "bob", "pariah.example.test")
    # A channel's own list.
    ignores = f"seshet:network:one:channel:{CHANNEL}:ignores"
    stage.cli("HSET", ignores, "*!*@home.example.test", "0", "*!*@trusty.example.test", "0")
    assert agrees(stage, "ignored") == []
    assert echoes(one.said("alice", "!echo there", OTHER))
    agrees(stage, "enick", **trusty)
    stage.cli("DEL", ignores)
    # Strangers; but saying who one is stays reachable, in private.
    stage.cli("HSET", "seshet:policy", "default_ignore", "yes")
    agrees(stage, "ignored")
    assert one.said("dora", "whoami", host="dora.example.test") == []
    assert one.said("dora", f"!auth alice {PASSWORD}", CHANNEL, "dora.example.test") == []
    one.logged_in(host="known.example.test")
    agrees(stage, "enick", host="known.example.test")
    agrees(stage, "enick", **trusty)
    stage.cli("DEL", "seshet:policy")
    agrees(stage, "enick")
    # A channel in which nobody is heard.
    lobotomy = f"seshet:network:one:channel:{CHANNEL}"
    stage.cli("HSET", lobotomy, "lobotomized", "yes")
    agrees(stage, "ignored")
    agrees(stage, "ignored", **trusty)
    assert echoes(one.said("alice", "!echo there", OTHER))
    stage.cli("DEL", lobotomy)
    agrees(stage, "enick")
