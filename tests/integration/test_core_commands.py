"""The commands that are built in, said on IRC.

One bot serves all cases. Who is who: olga has owner, adam has admin, carl has the op of the
channel (and is its operator on the IRC server), nora has an account and nothing else, tim has
trusted and admin on another network; the others are unknown."""

import base64
import hashlib
import pathlib
import re
import shutil
import tempfile

import pytest

import sources
from conftest import Parts
from harness.irc import unique
from harness.process import wait_until
from harness.seshetd import network

BOT = "Anna"
CHANNEL = "#seshet"


def record(password):
    """As the server writes it, but cheap."""
    salt = b"0123456789abcdef"
    digest = hashlib.scrypt(password.encode(), salt=salt, n=1024, r=8, p=1, dklen=32)
    return f"scrypt$1024$8$1${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


class Stage:
    def __init__(self, parts):
        self.parts = parts
        self.server = parts.ngircd()
        self.carl = self.server.client("carl").join(CHANNEL)
        self.bot = parts.bot({"one": network(self.server.port, BOT)}, start=False)
        self.bot.start()
        self.carl.wait_for(BOT, CHANNEL)
        for name in ("olga", "adam", "carl", "nora", "tim"):
            self.account(name, hostmasks=[f"one/{name}!*@*"])
        self.cli("SADD", "seshet:user:olga:capabilities", "owner")
        self.cli("SADD", "seshet:user:adam:capabilities", "admin")
        self.cli("SADD", "seshet:user:carl:capabilities", f"one/{CHANNEL}.op")
        self.cli("SADD", "seshet:user:tim:capabilities", "trusted", "two/admin")
        self.olga, self.adam, self.nora, self.tim, self.zoe = (
            self.server.client(name).join(CHANNEL) for name in ("olga", "adam", "nora", "tim", "zoe")
        )
        self.bot.in_force()
        self.known(self.tim, "tim")

    def cli(self, *words):
        return self.bot.cli(*words)

    def account(self, name, password=None, hostmasks=()):
        self.cli("SADD", "seshet:users", name)
        self.cli("HSET", f"seshet:user:{name}", "password", record(password) if password else "",
                 "secure", "no")
        for mask in hostmasks:
            self.cli("SADD", f"seshet:user:{name}:hostmasks", mask)

    def set_of(self, key):
        return set(self.cli("SMEMBERS", f"seshet:{key}").split())

    def until(self, client, text, wanted):
        """Asks in private until the answer is so: what was written by redis-cli is in force."""
        client.until(BOT, None, f"!{text}", wanted, core=True)

    def known(self, client, name):
        """Waits until the bot takes the client for that account; None: for nobody."""
        self.until(client, "whoami", f"You are {name}," if name else "I do not know you")

    def ask(self, client, text, answer="", channel=None):
        """The answer to a command, in private unless a channel is given."""
        client.unread.clear()
        return client.ask(BOT, channel, f"!{text}", answer).text

    def notice(self, client, text, answer, channel=None):
        """The bot's notice to the client alone."""
        client.unread.clear()
        client.say(channel or BOT, f"!{text}")
        return client.expect(
            lambda m: m.command == "NOTICE" and m.nick == BOT and re.search(answer, m.text)
        ).text

    def heard(self, client, target, text):
        """Says it, before anybody says anything after this."""
        client.say(target, text)
        client.names(CHANNEL)

    def log_in(self, client, name, password):
        """After wrong passwords of others: those cost time."""

        def done():
            answer = self.ask(client, f"auth {name} {password}")
            return not re.search("Too many|wrong", answer) and answer

        return wait_until(done, 30, f"{client.nick} is logged in as {name}", step=0.3)

    def silent(self, client, text, channel=CHANNEL):
        """Nothing is said in the channel. What was told in private is the result."""
        client.unread.clear()
        lines = client.between(BOT, channel, f"!{text}", core=True)
        heard = [m.text for m in lines if m.target == channel]
        assert not any(text.startswith(f"{client.nick}: ") for text in heard), lines
        return [m.text for m in lines if m.target == client.nick]


