"""Services accounts as authorization: real services, and a NickServ that does what no real one would."""

import itertools

import pytest

from harness.accounts import group, user
from harness.process import wait_until
from harness.seshetd import network
from test_auth import CHANNEL, HOST, PASSWORD, PEOPLE, Place, echoes, marker, notices

SERVICES = "NickServ!services@services.example.test"
WITH_TAGS = "account-tag account-notify extended-join"
numbers = itertools.count(5000)


def seed(cli):
    marker(cli)
    group(cli, "services", "nickserv", ["alice", "other/bob", "one/carl"])
    user(cli, "carl", services=["one/carl"], capabilities=["owner"])
    cli("SADD", "seshet:modules", "echo")
    cli("HSET", "seshet:module:echo", "auth_group", "services", "enabled", "yes")
    cli("SADD", "seshet:module:echo:enicks", "$me")


# ---- Real services ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["inspircd+anope", "inspircd+atheme", "ngircd+atheme", "ngircd+anope"])
def test_style_nickserv_with_real_services(parts, kind):
    net = parts.services(kind)
    redis = parts.redis()
    seed(redis.cli)
    alice, bob, dora = net.server.visitors("alice", "bob", "dora")
    for client in (alice, bob, dora):
        client.join(CHANNEL)
    net.register(alice, "alice", PASSWORD)
    net.register(bob, "bob", PASSWORD)
    bot = parts.bot({"one": network(net.port, "Anna")},
                    registry=f"redis://127.0.0.1:{redis.port}")
    alice.wait_for("Anna", CHANNEL)
    # A member is let in; the first time NickServ may have to be asked.
    alice.say(CHANNEL, "!echo of a member")
    alice.expect_say("Anna", "of a member", target=CHANNEL)
    # Who is not, is told in private, and so is who has not identified.
    for client, text in ((bob, "bob"), (dora, "identify to NickServ")):
        client.say(CHANNEL, f"!echo of {client.nick}")
        notice = client.expect(lambda m: m.command == "NOTICE" and m.nick == "Anna")
        assert text in notice.text.lower() or text in notice.text
    # The command runs once he has.
    if kind == "ngircd+anope":  # STATUS tells only of nicks that belong to the account
        net.ask(dora, f"GROUP alice {PASSWORD}", "now in the group of")
    else:
        net.identify(dora, "alice", PASSWORD)
    dora.expect_say("Anna", "of dora", target=CHANNEL)
    assert not [m for m in alice.history if "of bob" in m.text and m.nick == "Anna"]
    # The other way round: he logs out.
    if net.sasl:
        net.logout(alice)
        alice.say(CHANNEL, "!echo not any more")
        alice.expect(lambda m: m.command == "NOTICE" and m.nick == "Anna" and "identify" in m.text)
        assert not [m for m in alice.history if "not any more" in m.text and m.nick == "Anna"]
    assert not [line for line in bot.raw_log if PASSWORD in line]


def test_passwords_and_secure_accounts_on_a_real_server(parts):
    net = parts.services("inspircd+anope")
    redis = parts.redis()
    seed(redis.cli)
    user(redis.cli, "alice", PASSWORD)
    user(redis.cli, "safe", PASSWORD, services=["one/guard"], secure=True)
    group(redis.cli, "named", "user", ["alice"])
    group(redis.cli, "nicked", "nick", ["alice"])
    group(redis.cli, "shared", "password", password="open-sesame")
    alice, bob, guard = net.server.visitors("alice", "bob", "guard")
    for client in (alice, bob, guard):
        client.join(CHANNEL)
    bot = parts.bot({"one": network(net.port, "Anna")},
                    registry=f"redis://127.0.0.1:{redis.port}")
    alice.wait_for("Anna", CHANNEL)

    def told(client, text):
        return client.expect(lambda m: m.nick == "Anna" and m.target == client.nick and text in m.text)

    for name, words in (("named", f"alice {PASSWORD}"), ("nicked", PASSWORD), ("shared", "open-sesame")):
        bot.ctl_json("module", "set", "echo", "auth_group", name)
        for client in (alice, bob):
            client.say(CHANNEL, f"!echo {name} of {client.nick}")
            told(client, "/msg Anna auth")
        alice.say("Anna", f"auth {words}")
        alice.expect_say("Anna", f"{name} of alice", target=CHANNEL)
        alice.say("Anna", "logout")
        told(alice, "session has ended")
    assert not [m for m in alice.history if "of bob" in m.text and m.nick == "Anna"]
    # A secure account: neither the password alone, nor the services account alone.
    for say, answer in (("auth safe " + PASSWORD, "none of them is yours"), ("whoami", "I do not know you")):
        guard.say("Anna", say)
        told(guard, answer)
    net.register(guard, "guard", PASSWORD)
    wait_until(lambda: net.account_of(bob, "guard") == "guard", 30, "the server knows it")
    guard.say("Anna", "whoami")
    told(guard, "services account one/guard of safe, which is secure: it needs a login too")
    guard.say("Anna", "auth safe " + PASSWORD)
    told(guard, "logged in as safe")
    guard.say("Anna", "whoami")
    told(guard, "You are safe")
    net.logout(guard)
    wait_until(lambda: net.account_of(bob, "guard") is None, 30, "the server knows it")
    guard.say("Anna", "whoami")
    told(guard, "I do not know you")
    assert not [line for line in bot.raw_log if PASSWORD in line or "open-sesame" in line]


