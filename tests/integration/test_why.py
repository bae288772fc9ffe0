"""seshetctl module why: the decision is explained by the code that makes it."""

import json

import pytest

from harness.process import wait_until
from harness.seshetd import network

CHANNEL = "#seshet"


class Stage:
    def __init__(self, parts):
        self.server = parts.ngircd()
        self.visitor = self.server.client("visitor").join(CHANNEL).join("#other")
        self.bot = parts.bot({"one": network(self.server.port, "Anna", (CHANNEL, "#other"))})
        self.visitor.wait_for("Anna", CHANNEL).wait_for("Anna", "#other")
        assert self.visitor.answered("Anna", CHANNEL)

    def cli(self, *words):
        self.bot.cli(*words)

    def why(self, *words, module="echo", source="visitor", channel=CHANNEL):
        place = ["--channel", channel] if channel else []
        return self.bot.ctl_json("module", "why", module, "--source", source, *place, *words)

    def rule(self, name, *words, **where):
        """What is told of one rule."""
        [rule] = [r for r in self.why(*words, **where)["rules"] if r["name"] == name]
        return rule

    def reason(self, *words, **where):
        answer = self.why(*words, **where)
        deciding = [rule for rule in answer["rules"] if rule["decides"]]
        assert answer["reason"] in [rule["name"].partition(".")[0] for rule in deciding]
        return answer["reason"]

    def agrees(self, reason, channel=CHANNEL):
        """Why says so, and the bot does so."""
        wait_until(lambda: self.why(channel=channel)["reason"] == reason, 30, f"why says {reason}")
        assert self.reason(channel=channel) == reason
        assert self.visitor.answered("Anna", channel) == self.why(channel=channel)["allowed"]


@pytest.fixture
def stage(parts):
    return Stage(parts)


def test_every_rule_agrees_with_what_happens(stage):
    key = "seshet:module:echo"
    stage.agrees("enick")
    stage.cli("SADD", f"{key}:echannels", CHANNEL)
    stage.agrees("echannel")
    stage.cli("SADD", f"{key}:dnicks", "visitor")
    stage.agrees("dnick")
    stage.cli("SADD", f"{key}:dchannels", CHANNEL)
    stage.agrees("dchannel")
    stage.cli("SADD", f"{key}:whitelist", "visitor!*@*")
    stage.agrees("whitelist")
    stage.cli("SADD", f"{key}:blacklist", "*!*@127.0.0.1")
    stage.agrees("blacklist")
    stage.cli("HSET", key, "enabled", "no")
    stage.agrees("disabled")
    stage.cli("HSET", key, "enabled", "yes")
    stage.cli("DEL", *[f"{key}:{name}" for name in
                       ("echannels", "dnicks", "dchannels", "whitelist", "blacklist", "enicks")])
    stage.agrees("no_rule")
    stage.cli("SADD", f"{key}:enicks", "$me")
    stage.cli("HSET", key, "auth_group", "friends")
    stage.agrees("auth_group")
    stage.cli("HDEL", key, "auth_group")
    stage.cli("HSET", key, "capability", "admin")
    stage.agrees("capability")
    stage.cli("HDEL", key, "capability")
    stage.cli("HSET", key, "rate_user", "0/1m")
    stage.agrees("rate_user")
    stage.cli("HDEL", key, "rate_user")
    stage.cli("HSET", key, "rate_channel.echo", "0/1m")
    stage.agrees("rate_channel")
    stage.cli("HDEL", key, "rate_channel.echo")
    stage.agrees("enick")


def test_all_rules_are_told_in_order(stage):
    rules = stage.why()["rules"]
    numbers = [rule["rule"] for rule in rules]
    assert numbers == sorted(numbers, key=lambda number: {21: 12.5, 25: 18.5, 23: 19.3, 22: 19.5, 24: 20.5}.get(number, number))
    assert set(numbers) >= {1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25}
    assert [r["rule"] for r in rules if r["decides"]] == [8]
    assert {r["outcome"] for r in rules if r["rule"] < 8} == {"passes"}


def test_the_source(stage):
    answer = stage.why()
    assert answer["source"].startswith("visitor!") and answer["source"].endswith("@127.0.0.1")
    stage.cli("SADD", "seshet:module:echo:blacklist", "*!*@*.evil.test", "account:mallory")
    wait_until(lambda: stage.reason(source="x!y@a.evil.test") == "blacklist", 30, "blacklisted")
    assert stage.reason(source="x!y@a.good.test") == "enick"
    assert stage.reason("--account", "mallory", source="x!y@a.good.test") == "blacklist"
    assert "shares no channel" in stage.why(source="stranger")["notes"][0]
    stage.cli("HSET", "seshet:network:one:ignores", "*!*@a.good.test", 0)
    wait_until(lambda: stage.reason(source="x!y@a.good.test") == "ignored", 30, "ignored")