@pytest.fixture(scope="module")
def whole(request):
    path = pathlib.Path(tempfile.mkdtemp(prefix="seshet-"))
    path.chmod(0o755)
    parts = Parts(path, request.node)
    stage = None
    try:
        stage = Stage(parts)
        yield stage
    finally:
        if stage is None:
            for part in parts.started:
                if hasattr(part, "control"):
                    print(part.log_tail(200))
        parts.bring_down(failed=stage is None or request.session.testsfailed > 0)
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def stage(whole, request):
    request.node.seshet_parts = whole.parts.started
    return whole


# ---- Who is speaking ------------------------------------------------------------------------------


def test_whoami(stage):
    assert "You are olga, known by hostmask" in stage.ask(stage.olga, "whoami")
    stage.ask(stage.zoe, "whoami", "I do not know you")
    stage.ask(stage.nora, "whoami", r"nora: You are nora", channel=CHANNEL)


def test_default_ignore_leaves_the_door_open(stage):
    """First of those that log in: wrong passwords of others would make it wait."""
    stage.account("paula", "correct horse")
    stage.cli("HSET", "seshet:policy", "default_ignore", "yes")
    try:
        guest = stage.server.client("gast").join(CHANNEL)

        def ignored():
            guest.say(BOT, "!whoami")
            return stage.bot.find_log(event="route.ignored", msg="gast: .*default_ignore")

        wait_until(ignored, 30, "gast is ignored", step=0.05)
        stage.ask(guest, "auth paula correct horse", "paula")
        stage.ask(guest, "ping", "pong")
    finally:
        stage.cli("HDEL", "seshet:policy", "default_ignore")
    stage.zoe.until_answered(BOT, None)
    stage.known(stage.zoe, None)
    guest.send("QUIT")


def test_auth_and_logout(stage):
    guest = stage.server.client("guest").join(CHANNEL)
    assert "paula" in stage.log_in(guest, "paula", "correct horse")
    stage.ask(guest, "whoami", "You are paula, known by .*session")
    stage.ask(guest, "logout", "session has ended")
    stage.ask(guest, "whoami", "I do not know you")
    stage.ask(guest, "logout", "no session")
    stage.ask(guest, "auth paula wrong-password", "(?i)wrong")
    stage.ask(guest, "whoami", "I do not know you")
    guest.send("QUIT")


def test_passwords_in_a_channel_are_refused(stage):
    for command in ("auth paula open-secret", "register someone open-secret", "passwd old-one open-secret"):
        warning = stage.notice(stage.zoe, command, "channel", CHANNEL)
        assert "open-secret" not in warning and "change it" in warning
    assert "someone" not in stage.set_of("users")
    assert not any("open-secret" in line for line in stage.bot.raw_log)


def test_register_and_passwd(stage):
    guest = stage.server.client("rita").join(CHANNEL)
    stage.ask(guest, "register rita", "Usage: !register")
    stage.ask(guest, "register rita short", "at least")
    stage.ask(guest, "register ri*ta long-enough", "letters")
    stage.ask(guest, "register NORA long-enough", "taken")
    stage.ask(guest, "register rita long-enough", "registered as rita")
    assert stage.cli("HGET", "seshet:user:rita", "password").startswith("scrypt$")
    stage.ask(guest, "register rita long-enough", "taken|account")
    stage.ask(guest, "passwd long-enough other-one", "do not know who you are")
    stage.log_in(guest, "rita", "long-enough")
    stage.ask(guest, "passwd long-enough bad", "at least")
    stage.ask(guest, "passwd long-enough other-one", "password of rita is changed")
    stage.ask(guest, "logout", "session has ended|no session")
    stage.ask(guest, "auth rita long-enough", "(?i)wrong")
    stage.log_in(guest, "rita", "other-one")
    stage.ask(guest, "passwd wrong-one third-one", "Not done")
    stage.ask(guest, "logout", "session has ended")
    stage.ask(guest, "register nina long-enough", "registered as nina")
    stage.cli("HSET", "seshet:policy", "registration", "closed")
    stage.until(guest, "register nora long-enough", "administrators")
    stage.ask(guest, "register nick long-enough", "administrators")
    stage.cli("HDEL", "seshet:policy", "registration")
    assert "nick" not in stage.set_of("users")
    guest.send("QUIT")