# ---- A NickServ of ours ----------------------------------------------------------------------------


class Stage:
    def __init__(self, parts, caps="", **services):
        self.redis = parts.redis()
        seed(self.redis.cli)
        self.fake = parts.fake()
        self.bot = parts.bot({"one": network(self.fake.port, "Anna", (CHANNEL, "#other"),
                                             services=services or {"style": "auto"})},
                             registry=f"redis://127.0.0.1:{self.redis.port}")
        self.one = Place(self.fake, PEOPLE, caps=caps)
        self.peer = self.one.peer
        self.calls = 0

    def call(self, nick, host=HOST, target=CHANNEL):
        """A command that NickServ must be asked about. Gives its text."""
        text = f"call{next(numbers)}x"
        self.one.line(nick, f"PRIVMSG {target} :!echo {text}", host)
        return text

    def asked(self, nick, how="ACC {} *"):
        self.peer.expect(lambda m: m.command == "PRIVMSG" and m.target == "NickServ"
                         and m.text == how.format(nick))

    def whois(self, *middle, user="services", host="services.example.test"):
        self.peer.expect(lambda m: m.command == "WHOIS" and m.params[0] == "NickServ")
        self.peer.reply("311", "NickServ", user, host, "*", "Nickname Services")
        for number, text in middle:
            self.peer.reply(number, "NickServ", text)
        self.peer.reply("318", "NickServ", "End of /WHOIS list.")

    def notice(self, text, source=SERVICES):
        self.peer.send(f":{source} NOTICE Anna :{text}")

    def answered(self, text):
        """Whether the call was answered in the channel."""
        return any(text in said for _, said in echoes(self.one.settled()))


def test_answers_that_count_and_those_that_do_not(parts):
    stage = Stage(parts)
    one = stage.one
    # Its address is learned first; nothing is believed before.
    text = stage.call("alice")
    stage.notice("alice -> alice ACC 3")
    stage.whois(("313", "is a Network Service"))
    stage.asked("alice")
    assert not stage.answered(text)
    # Not from whoever has the nick, nor from a nick that looks like it.
    stage.notice("alice -> alice ACC 3", "NickServ!u@home.example.test")
    stage.notice("alice -> alice ACC 3", "Nickserv`!services@services.example.test")
    # Not about somebody else, nor something else.
    stage.notice("bob -> alice ACC 3")
    stage.notice("This nickname is registered.")
    assert not stage.answered(text)
    stage.bot.wait_log(event="auth.nickserv", msg="who is not it")
    stage.notice("\2alice\2 -> \2alice\2 ACC 3")
    assert stage.answered(text)
    # Known now, while he keeps the nick; a later answer is nobody's.
    assert stage.answered(stage.call("alice"))
    stage.notice("alice -> * ACC 0 (offline)")
    assert stage.answered(stage.call("alice"))
    # An account of another network does not count here, and one of this network only does.
    text = stage.call("bob")
    stage.asked("bob")
    stage.notice("bob -> bob ACC 3")
    assert notices(one.settled())[0][0] == "bob"
    text = stage.call("dora")
    stage.asked("dora")
    stage.notice("dora -> CARL ACC 3")
    assert stage.answered(text)


