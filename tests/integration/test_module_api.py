"""What a module can ask and do (seshet/module.h), each part once, in a real host on a real network."""

import pathlib
import re

import pytest

from harness.accounts import user
from harness.process import wait_until
from harness.seshetd import install_module, network

CHANNEL = "#seshet"
MODULES = pathlib.Path(__file__).resolve().parents[1] / "modules"


class Stage:
    def __init__(self, parts):
        self.server = parts.ngircd()
        self.visitor = self.server.client("visitor").join(CHANNEL)
        self.bot = parts.bot({"one": network(self.server.port, "Anna")}, start=False, crashes=True)
        parts.module(self.bot, "api", (MODULES / "api.c").read_text())
        self.bot.start()
        self.visitor.wait_for("Anna", CHANNEL)
        self.visitor.until_answered("Anna", CHANNEL, "!api there{}", "ready there{}")
        # It asks Redis hundreds of times in one event.
        self.bot.ctl_json("module", "set", "api", "deadline", "1m")

    def says(self, words, answer):
        return self.visitor.ask("Anna", CHANNEL, f"!api {words}", answer, timeout=60).text.partition(": ")[2]

    def is_(self, words, answer):
        assert self.says(words, "^visitor: ") == answer

    def permit(self, permissions):
        self.bot.cli("HSET", "seshet:module:api", "permissions", permissions)
        wait_until(lambda: [h for h in self.bot.ctl_json("status")["modhosts"]
                            if h["permissions"] == permissions and h["state"] == "ready"]
                   or not self.visitor.until_answered("Anna", CHANNEL, "!api p{}", "ready p{}"),
                   30, "a host with it")


    def did(self, command, text):
        """What the bot did before its last answer."""
        return [m for m in self.visitor.history
                if m.nick == "Anna" and m.command == command and text in (m.text, m.params[-1])]


@pytest.fixture
def stage(parts):
    return Stage(parts)


def test_channels(stage):
    text = stage.says(f"members {CHANNEL}", "members: ")
    assert text.startswith("2 members: ")
    assert set(re.findall(r"(\w+)\[", text)) == {"visitor", "Anna"}
    assert "visitor[o]" in text
    stage.is_(f"modes {CHANNEL} VISITOR", 'modes 1 "o"')
    stage.is_(f"modes {CHANNEL} Anna", 'modes 0 ""')
    stage.is_(f"modes {CHANNEL} nobody", 'modes -2 ""')
    stage.is_("modes #elsewhere visitor", 'modes -2 ""')
    stage.is_("members #elsewhere", "-2 members:")
    stage.visitor.send(f"TOPIC {CHANNEL} :of the day")
    stage.visitor.expect(lambda m: m.command == "TOPIC")
    stage.visitor.until("Anna", CHANNEL, f"!api topic {CHANNEL}", '^visitor: topic 10 "of the day"$')
    stage.is_("topic #elsewhere", 'topic -2 ""')
    # More than one page of members.
    stage.bot.cli("HSET", "seshet:module:api", "rate_user", "1000/1m")
    stage.visitor.until("Anna", CHANNEL, "!api field rate_user", '^visitor: field 7 "1000/1m"$')
    stage.is_("field nothing", 'field -2 ""')


def test_the_session(stage):
    stage.is_("session get a", 'get -2 ""')
    stage.is_("session set a one", "set 0")
    stage.is_("session set a%b two", "set 0")
    stage.is_("session get a", 'get 3 "one"')
    stage.is_("session add n", "add 0 2")
    stage.is_("session add n", "add 0 4")
    stage.is_("session add a", "add -1 0")
    text = stage.says("session keys a", "keys: ")
    assert text.startswith("2 keys: ") and set(text[8:].split()) == {"a=one", "a%b=two"}
    stage.is_("session delete a", "delete 1")
    stage.is_("session delete a", "delete 0")
    # It survives a crash, and a reload.
    stage.visitor.say(CHANNEL, "!api crash")
    stage.is_("session get n", 'get 1 "4"')
    stage.bot.ctl("module", "reload", "api", "--socket", str(stage.bot.control))
    stage.is_("session get a%b", 'get 3 "two"')
    # And the end of a process that had nothing to do.
    stage.bot.settings["modules"]["idle"] = "1s"
    stage.bot.write_main()
    stage.bot.hangup()
    wait_until(lambda: not stage.bot.modhosts(), 30, "the processes without events end")
    stage.is_("session get a%b", 'get 3 "two"')