def test_hostmasks(stage):
    assert "one/nora!*@*" in stage.ask(stage.nora, "hostmask list")
    stage.ask(stage.nora, "hostmask add nora!*@127.0.*", "one/.*now means nora")
    assert "one/nora!*@127.0.*" in stage.set_of("user:nora:hostmasks")
    stage.ask(stage.nora, "hostmask remove nora!*@127.0.*", "no longer means nora")
    stage.ask(stage.nora, "hostmask add *", "Not done")
    stage.ask(stage.nora, "hostmask add *!*@*", "Not done")
    stage.ask(stage.nora, "hostmask add olga!*@*", "Not done")
    stage.ask(stage.zoe, "hostmask add zoe!*@*", "do not know who you are")
    stage.ask(stage.zoe, "hostmask list", "do not know who you are")
    assert stage.set_of("user:nora:hostmasks") == {"one/nora!*@*"}
    # Another one's hostmask is another one's password: an administrator may not write it either.
    stage.notice(stage.adam, "hostmask add olga adam!*@*", "needs the capability owner")
    stage.ask(stage.olga, "hostmask add nora nora2!*@*", "now means nora")
    stage.ask(stage.olga, "hostmask remove nora nora2!*@*", "no longer means nora")
    stage.ask(stage.olga, "hostmask add nobody-here nora2!*@*", "no account")


# ---- Capabilities ---------------------------------------------------------------------------------


def test_capabilities_of_accounts(stage):
    stage.ask(stage.adam, "capability add nora karma.reset", "nora now has karma.reset")
    assert "karma.reset" in stage.ask(stage.nora, "capability list")
    stage.ask(stage.adam, "capability add nora -karma.reset", "nora now has -karma.reset")
    assert stage.set_of("user:nora:capabilities") == {"-karma.reset"}
    stage.ask(stage.adam, "capability list nora", r"-karma\.reset")
    stage.ask(stage.adam, "capability remove nora -karma.reset", "no longer has")
    stage.ask(stage.adam, "capability remove nora -karma.reset", "nora had not -karma.reset")
    assert stage.set_of("user:nora:capabilities") == set()
    stage.ask(stage.adam, "capability add nobody-here karma.reset", "Not done")
    stage.ask(stage.adam, "capability add nora", "Usage: !capability add NAME CAPABILITY")
    stage.ask(stage.adam, "capability add nora a,b", "Not done")


def test_nobody_gives_what_he_has_not(stage):
    stage.notice(stage.nora, "capability add nora karma.reset", "needs the capability admin")
    for what in ("owner", "-owner", "trusted", "-trusted", "#seshet.op", "one/owner"):
        stage.ask(stage.adam, f"capability add nora {what}", "neither give nor take away")
    for what in ("owner", "-owner"):
        stage.ask(stage.adam, f"capability remove olga {what}", "neither give nor take away")
    # Who has admin on another network only.
    stage.notice(stage.tim, "capability add nora karma.reset", "needs the capability admin")
    stage.ask(stage.tim, "capability add nora two/karma.reset", "now has two/karma.reset")
    stage.ask(stage.tim, "capability remove nora two/karma.reset", "no longer has")
    assert stage.set_of("user:nora:capabilities") == set()
    stage.ask(stage.olga, "capability remove olga owner", "Not done")
    assert stage.set_of("user:olga:capabilities") == {"owner"}


def test_power_ends_where_it_is_denied(stage):
    """An account that is denied admin on this network has it from here on no other either."""
    stage.cli("SADD", "seshet:user:adam:capabilities", "one/-admin")
    stage.until(stage.adam, "capability list", "one/-admin")
    stage.adam.unread.clear()
    stage.notice(stage.adam, "capability add nora two/karma.reset", "needs the capability admin")
    stage.cli("SREM", "seshet:user:adam:capabilities", "one/-admin")
    stage.until(stage.adam, "capability list", r"^(?!.*one/-admin)")