def test_an_answer_for_one_person_is_never_taken_for_another(parts):
    stage = Stage(parts, host="services.example.test", style="acc")
    one = stage.one
    # Asked about alice, who goes; somebody else takes the nick: the late answer is dropped, and so
    # it is when it comes twice.
    lost = stage.call("alice")
    stage.asked("alice")
    one.line("alice", "QUIT :bye")
    one.comes("alice", host="evil.example.test")
    evil = stage.call("alice", "evil.example.test")
    stage.notice("alice -> alice ACC 3")
    stage.notice("alice -> alice ACC 3")
    assert not stage.answered(lost) and not stage.answered(evil)
    # The same with a change of nick on the way.
    text = stage.call("bob")
    stage.asked("bob")
    one.line("bob", "NICK :bobby")
    one.line("dora", "NICK :bob")
    evil = stage.call("bob")
    stage.notice("bob -> alice ACC 3")
    assert not stage.answered(evil)
    # What was known goes with the nick and with the person.
    text = stage.call("carl")
    stage.asked("carl")
    stage.notice("carl -> alice ACC 3")
    assert stage.answered(text)
    one.line("carl", f"PART {CHANNEL}")
    one.comes("carl")
    again = stage.call("carl")
    stage.asked("carl")
    assert not stage.answered(again)
    # An account with an owner's name, at another host, is nobody to us: only accounts of this network.
    assert one.who("dora") is None


def test_nickserv_that_is_none(parts):
    stage = Stage(parts)
    text = stage.call("alice")
    stage.whois(("317", "seconds idle"), user="u", host="home.example.test")
    stage.bot.wait_log(event="auth.nickserv", level="warn", msg="does not say")
    stage.notice("alice -> alice ACC 3", "NickServ!u@home.example.test")
    assert not stage.answered(text)


def test_status_where_acc_is_not_known(parts):
    stage = Stage(parts)
    text = stage.call("alice")
    stage.whois(("310", "is an IRC service"))
    stage.asked("alice")
    stage.notice("Unknown command \2ACC alice *\2. \"/msg NickServ HELP\" for help.")
    stage.asked("alice", "STATUS {}")
    stage.notice("STATUS alice 3 alice")
    assert stage.answered(text)


def test_where_the_network_tells_nobody_is_asked(parts):
    stage = Stage(parts, caps=WITH_TAGS)
    one = stage.one

    def tagged(nick, account, text):
        tag = f"@account={account} " if account else ""
        stage.peer.send(f"{tag}:{nick}!~u@{HOST} PRIVMSG {CHANNEL} :!echo {text}")
        return echoes(one.settled()), notices(one.settled())

    assert tagged("alice", "alice", "x1")[0]
    assert tagged("bob", "bob", "x2")[0] == []
    # The command waits for ACCOUNT.
    assert tagged("dora", None, "x3")[0] == []
    stage.peer.send(f":dora!~u@{HOST} ACCOUNT carl")
    assert any("x3" in said for _, said in echoes(one.settled()))
    assert not [m for m in stage.peer.history if m.target == "NickServ"]
    # The services account of one of our accounts is that account, here alone.
    assert one.who("dora") is None  # by a message without the tag: not logged in


def test_a_command_that_waits_is_never_run_for_the_nicks_next_holder(parts):
    stage = Stage(parts, host="services.example.test", style="acc")
    one = stage.one
    far = "far.example.test"

    def waits(nick, host=far):
        text = stage.call(nick, host)
        stage.asked(nick)
        stage.notice(f"{nick} -> * ACC 0 (not registered)")
        one.settled()
        return text

    # He leaves, and a member takes the nick: the member is not even asked about.
    text = waits("bob")
    for channel in (CHANNEL, "#other"):
        one.line("bob", f"PART {channel}", far)
    one.line("alice", "NICK :bob")
    # The nick is taken from somebody who is there.
    other = waits("carl")
    one.line("dora", "NICK :carl")
    # The next round of questions, which this one is asked in, has come.
    one.comes("erin", host=far)
    last = waits("erin")
    stage.asked("erin")
    asked = [m.text for m in stage.peer.history if m.target == "NickServ"]
    assert asked.count("ACC bob *") == 1 and asked.count("ACC carl *") == 1
    stage.notice("bob -> alice ACC 3")
    stage.notice("carl -> alice ACC 3")
    assert not stage.answered(text) and not stage.answered(other)
    stage.notice("erin -> alice ACC 3")
    assert stage.answered(last)
    # Whom the bot does not see says it again himself, also when the first answer is a good one.
    text = stage.call("ghost", far, "Anna")
    stage.asked("ghost")
    stage.notice("ghost -> alice ACC 3")
    came = one.settled()
    assert not [m for m in came if text in m.text] and "say it again" in came[0].text.lower()
    text = stage.call("ghost", far, "Anna")
    assert any(text in m.text for m in one.settled())
    # Somebody else with the nick is nobody that was answered for.
    text = stage.call("ghost", "evil.example.test", "Anna")
    assert not any(text in m.text for m in one.settled())