def test_the_session_goes_with_the_module(stage):
    """Not at once: a file that comes back finds what it had. And then it is gone."""
    bot = stage.bot
    path = bot.user_modules / "api.so"
    code = path.read_bytes()

    def without_file(call):
        mark = bot.mark()
        path.unlink()
        bot.wait_log(since=mark, event="module.removed", module="api")
        call(mark)
        install_module(bot.user_modules, kept)
        stage.visitor.until_answered("Anna", CHANNEL, "!api back{}", "ready back{}", timeout=30)

    kept = bot.folder / "kept" / "api.so"
    kept.parent.mkdir()
    kept.write_bytes(code)
    stage.is_("session set a one", "set 0")
    without_file(lambda mark: None)
    stage.is_("session get a", 'get 3 "one"')
    bot.settings["modules"]["idle"] = "1s"
    bot.write_main()
    bot.hangup()
    without_file(lambda mark: bot.wait_log(since=mark, event="session.forgotten", module="api"))
    stage.is_("session get a", 'get -2 ""')


def test_keys_of_the_storage(stage):
    stage.is_("keys 700", "all: none")


def test_timers(stage):
    stage.visitor.say(CHANNEL, "!api later 20 first")
    stage.visitor.expect_say("Anna", "^visitor: later first$", target=CHANNEL)
    stage.visitor.say("Anna", "api later 20 private")
    stage.visitor.expect_say("Anna", "^later private$", target="visitor")
    stage.is_("refused", "refused -1 -1 0")
    stage.visitor.say(CHANNEL, "!api every")
    for said in ("again 1", "again 2", "again 3", "cancelled 1"):
        stage.visitor.expect_say("Anna", f"^visitor: {said}$")
    # A timer goes with its host: nobody is called for it after a crash.
    stage.visitor.say(CHANNEL, "!api later 2000 never")
    stage.visitor.say(CHANNEL, "!api crash")
    stage.is_("later 2500 always", "later always")
    assert not [m for m in stage.visitor.history if "later never" in m.text and m.nick == "Anna"]


def test_acting_needs_the_permission(stage):
    stage.visitor.send(f"MODE {CHANNEL} +o Anna")
    stage.is_(f"act topic {CHANNEL} new", "topic -5")
    stage.permit("raw")
    stage.is_(f"act topic {CHANNEL} new", "topic 0")
    assert stage.did("TOPIC", "new")
    stage.is_(f"act mode {CHANNEL} +v", "mode 0")
    assert stage.did("MODE", "visitor")
    stage.is_(f"act PRIVMSG {CHANNEL} :as it stands", "raw 0")
    assert stage.did("PRIVMSG", "as it stands")
    mark = stage.bot.mark()
    stage.is_("act QUIT :bye", "raw 0")
    stage.bot.wait_log(since=mark, event="raw.refused", module="api")
    # It sees every line.
    stage.visitor.say(CHANNEL, "show this line")
    stage.visitor.expect_say("Anna", rf"^raw: :visitor!\S+ PRIVMSG {CHANNEL} :show this line$")
    stage.visitor.say(CHANNEL, f"!api act kick {CHANNEL} visitor")
    stage.visitor.expect(lambda m: m.command == "KICK" and m.nick == "Anna")


def test_formatting(stage):
    stage.visitor.say(CHANNEL, "!api format x")
    text = stage.visitor.expect_say("Anna", "bold").text
    assert text == "\x02\x1e\x16bold\x0f \x0304red\x034,12both\x0f1 x"
    stage.visitor.expect_say("Anna", "^visitor: 15 bold redboth1 x$")


# ---- Persons, configuration, life -----------------------------------------------------------------

def example(name):
    """A module as the tutorial shows it."""
    text = (MODULES.parents[1] / "docs" / "modules.md").read_text()
    return next(code for code in re.findall(r"```c\n(.*?)```", text, re.S) if f'.name = "{name}"' in code)