def test_capability_check(stage):
    stage.ask(stage.olga, "capability check anything", "anything: yes, by owner: ")
    stage.ask(stage.olga, "capability check -anything", "-anything: no, by owner: ")
    stage.ask(stage.carl, "capability check #seshet.op", r"#seshet\.op: yes, by own_set.*one/#seshet\.op")
    stage.ask(stage.nora, "capability check #seshet.op", "no, by privileged")
    stage.ask(stage.nora, "capability check anything", "yes, by default")
    stage.ask(stage.adam, "capability check carl #seshet,op", "yes, by own_set")
    stage.ask(stage.nora, "capability check --command core.ping", "core.ping: yes")
    stage.ask(stage.adam, "capability check nora --command core.ping", "core.ping: yes")
    stage.notice(stage.nora, "capability check adam admin", "needs the capability admin")
    stage.ask(stage.nora, "capability check", "Usage")


def test_default_sets(stage):
    stage.notice(stage.adam, "default capability add -dice.roll", "needs the capability owner")
    stage.ask(stage.olga, "default capability add -dice.roll", "default set now has -dice.roll")
    assert stage.set_of("policy:capabilities") == {"-dice.roll"}
    assert stage.silent(stage.zoe, "roll 1d6")
    assert "dice" not in stage.ask(stage.zoe, "list") and "dice" in stage.ask(stage.olga, "list")
    stage.ask(stage.zoe, "help roll", 'no module or command "roll"')
    stage.ask(stage.olga, "roll 1d1", "1", CHANNEL)
    stage.ask(stage.olga, "default capability add registered dice.roll", "registered users now has dice.roll")
    stage.ask(stage.nora, "default capability list", r"-dice\.roll.*Registered users everywhere: dice\.roll")
    stage.ask(stage.olga, "default capability remove -dice.roll", "no longer has")
    stage.ask(stage.olga, "default capability remove registered dice.roll", "no longer has")
    for name in ("owner", "admin", "trusted", "op"):
        stage.ask(stage.olga, f"default capability add {name}", "Not done")
    assert stage.set_of("policy:capabilities") == set()
    stage.ask(stage.olga, "default capability add one/-dice.roll", "now has -dice.roll")
    assert stage.set_of("network:one:policy:capabilities") == {"-dice.roll"}
    stage.ask(stage.olga, "default capability remove one/-dice.roll", "no longer has")


def test_channel_sets(stage):
    stage.notice(stage.nora, "channel capability add -roll", r"needs the capability #seshet\.op", CHANNEL)
    stage.ask(stage.carl, "channel capability add -roll", "#seshet now has -roll", CHANNEL)
    key = "network:one:channel:#seshet:capabilities"
    assert stage.set_of(key) == {"-roll"}
    assert stage.silent(stage.zoe, "roll 1d6")
    stage.ask(stage.zoe, "roll 1d1", "1")
    stage.ask(stage.carl, f"channel capability list {CHANNEL}", "Everybody there: -roll")
    stage.ask(stage.carl, f"channel capability remove {CHANNEL} -roll", "no longer has")
    for name in ("op", "owner", "voice"):
        stage.ask(stage.carl, f"channel capability add {CHANNEL} {name}", "Not done")
    assert stage.set_of(key) == set()
    stage.ask(stage.carl, f"channel capability add {CHANNEL} nora voice", r"nora now has one/#seshet\.voice")
    stage.ask(stage.carl, f"channel capability remove {CHANNEL} nora voice", "no longer has")
    stage.ask(stage.carl, f"channel capability add {CHANNEL} #other.x", "Not done")
    stage.notice(stage.carl, "channel capability add #other x", r"needs the capability #other\.op")
    stage.ask(stage.carl, "channel capability add x", "Usage: !channel capability add")