def test_the_place(stage):
    assert stage.why(channel=None)["private"]
    stage.cli("SADD", "seshet:module:echo:dnicks", "guest")
    wait_until(lambda: stage.why("--present", "guest")["reason"] == "dnick", 30, "a dnick")
    assert stage.reason() == "enick"
    unknown = stage.why(channel="#nowhere")
    assert unknown["reason"] == "no_rule" and "not in #nowhere" in unknown["notes"][0]
    assert "module add echo echannels CHANNEL --network one" in unknown["notes"][-1]
    assert stage.reason("--present", "someone", channel="#nowhere") == "enick"
    assert stage.reason("--present", "someone,GUEST", channel="#nowhere") == "dnick"


def test_the_text(stage):
    answer = stage.why("--text", "!echo words")
    assert (answer["event"], answer["command"]) == ("command", "echo")
    assert stage.why("--text", "Anna: echo words")["command"] == "echo"
    assert stage.why("--text", "!echo.echo words")["command"] == "echo"
    assert stage.why("--text", "echo words", channel=None)["command"] == "echo"
    other = stage.why("--text", "!roll 6")
    assert other["event"] == "message" and other["reason"] == "event_type"
    assert "no command of this module" in other["notes"][-1]
    prefix = stage.why("--text", "%echo words")
    assert any("begin with !" in note for note in prefix["notes"])


def test_other_events(stage):
    assert stage.reason("--event", "join", module="seen") == "enick"
    assert stage.reason("--event", "topic", module="seen") == "event_type"
    stage.cli("SADD", "seshet:module:seen:dchannels", CHANNEL)
    wait_until(lambda: stage.reason("--event", "join", module="seen") == "dchannel", 30, "off there")
    # The visitor is in both channels: on in one is enough.
    quit_ = stage.why("--event", "quit", module="seen", channel=None)
    assert quit_["allowed"] and quit_["place"] == "#other"
    assert stage.reason("--event", "quit", module="seen", source="stranger", channel=None) == "nowhere"


def test_what_stands_in_the_way_besides(stage):
    # What one of us says is no command, but it is told to modules that want to know.
    assert stage.reason(source="Anna") == "ours"
    assert stage.reason("--event", "join", module="seen", source="Anna") == "enick"
    stage.bot.ctl_json("module", "register", "later")
    stage.cli("HSET", "seshet:module:later", "enabled", "yes")
    stage.bot.in_force()
    assert stage.reason(module="later") == "no_file" and not stage.why(module="later")["allowed"]


def test_what_is_exempt_from_a_limit(stage):
    key = "seshet:module:echo"
    stage.cli("HSET", key, "rate_user", "0/1m", "rate_channel", "0/1m")
    wait_until(lambda: stage.reason() == "rate_user", 30, "limited")
    stage.cli("SADD", f"{key}:whitelist", "visitor!*@*")
    wait_until(lambda: stage.reason() == "rate_channel", 30, "exempt from the user's limit")
    text = stage.rule("rate_user")["text"]
    assert "whitelist" in text and "exempt" in text and "0/1m" in text
    assert stage.reason(channel=None) == "whitelist"
    assert "no channel" in stage.rule("rate_channel", channel=None)["text"]
    assert stage.rule("rate_network")["outcome"] == "skipped"
    assert stage.rule("rate_network", channel=None)["text"] == "no such limit"


def test_wrong_questions(stage):
    def refused(*words):
        status, out, err = stage.bot.ctl("module", "why", *words, "--socket",
                                         str(stage.bot.control), check=False)
        assert status == 1 and not out
        return err

    assert "--source" in refused("echo")
    assert "NICK!USER@HOST" in refused("echo", "--source", "nick!user")
    assert 'did you mean "echo"?' in refused("ecco", "--source", "visitor")
    assert "no network" in refused("echo", "--source", "visitor", "--network", "none")
    assert "no event" in refused("echo", "--source", "visitor", "--event", "jion")
    for event in ("join", "part", "kick", "topic", "mode", "invite"):
        assert "--channel" in refused("seen", "--source", "visitor", "--event", event), event
    for source in ("*!*@*", "a b!c@d", "nick!user@", "nick!@host", "!u@h", "nick@host", "#chan",
                   "a,b", "nick!u@h@i", "nick!u@ho st", "n?ck", ":nick", "x" * 300):
        assert "is no source" in refused("echo", "--source", source), source
    for channel in ("nochannel", "#a,nochannel", "#a b", ",", "#a,,#b"):
        said = refused("echo", "--source", "visitor", "--channel", channel)
        assert "is no channel of one: those begin with" in said, channel
    assert "at most 16 channels" in refused("echo", "--source", "visitor", "--channel",
                                            ",".join(f"#{i}" for i in range(17)))


def test_for_people(stage):
    text = stage.bot.ctl("module", "why", "echo", "--source", "visitor", "--channel", CHANNEL,
                         "--socket", str(stage.bot.control))[1]
    assert text.splitlines()[0] == "why\tyes\t8\tenick"
    assert any(line.startswith("rule\t8\tenick\tallows\t#seshet\t$me\t") for line in text.splitlines())


# ---- What a module of its own shows --------------------------------------------------------------