class Who:
    """The module `who` (tests/modules), and accounts: alice by her nick, the owner olga by hers."""

    def __init__(self, parts):
        self.parts = parts
        self.server = parts.ngircd()
        self.visitor = self.server.client("visitor").join(CHANNEL)
        self.alice = self.server.client("alice").join(CHANNEL)
        self.bot = parts.bot({"one": network(self.server.port, "Anna")}, start=False)
        parts.module(self.bot, "who", (MODULES / "who.c").read_text())
        parts.module(self.bot, "motto", example("motto"))
        self.bot.start()
        self.visitor.wait_for("Anna", CHANNEL)
        user(self.bot.cli, "alice", hostmasks=["one/alice!*@*"])
        self.known(self.alice, "alice 1")

    def says(self, client, words, answer):
        """The answer to a command; `answer` begins with the nick of who asked, if it has a ^."""
        text = client.ask("Anna", CHANNEL, f"!{words}", answer.replace("^who", rf"^{client.name}: who")).text
        return text.removeprefix(f"{client.name}: ") if answer.startswith("^who") else text

    def ctl(self, *words, **options):
        return self.bot.ctl(*words, "--socket", str(self.bot.control), **options)

    def known(self, client, account):
        self.until(client, "who", account)

    def give(self, *capabilities, account="alice"):
        self.bot.cli("SADD", f"seshet:user:{account}:capabilities", *capabilities)
        self.bot.in_force()

    def until(self, client, words, wanted):
        client.until("Anna", CHANNEL, f"!{words}", f"who: .*{re.escape(wanted)}")

    def life(self, what, since=0, **wanted):
        return self.bot.wait_log(event="module.log", module="who", msg=f"^life {what} ", since=since, **wanted)

    def lives(self, since=0):
        return [line["msg"].split()[1] for line in
                self.bot.find_log(event="module.log", module="who", msg="^life ", since=since)]


@pytest.fixture
def who(parts):
    return Who(parts)


WRONG = """#include <seshet/module.h>
SESHET_MODULE(.name = "wrong", .capabilities = SESHET_CAPABILITIES("wrong.one", "%s"), )
"""


def test_capabilities_of_others_cannot_be_declared(who):
    for name, why in (("owner", 'capability 2 must be "wrong."'), ("who.admin", 'must be "wrong."'),
                      ("wrong.one", 'its capability "wrong.one" twice'), ("wrong.a.b", "a-z 0-9 _ -")):
        mark = who.bot.mark()
        who.parts.module(who.bot, "wrong", WRONG % name)
        who.bot.wait_log(since=mark, module="wrong", msg=re.escape(why))


def test_capabilities_of_modules(who):
    assert who.says(who.visitor, "who", "^who: ") == "who: nobody -2, own 0, trusted 0"
    assert who.says(who.visitor, "who anything", "^who: ").endswith("anything 1")
    # Neither defaults nor a channel's set give what a module declares; a grant by name does.
    who.bot.cli("SADD", "seshet:policy:capabilities", "who.admin", "anything.else")
    who.bot.cli("SADD", "seshet:policy:registered", "who.admin")
    who.bot.cli("SADD", "seshet:network:one:channel:#seshet:capabilities", "who.admin")
    who.bot.cli("SADD", "seshet:policy:capabilities", "-marker")
    who.until(who.visitor, "who marker", "marker 0")
    assert who.says(who.alice, "who", "^who: ") == "who: alice 1, own 0, trusted 0"
    assert who.says(who.alice, f"who {CHANNEL}.who.admin", "^who: ").endswith("who.admin 0")
    who.give("one/who.admin", f"{CHANNEL}.op")
    who.until(who.alice, "who", "own 1, trusted 0")
    assert who.says(who.alice, f"who {CHANNEL}.who.admin", "^who: ").endswith("who.admin 1")
    assert who.says(who.alice, f"who {CHANNEL},WHO.other", "^who: ").endswith("other 1")
    # Nothing of another network, and nothing that is no capability.
    for wrong in ("one/who.admin", "two/owner", "a.b.c", "a,b", "x" * 300):
        assert re.search(r" -[13]$", who.says(who.visitor, f"who {wrong}", "^who: ")), wrong
    # A command that is named as a capability is closed without it.
    who.visitor.say(CHANNEL, "!closed")
    who.visitor.expect(lambda m: m.command == "NOTICE" and "who.closed" in m.text)
    who.give("who.closed")
    who.until(who.alice, "who who.closed", "who.closed 1")
    who.says(who.alice, "closed", "^alice: open$")
    assert not [m for m in who.visitor.history if m.text == "visitor: open"]
    # Other events have a source too.
    who.alice.send(f"PART {CHANNEL}")
    who.visitor.expect(lambda m: m.command == "PART")
    who.alice.join(CHANNEL)
    who.visitor.expect_say("Anna", "^alice: join: alice 1, own 1, trusted 0$")
    # People read of it.
    shown = who.bot.ctl_json("module", "show", "who")
    assert shown["capabilities"] == ["who.admin", "who.closed"]
    assert {"join", "enabled", "removed"} <= set(shown["events"])
    assert "who.admin" in who.ctl("module", "show", "who")[1]
    for asked in ("help who", "list who"):
        assert "who.admin, who.closed" in who.says(who.visitor, asked, "capabilities")
    why = who.bot.ctl_json("module", "why", "who", "--network", "one", "--source", "alice", "--channel",
                           CHANNEL, "--text", "!who")
    assert "the source has the module's capability who.admin" in why["notes"]
    check = who.bot.ctl_json("capability", "check", "--network", "one", "--source", "visitor", "who.admin")
    assert (check["allowed"], check["step"]) == (False, "privileged")