def test_a_default_of_deny_is_usable(stage):
    stage.ask(stage.carl, f"channel default {CHANNEL} no", "closed")
    stage.silent(stage.zoe, "ping")
    stage.ask(stage.zoe, "whoami", "do not know you", CHANNEL)
    stage.ask(stage.zoe, "help ping", "Answers pong", CHANNEL)
    stage.ask(stage.carl, f"channel capability add {CHANNEL} core.ping", "now has core.ping")
    stage.ask(stage.zoe, "ping", "zoe: pong", CHANNEL)
    stage.ask(stage.carl, f"channel capability remove {CHANNEL} core.ping", "no longer has")
    stage.ask(stage.carl, f"channel default {CHANNEL} yes", "open")


def test_core_commands_can_be_closed(stage):
    stage.ask(stage.olga, "capability add adam -core.join", "adam now has -core.join")
    stage.notice(stage.adam, "join #elsewhere", "join")
    stage.ask(stage.olga, "capability add adam -hostmask-add", "adam now has")
    stage.notice(stage.adam, "hostmask add adam!*@adam.example.test", "hostmask add")
    stage.ask(stage.adam, "hostmask list", "Hostmasks of adam")
    stage.ask(stage.olga, "capability remove adam -core.join", "no longer")
    stage.ask(stage.olga, "capability remove adam -hostmask-add", "no longer")


def test_lobotomized(stage):
    stage.ask(stage.carl, "channel lobotomize yes", "silent there", CHANNEL)
    start = len(stage.carl.history)
    stage.carl.say(CHANNEL, "!ping")
    stage.heard(stage.zoe, CHANNEL, "!ping")
    stage.ask(stage.carl, f"channel lobotomize {CHANNEL} no", "speak there again")
    mark = unique("back")
    stage.ask(stage.carl, f"echo {mark}", mark, CHANNEL)
    lines = [m.text for m in stage.carl.history[start:] if m.nick == BOT]
    assert not any("pong" in text for text in lines), lines


# ---- Ignoring -------------------------------------------------------------------------------------


def test_ignore(stage):
    stage.notice(stage.nora, "ignore add zoe!*@*", "needs the capability admin")
    stage.ask(stage.adam, "ignore add zoe!*@* 1h", "ignored here for a while")
    assert "zoe!*@*" in stage.cli("HKEYS", "seshet:network:one:ignores")
    stage.heard(stage.zoe, BOT, "!help nothing-ignored")
    assert re.search(r"zoe!\*@\* \(for ", stage.ask(stage.adam, "ignore list"))
    stage.ask(stage.adam, "ignore remove zoe!*@*", "heard again")
    stage.ask(stage.adam, "ignore remove zoe!*@*", "not ignored")
    stage.ask(stage.adam, "ignore add zoe!*@* tomorrow", "Not done")
    stage.ask(stage.zoe, "ping", "pong")
    assert not any("nothing-ignored" in m.text for m in stage.zoe.history if m.nick == BOT)


def test_channel_ignore(stage):
    stage.ask(stage.carl, f"channel ignore add {CHANNEL} zoe!*@*", "ignored in #seshet")
    assert "zoe!*@*" in stage.cli("HKEYS", "seshet:network:one:channel:#seshet:ignores")
    stage.heard(stage.zoe, CHANNEL, "!help nothing-there")
    stage.ask(stage.zoe, "ping", "pong")
    assert not any("nothing-there" in m.text for m in stage.zoe.history if m.nick == BOT)
    stage.ask(stage.carl, f"channel ignore list {CHANNEL}", r"zoe!\*@\*")
    stage.ask(stage.carl, f"channel ignore remove {CHANNEL} zoe!*@*", "heard again")
    stage.ask(stage.zoe, "ping", "zoe: pong", CHANNEL)


# ---- Places ---------------------------------------------------------------------------------------