ODD = """
#include <seshet/module.h>

static void on(seshet_ctx *ctx, const seshet_event *ev)
{
    seshet_reply(ctx, "odd %s", ev->text);
}

static int load(seshet_ctx *ctx)
{
    (void)ctx;
    return @LOAD@;
}

SESHET_MODULE(.name = "@NAME@", .version = "1", .description = "Odd.", .load = load, @HAS@)
"""


def add_odd(parts, stage, name, has, load=0):
    source = ODD.replace("@NAME@", name).replace("@HAS@", has).replace("@LOAD@", str(load))
    if "on" not in has:
        source = source.replace("static void on(", "void on(seshet_ctx *, const seshet_event *);\nvoid on(")
    parts.module(stage.bot, name, source)
    answer = json.loads(stage.bot.ctl("module", "reload", name, "--json", "--socket",
                                      str(stage.bot.control), check=False)[1])
    [told] = answer["loaded"] + answer["refused"]
    assert told["module"] == name
    wait_until(lambda: stage.why(module=name)["reason"] != "disabled", 30, "registered")


def test_modules_that_get_nothing(parts, stage):
    assert stage.visitor.answered("Anna", CHANNEL)
    # Its loading fails: the process goes on without it.
    add_odd(parts, stage, "moon", '.commands = SESHET_COMMANDS({"moon", on})', load=-1)
    wait_until(lambda: stage.reason(module="moon") == "not_loaded", 30, "refused")
    answer = stage.why(module="moon")
    assert not answer["allowed"] and answer["rule"] == 23 and answer["item"]
    assert not stage.visitor.between("Anna", CHANNEL, "!moon")
    # It handles nothing.
    add_odd(parts, stage, "mute", "")
    assert stage.reason(module="mute") == "event_type"
    # IRC's lines need a permission.
    add_odd(parts, stage, "lines", ".events = SESHET_EVENTS({SESHET_RAW, on})")
    answer = stage.why("--event", "raw", module="lines", channel=None)
    assert answer["reason"] == "event_type" and "permission raw" in answer["item"]
    stage.cli("HSET", "seshet:module:lines", "permissions", "raw")
    wait_until(lambda: stage.why("--event", "raw", module="lines", channel=None)["allowed"], 30, "raw")
    stage.cli("HSET", "seshet:module:lines", "enabled", "no")
    # Two answer to one word.
    add_odd(parts, stage, "twin", '.commands = SESHET_COMMANDS({"echo", on}, {"help", on})')
    answer = stage.why()
    assert (answer["reason"], answer["item"], answer["allowed"]) == ("clash", "twin", False)
    stage.visitor.say(CHANNEL, "!echo who")
    stage.visitor.expect_say("Anna", "is a command of several modules", target=CHANNEL)
    assert stage.why("--text", "!echo.echo who")["allowed"]
    assert stage.why("--text", "!help", module="twin")["item"] == "core"
    stage.cli("HSET", "seshet:module:twin", "cmd_prefix", "%")
    wait_until(lambda: stage.why()["allowed"], 30, "no clash with another prefix")
    assert stage.reason("--text", "echo who", channel=None) == "clash"
    stage.cli("HSET", "seshet:module:twin", "enabled", "no")
    wait_until(lambda: stage.why("--text", "echo who", channel=None)["allowed"], 30, "one is left")


def test_a_channel_that_hears_nobody(stage):
    def quits(event, **where):
        return stage.reason("--event", event, module="seen", **where)

    stage.bot.ctl_json("policy", "set", "lobotomized", "yes", "--channel", CHANNEL, "--network", "one")
    wait_until(lambda: stage.reason() == "ignored", 30, "deaf")
    assert quits("join") == "ignored"
    for event in ("quit", "nick"):
        assert quits(event) == quits(event, channel=None) == "enick"


def test_a_password_is_for_the_bot_alone(stage):
    for text in ("register foo secret-word", "!register foo secret-word"):
        answer = stage.why("--event", "message", "--text", text, module="seen", channel=None)
        assert answer["reason"] == "secret" and answer["event"] == "message", text
    assert stage.reason("--event", "message", "--text", "registers", module="seen") == "enick"


def test_a_clash_shows_no_password(parts, stage):
    assert stage.visitor.answered("Anna", CHANNEL)
    add_odd(parts, stage, "spy", '.commands = SESHET_COMMANDS({"register", on}), '
                                 ".events = SESHET_EVENTS({SESHET_MESSAGE, on})")
    stage.visitor.ask("Anna", None, "no command", "^odd no command$")
    said = stage.visitor.between("Anna", None, "register foo secret-word")
    assert not any("several modules" in m.text for m in said), "no module comes between"
    assert not any("secret-word" in m.text for m in said), said


def test_asked_on_irc(stage):
    stage.cli("SADD", "seshet:users", "visitor")
    stage.cli("HSET", "seshet:user:visitor", "password", "", "secure", "no")
    stage.cli("SADD", "seshet:user:visitor:hostmasks", "one/visitor!*@*")
    stage.cli("SADD", "seshet:user:visitor:capabilities", "one/admin")
    asked = f'module why echo --source visitor --channel {CHANNEL} --text "!echo hi" --event message'
    stage.bot.in_force()
    stage.visitor.ask("Anna", None, asked, "enick")