GATE = """#include <seshet/module.h>
static void gate(seshet_ctx *ctx, const seshet_event *ev)
{
    seshet_reply(ctx, "passed %%s", ev->args);
}
SESHET_MODULE(.name = "gate", .commands = SESHET_COMMANDS({"gate", gate}), %s)
"""


def test_a_new_file_closes_what_was_open(who):
    """Who called the command a moment ago must not, once the file declares it."""
    who.parts.module(who.bot, "gate", GATE % "")
    who.visitor.until_answered("Anna", CHANNEL, "!gate {}", "passed {}")
    who.says(who.visitor, "gate again", "passed again")
    who.parts.module(who.bot, "gate", GATE % '.capabilities = SESHET_CAPABILITIES("gate.gate")')
    wait_until(lambda: who.bot.ctl_json("module", "show", "gate")["capabilities"] == ["gate.gate"], 30,
               "the new file is known")
    who.visitor.unread.clear()
    who.visitor.say(CHANNEL, "!gate after")
    who.visitor.expect(lambda m: m.command == "NOTICE" and "gate.gate" in m.text)


def test_the_source_is_settled_with_the_event(who):
    who.give("who.admin", "trusted")
    who.until(who.alice, "who", "own 1, trusted 1")
    who.ctl("module", "set", "who", "deadline", "1m")
    # The nick changes hands while the module is in the event.
    who.alice.say(CHANNEL, "!await trusted")
    who.alice.expect_say("Anna", "^waiting$")
    who.alice.send("NICK other")
    who.alice.expect(lambda m: m.command == "NICK")
    who.visitor.send("NICK alice")
    who.visitor.expect(lambda m: m.command == "NICK" and m.params[0] == "alice")
    who.bot.cli("HSET", "seshet:storage:network:one:module:who", "go", "1")
    who.visitor.expect_say("Anna", "^alice: await: alice 1, own 1, trusted 1$")
    # A thief's event is not the owner's, whatever waits; and what is taken away counts no more.
    who.visitor.send("NICK visitor")
    who.visitor.expect(lambda m: m.command == "NICK" and m.params[0] == "visitor")
    who.visitor.say(CHANNEL, "!await trusted")
    who.visitor.expect_say("Anna", "^waiting$")
    who.visitor.send("NICK alice")
    who.visitor.expect(lambda m: m.command == "NICK" and m.params[0] == "alice")
    who.bot.cli("HSET", "seshet:storage:network:one:module:who", "go", "1")
    who.visitor.expect_say("Anna", "^visitor: await: nobody -2, own 0, trusted 0$")
    # A timer speaks of who set it.
    who.visitor.say(CHANNEL, "!later")
    who.visitor.expect_say("Anna", "^alice: later: alice 1, own 1, trusted 1$")
    who.alice.say(CHANNEL, "!later")
    who.visitor.expect_say("Anna", "^other: later: nobody -2, own 0, trusted 0$")