def test_join_and_part(stage):
    witness = stage.server.client("wanda").join("#later")
    stage.notice(stage.nora, "join #later", "needs the capability admin")
    stage.ask(stage.adam, "join later", "Usage: !join CHANNEL")
    stage.ask(stage.adam, "join #later", "I join #later")
    assert stage.set_of("network:one:channels") == {"#later"}
    witness.wait_for(BOT, "#later")
    stage.ask(stage.adam, "join #later", "I am in #later")
    stage.bot.stop()
    stage.bot.start()
    witness.wait_for(BOT, "#later")
    stage.adam.wait_for(BOT, CHANNEL)
    stage.known(stage.adam, "adam")
    stage.ask(stage.adam, "part #later", "I leave #later")
    witness.expect(lambda m: m.command == "PART" and m.nick == BOT)
    assert stage.set_of("network:one:channels") == set()
    # Whoever writes it: the key is what counts.
    stage.cli("SADD", "seshet:network:one:channels", "#later")
    witness.wait_for(BOT, "#later")
    stage.cli("DEL", "seshet:network:one:channels")
    witness.expect(lambda m: m.command == "PART" and m.nick == BOT)
    stage.ask(stage.adam, "part #later", "not in #later")
    witness.send("QUIT")


def test_part_a_channel_of_the_file(stage):
    stage.ask(stage.adam, f"part {CHANNEL}", "network's file")
    stage.carl.expect(lambda m: m.command == "PART" and m.nick == BOT)
    stage.ask(stage.adam, f"join {CHANNEL}", "come back")
    stage.carl.wait_for(BOT, CHANNEL)


def test_a_channel_that_is_closed(stage):
    owner = stage.server.client("clara").join("#closed")
    owner.send("MODE #closed +i")
    owner.expect(lambda m: m.command == "MODE")
    stage.adam.unread.clear()
    stage.adam.say(BOT, "!join #closed")
    stage.adam.expect_say(BOT, "The server says no")
    stage.ask(stage.adam, "part #closed", "I leave")
    owner.send("QUIT")


def test_nick(stage):
    stage.notice(stage.nora, "nick Berta", "needs the capability admin")
    stage.ask(stage.adam, "nick 1%3", "Not done")
    stage.adam.say(BOT, "!nick Berta")
    stage.carl.expect(lambda m: m.command == "NICK" and m.nick == "Anna" and m.text == "Berta")
    stage.adam.expect_say("Berta", "I ask for the nick Berta")
    assert stage.cli("HGET", "seshet:network:one", "nick") == "Berta"
    stage.adam.say("Berta", "!nick")
    stage.carl.expect(lambda m: m.command == "NICK" and m.nick == "Berta" and m.text == "Anna")
    stage.adam.expect_say("Anna", "I ask for the nick Anna")


def test_say_and_act(stage):
    mark = unique("said")
    stage.carl.say(BOT, f"!say {CHANNEL} {mark}")
    stage.zoe.expect_say(BOT, f"^{mark}$", CHANNEL)
    stage.carl.say(BOT, f"!act {CHANNEL} waves {mark}")
    stage.zoe.expect_say(BOT, f"\x01ACTION waves {mark}\x01", CHANNEL)
    stage.notice(stage.nora, f"say {CHANNEL} {mark}", r"needs the capability #seshet\.op")
    stage.ask(stage.carl, "say hello", "Usage: !say")


# ---- Operators ------------------------------------------------------------------------------------


def test_the_bot_needs_the_mode_too(stage):
    for command in ("op zoe", "voice zoe", "kick zoe", "ban zoe"):
        stage.ask(stage.carl, command, "no operator of #seshet", CHANNEL)
    stage.ask(stage.olga, "op #nowhere zoe", "I am not in #nowhere")
    stage.notice(stage.carl, "op #nowhere zoe", r"needs the capability #nowhere\.op")
    stage.notice(stage.nora, "op nora", r"needs the capability #seshet\.op", CHANNEL)