def test_configuration(who):
    def config(key):
        return who.says(who.visitor, f"config {key}", "config ").partition(": ")[2]

    assert config("word") == 'config -2 ""'
    assert config("no key!") == 'config -1 ""'
    who.ctl("module", "set", "who", "config.word", "shared")
    who.life("config_changed shared")
    assert config("word") == 'config 6 "shared"'
    who.ctl("module", "set", "who", "config.word", "here", "--network", "one")
    who.life("config_changed here")
    assert config("word") == 'config 4 "here"'
    who.ctl("module", "set", "who", "config.long.key", "x" * 20)
    who.ctl("module", "set", "who", "config.empty", "")
    assert config("empty") == 'config 0 ""'
    assert config("long.key") == 'config -3 ""'
    shown = {f["field"]: (f["value"], f["from"]) for f in
             who.bot.ctl_json("module", "show", "who", "--network", "one")["fields"]}
    assert shown["config.word"] == ("here", "overlay")
    assert shown["config.empty"] == ("", "shared")
    for wrong in ("config", "config.", "config.A", "config." + "k" * 33):
        assert who.ctl("module", "set", "who", wrong, "x", check=False)[0]
    assert who.ctl("module", "set", "who", "config.word", "x" * 2049, check=False)[0]
    # It goes along with an export.
    text = who.ctl("registry", "export")[1]
    mark = who.bot.mark()
    who.ctl("module", "unset", "who", "config.word", "--network", "one")
    who.life("config_changed shared", since=mark)
    path = who.bot.folder / "export.json"
    path.write_text(text)
    mark = who.bot.mark()
    who.ctl("registry", "import", str(path))
    who.life("config_changed here", since=mark)
    who.visitor.until("Anna", CHANNEL, "!config word", 'config 4 "here"$')
    # Another field is told too, and a process that is replaced reads it in load.
    mark = who.bot.mark()
    who.bot.cli("HSET", "seshet:module:who", "rate_user.closed", "5/1m")
    who.life("config_changed here", since=mark)


def test_life(who):
    # Nobody is there: no capability, no reply.
    assert who.life("enabled")["msg"].endswith(" -2 -1")
    assert who.lives()[:3] == ["load", "installed", "enabled"]
    assert who.bot.cli("SISMEMBER", "seshet:network:one:installed", "who").strip() == "1"
    # Switched off and on; the event of the end comes before unload.
    mark = who.bot.mark()
    who.ctl("module", "disable", "who")
    who.life("unload", since=mark)
    assert who.lives(mark) == ["disabled", "unload"]
    mark = who.bot.mark()
    who.ctl("module", "enable", "who")
    who.life("enabled", since=mark)
    assert who.lives(mark) == ["load", "enabled"]
    # A reload is none of that.
    mark = who.bot.mark()
    who.ctl("module", "reload", "who")
    for what in ("load", "unload"):
        who.life(what, since=mark)
    assert sorted(who.lives(mark)) == ["load", "unload"]
    # Its registration goes, then its file.
    mark = who.bot.mark()
    who.bot.cli("SREM", "seshet:modules", "who")
    who.life("unload", since=mark)
    assert who.lives(mark) == ["removed", "unload"]
    mark = who.bot.mark()
    who.bot.cli("SADD", "seshet:modules", "who")
    who.life("enabled", since=mark)
    mark = who.bot.mark()
    (who.bot.user_modules / "who.so").unlink()
    who.life("unload", since=mark)
    assert who.lives(mark) == ["removed", "unload"]


def test_the_tutorial_of_capabilities(who):
    who.says(who.visitor, "motto", "^visitor: nobody has set one")
    who.says(who.visitor, "motto all is well", "^visitor: only who has motto.set may")
    who.give("motto.set")
    who.until(who.alice, "who motto.set", "motto.set 1")
    who.says(who.alice, "motto all is well", "^alice: done")
    who.says(who.visitor, "motto", "^visitor: all is well .set by alice.$")
    who.ctl("module", "set", "motto", "config.max", "5")
    who.alice.until("Anna", CHANNEL, "!motto much too long", "at most 5")


# ---- Events ---------------------------------------------------------------------------------------