def test_operators(stage):
    carl, zoe = stage.carl, stage.zoe
    carl.send(f"MODE {CHANNEL} +o {BOT}")
    zoe.expect(lambda m: m.command == "MODE" and BOT in m.params)

    def mode(command, wanted):
        zoe.unread.clear()
        carl.say(CHANNEL, f"!{command}")
        zoe.expect(lambda m: m.command == "MODE" and m.nick == BOT and m.params[1:] == wanted)

    mode("voice zoe", ["+v", "zoe"])
    mode("devoice zoe", ["-v", "zoe"])
    mode("op zoe", ["+o", "zoe"])
    mode("deop zoe", ["-o", "zoe"])
    mode("voice", ["+v", "carl"])
    mode("ban *!*@evil.example.test", ["+b", "*!*@evil.example.test"])
    mode("unban *!*@evil.example.test", ["-b", "*!*@evil.example.test"])
    mark = unique("topic")
    carl.say(CHANNEL, f"!core.topic about {mark}")
    zoe.expect(lambda m: m.command == "TOPIC" and m.text == f"about {mark}")
    stage.ask(zoe, "ping", "pong")
    stage.ask(carl, f"core.topic {CHANNEL}", f"The topic is: about {mark}")
    stage.ask(carl, "kick nobody-here", "not in #seshet", CHANNEL)
    stage.ask(carl, f"kick {BOT}", "do not kick myself", CHANNEL)
    stage.ask(carl, "ban *!*@*", "means me as well", CHANNEL)
    stage.ask(carl, f"invite {CHANNEL} zoe", "is in #seshet")
    guest = stage.server.client("heidi")
    carl.say(BOT, f"!invite {CHANNEL} heidi")
    guest.expect(lambda m: m.command == "INVITE" and m.nick == BOT)
    guest.join(CHANNEL)
    guest.names(CHANNEL)
    stage.ask(guest, "ping", "pong", CHANNEL)
    carl.say(CHANNEL, "!kick heidi too loud")
    guest.expect(lambda m: m.command == "KICK" and m.text == "too loud")
    guest.send("QUIT")


# ---- Administration -------------------------------------------------------------------------------


def test_modules(stage):
    stage.notice(stage.nora, "module list", "needs the capability admin")
    stage.ask(stage.adam, "module list", "echo: enabled yes")
    stage.ask(stage.adam, "module disable echo", "Done: module echo")
    assert stage.cli("HGET", "seshet:module:echo", "enabled") == "no"
    stage.ask(stage.adam, "module disable echo", "It was so before")
    stage.ask(stage.adam, "module enable echo", "Done")
    stage.ask(stage.adam, "module set echo rate_user 5/1m --network one", "Done")
    assert stage.cli("HGET", "seshet:network:one:module:echo", "rate_user") == "5/1m"
    stage.ask(stage.adam, "module unset echo rate_user --network one", "Done")
    stage.ask(stage.olga, "module set echo capability trusted", "Done")
    stage.ask(stage.zoe, "help echo", "needs the capability trusted")
    stage.notice(stage.zoe, "echo not for you", "trusted")
    stage.ask(stage.olga, "module unset echo capability", "Done")
    stage.ask(stage.adam, "module enable ehco", "did you mean")
    stage.ask(stage.adam, "module enable", "usage: module enable NAME")
    stage.ask(stage.adam, "module frobnicate", "Not done")
    stage.ask(stage.zoe, "echo it runs", "it runs")
    stage.ask(stage.adam, "module reload echo", "loaded echo")
    stage.parts.module(stage.bot, "echo", sources.BAD["refuses"].replace('"says"', '"echo"'))
    stage.ask(stage.adam, "module reload echo",
              "refused echo: network one, error it refused to load: I will not; the last good version")
    (stage.bot.user_modules / "echo.so").unlink()
    # tim administers another network.
    stage.notice(stage.tim, "module disable echo", "needs the capability admin")
    stage.cli("HSET", "seshet:network:two:module:echo", "rate_user", "5/1m")
    stage.bot.in_force()
    stage.ask(stage.tim, "module disable echo --network two", "Done")
    stage.ask(stage.tim, "module unset echo enabled --network two", "Done")
    stage.ask(stage.tim, "module unset echo rate_user --network two", "Done")