def test_every_event(parts):
    """What a network sends, as the module `reporter` logs it."""
    fake = parts.fake()
    bot = parts.bot({"one": network(fake.port, "Anna")}, start=False)
    parts.module(bot, "reporter", (MODULES / "reporter.c").read_text())
    bot.start()
    peer = fake.accept().register(caps="account-tag account-notify extended-join")
    alice = "nick=alice user=~u host=h.test account="

    def told(line, kind, rest):
        mark = bot.mark()
        peer.send(line)
        bot.wait_log(since=mark, event="module.log", module="reporter", msg=f"^type={kind} {re.escape(rest)}$")

    def does(what, kind, rest, account="alice_s"):
        tag = f"@account={account} " if account else ""
        told(f"{tag}:alice!~u@h.test {what}", kind, f"private=0 me=0 {alice}{account or '-'} {rest}")

    bot.wait_log(event="module.log", module="reporter", msg="^type=14 private=0 me=1 nick= ")
    peer.accept_join(CHANNEL, ["bob"])
    bot.wait_log(event="module.log", module="reporter", msg=f"^type=4 private=0 me=1 nick=Anna .* channel={CHANNEL} ")
    does(f"JOIN {CHANNEL} alice_s :Alice", 4, f"channel={CHANNEL} target= command= args= text=")
    does(f"PRIVMSG {CHANNEL} :hello all", 1, f"channel={CHANNEL} target= command= args= text=hello all")
    does(f"PRIVMSG {CHANNEL} :!report  it ", 17,
         f"channel={CHANNEL} target= command=report args=it text=!report  it ")
    does(f"PRIVMSG {CHANNEL} :\x01ACTION waves\x01", 2, f"channel={CHANNEL} target= command= args= text=waves")
    does(f"NOTICE {CHANNEL} :beep", 3, f"channel={CHANNEL} target= command= args= text=beep")
    bot.wait_log(event="module.log", module="reporter", msg="^reply to a notice: not allowed here")
    does(f"PRIVMSG {CHANNEL} :\x01FINGER me now\x01", 12,
         f"channel={CHANNEL} target= command=FINGER args=me now text=")
    does(f"MODE {CHANNEL} +o-v alice bob", 9, f"channel={CHANNEL} target=+o-v command= args= text=alice bob")
    does(f"TOPIC {CHANNEL} :of the day", 10, f"channel={CHANNEL} target= command= args= text=of the day")
    does(f"INVITE dora {CHANNEL}", 11, f"channel={CHANNEL} target=dora command= args= text=")
    does("ACCOUNT *", 13, "channel= target= command= args= text=", account=None)
    does("NICK alicia", 8, "channel= target=alicia command= args= text=", account=None)
    alice = "nick=alicia user=~u host=h.test account="
    told(f":alicia!~u@h.test PART {CHANNEL} :bye", 5,
         f"private=0 me=0 {alice}- channel={CHANNEL} target= command= args= text=bye")
    told(f":alicia!~u@h.test JOIN {CHANNEL} * :Alice", 4,
         f"private=0 me=0 {alice}- channel={CHANNEL} target= command= args= text=")
    told(f":alicia!~u@h.test KICK {CHANNEL} bob :enough", 7,
         f"private=0 me=0 {alice}- channel={CHANNEL} target=bob command= args= text=enough")
    told(":alicia!~u@h.test QUIT :gone", 6,
         f"private=0 me=0 {alice}- channel= target= command= args= text=gone")
    told(":carol!~c@h.test PRIVMSG Anna :psst", 1,
         "private=1 me=0 nick=carol user=~c host=h.test account=- channel= target= command= args= text=psst")
    # To a channel where the bot is not: for modules that are on there.
    bot.cli("SADD", "seshet:module:reporter:echannels", "#else")

    def invited():
        peer.send(":carol!~c@h.test INVITE Anna #else")
        return bot.find_log(event="module.log", module="reporter", msg="^type=11 .* channel=#else target=Anna ")

    wait_until(invited, 30, "the invitation is told", step=0.05)
    mark = bot.mark()
    peer.close()
    bot.wait_log(since=mark, event="module.log", module="reporter", msg="^type=15 .* text=.")


def test_facts_and_ways_to_speak(stage):
    stage.is_("facts", "one api Anna: 0 1 -3 4 #[]a 1 not found")
    stage.visitor.ask("Anna", CHANNEL, "!api ways it", "^visitor: v it$")
    stage.visitor.expect_say("Anna", "^private it$", target="visitor")
    stage.visitor.expect_say("Anna", "^\x01ACTION does it\x01$", target=CHANNEL)
    stage.visitor.expect(lambda m: m.command == "NOTICE" and m.nick == "Anna" and m.text == "notice it"
                         and m.target == CHANNEL)
    stage.is_("wrong", "wrong -1 -1 -1 -3")