def test_network_administration(stage):
    stage.cli("SADD", "seshet:user:nora:capabilities", "one/admin")
    stage.until(stage.nora, "capability list", "one/admin")
    stage.ask(stage.nora, "module disable echo", "concerns all networks.*--network one")
    stage.ask(stage.nora, "capability add zoe karma.reset", "Say one/karma.reset")
    stage.ask(stage.nora, "network channels one", CHANNEL)
    stage.cli("SREM", "seshet:user:nora:capabilities", "one/admin")
    stage.until(stage.nora, "capability list", r"^(?!.*one/admin)")
    stage.ask(stage.adam, "network list", "one: state online")
    stage.ask(stage.adam, "network connect two", "no network")
    stage.ask(stage.olga, "registry export", "seshetctl only")
    stage.ask(stage.adam, "user list", "nora")
    stage.ask(stage.adam, "user add someone", "seshetctl only")
    stage.notice(stage.adam, "user set nora secure yes", "needs the capability owner")
    stage.ask(stage.olga, "user set nora secure yes", "Done")
    stage.known(stage.nora, None)
    stage.ask(stage.olga, "user set nora secure no", "Done")
    stage.known(stage.nora, "nora")
    stage.notice(stage.adam, "policy set default_allow no", "needs the capability owner")
    stage.ask(stage.olga, "group list", "There is nothing")
    stage.ask(stage.olga, "capability add adam -core.module-why", "now has")
    stage.notice(stage.adam, "module why echo", "module why is closed to you")
    stage.ask(stage.olga, "capability remove adam -core.module-why", "no longer has")


# ---- Help -----------------------------------------------------------------------------------------


def test_help_lists_what_one_may_use(stage):
    mine = " ".join(m.text for m in stage.olga.between(BOT, None, "!help", core=True))
    assert "!join" in mine and "!module" in mine and "!auth" in mine
    others = " ".join(m.text for m in stage.zoe.between(BOT, None, "!help", core=True))
    assert "!join" not in others and "!module" not in others and "!auth" in others
    stage.ask(stage.zoe, "help join", r"!join CHANNEL: .*\(needs admin\)")
    stage.ask(stage.zoe, "help kick", r"!kick .*needs op of the channel")
    assert "!hostmask add" in stage.ask(stage.zoe, "help hostmask")
    stage.ask(stage.adam, "help module enable", r"!module enable NAME \[--network NET\]: .*needs admin")
    stage.ask(stage.adam, "hostmask", 'After "hostmask" comes one of: add, remove, list')
    stage.ask(stage.adam, "core.ping", "pong")


def test_more(stage):
    stage.ask(stage.zoe, "more", "There is no more")
    stage.cli("SADD", "seshet:user:nora:capabilities",
              *(f"a-rather-long-capability-{number:03d}" for number in range(90)))
    stage.until(stage.nora, "capability list", "capability-010")
    stage.ask(stage.nora, "capability list", "a-rather-long-capability-000")
    stage.nora.say(BOT, "!capability list")
    rest = stage.nora.collect(lambda m: m.nick == BOT and ": !more)" in m.text)
    stage.nora.say(BOT, "!more")
    rest += stage.nora.collect(lambda m: m.nick == BOT and "capability-089" in m.text)
    whole = " ".join(m.text for m in rest if m.nick == BOT)
    assert all(f"capability-{number:03d}" in whole for number in range(90))
    stage.cli("DEL", "seshet:user:nora:capabilities")


# ---- Redis ----------------------------------------------------------------------------------------


def test_without_redis_nothing_is_changed(parts):
    server = parts.ngircd()
    redis = parts.redis()
    olga = server.client("olga").join(CHANNEL)
    bot = parts.bot({"one": network(server.port, BOT)}, registry=f"redis://127.0.0.1:{redis.port}")
    redis.cli("SADD", "seshet:users", "olga")
    redis.cli("HSET", "seshet:user:olga", "secure", "no")
    redis.cli("SADD", "seshet:user:olga:hostmasks", "one/olga!*@*")
    redis.cli("SADD", "seshet:user:olga:capabilities", "owner")
    olga.wait_for(BOT, CHANNEL)
    olga.until(BOT, None, "!whoami", "You are olga", core=True)
    redis.kill()
    bot.wait_log(event="registry.state", msg="-> away")
    for command in ("capability add olga x", "join #later", "ignore add zoe!*@*",
                    "channel default #seshet no", "default capability add -x"):
        olga.ask(BOT, None, f"!{command}", "Not done: not written")
