"""Flood controls: limits of modules, the limit of a source, ignores. On a scripted server, where
sources have hosts of their own."""

import itertools

from harness.accounts import user
from harness.process import wait_until
from harness.seshetd import network

CHANNEL = "#seshet"
numbers = itertools.count(1000)

# Says something, unasked, to whoever mentions a link.
LINKS = """
#include <string.h>

#include <seshet/module.h>

static void on_message(seshet_ctx *ctx, const seshet_event *ev)
{
    if (strstr(ev->text, "http:"))
        seshet_answer(ctx, "seen %s", ev->text);
}

SESHET_MODULE(
    .name = "links", .version = "1.0", .description = "Sees links.",
    .events = SESHET_EVENTS({ SESHET_MESSAGE, on_message }))
"""


# Has a command that another module has.
ECHO_TOO = """
#include <seshet/module.h>

static void on_echo(seshet_ctx *ctx, const seshet_event *ev)
{
    (void)ev;
    seshet_answer(ctx, "the other echo");
}

SESHET_MODULE(
    .name = "again", .version = "1.0", .description = "Says it again.",
    .commands = SESHET_COMMANDS({ "echo", on_echo, .help = "Say it again." }))
"""


class Stage:
    def __init__(self, parts, source="0", ignore="1h", registry="embedded",
                 channels=(CHANNEL, "#other")):
        self.parts = parts
        self.fake = parts.fake()
        self.bot = parts.bot({"one": network(self.fake.port, "Anna", channels)}, registry=registry,
                             settings={"flood": {"source": source, "ignore": ignore}})
        self.peer = self.fake.accept().register()
        self.peer.expect(lambda m: m.command == "JOIN")
        for channel in channels:
            self.peer.joined(channel, ["visitor", "other"])

    def set(self, field, value, module="echo"):
        self.bot.ctl_json("module", "set", module, field, value)

    def said(self, *texts, nick="visitor", host="v.example.test", target=CHANNEL):
        """What the bot says to these texts of one source. A question of somebody else, which is
        answered later, ends the waiting."""
        number = next(numbers)
        for text in texts:
            self.peer.send(f":{nick}!~u@{host} PRIVMSG {target} :{text}")
        self.peer.send(f":marker!~u@{number}.example.test PRIVMSG Anna :!roll 1d1+{number}")
        came = self.peer.collect(lambda m: m.command == "PRIVMSG" and m.target == "marker")
        return [m for m in came[:-1] if m.command in ("PRIVMSG", "NOTICE")]

    def calls(self, count, call="!echo {}", **who):
        """How many of so many calls are answered, and the notices that come."""
        came = self.said(*[call.format(next(numbers)) for _ in range(count)], **who)
        return (len([m for m in came if m.command == "PRIVMSG"]),
                [m.text for m in came if m.command == "NOTICE"])


def test_rate_user(parts):
    stage = Stage(parts)
    stage.set("rate_user", "3/8s")
    answered, [notice] = stage.calls(8)
    assert answered == 3
    assert notice.startswith("echo: slow down, at most 3 uses in 8s; again in ")
    assert stage.calls(3) == (0, [])  # told once
    assert stage.calls(3, nick="other", host="o.example.test") == (3, [])
    wait_until(lambda: stage.calls(1) == (1, []), 30, "the span is over", step=0.2)


def test_the_notice_is_private(parts):
    stage = Stage(parts)
    stage.set("rate_user", "0/1m")
    [notice] = stage.said("!echo x")
    assert (notice.command, notice.target) == ("NOTICE", "visitor")
    assert notice.text == "echo: it may not be used at all"
    assert stage.said("!echo x") == []


def test_a_change_of_nick_is_no_way_out(parts):
    stage = Stage(parts)
    stage.set("rate_user", "2/1m")
    assert stage.calls(4)[0] == 2
    assert stage.calls(1, nick="changed")[0] == 0
    assert stage.calls(1, nick="changed", host="elsewhere.example.test")[0] == 1


def test_whitelisted_sources_are_exempt_from_the_users_limit(parts):
    stage = Stage(parts)
    stage.set("rate_user", "1/1m")
    stage.bot.ctl_json("module", "add", "echo", "whitelist", "visitor!*@*")
    assert stage.calls(5) == (5, [])
    stage.set("rate_channel", "2/1m")
    answered, [notice] = stage.calls(4)
    assert answered == 2
    assert notice.startswith("echo: used too often in this channel, at most 2 uses in 1m")


def test_rate_channel_and_rate_network(parts):
    stage = Stage(parts)
    stage.set("rate_channel", "2/1m")
    assert stage.calls(3)[0] == 2
    assert stage.calls(3, nick="other", host="o.example.test")[0] == 0
    assert stage.calls(3, target="#other")[0] == 2
    stage.bot.ctl_json("module", "unset", "echo", "rate_channel")
    stage.set("rate_network", "3/1m")
    answered, [notice] = stage.calls(5, nick="other", host="o.example.test")
    assert answered == 3
    assert notice.startswith("echo: used too often on this network, at most 3 uses in 1m")


def test_a_limit_of_one_command(parts):
    stage = Stage(parts)
    stage.set("rate_user.echo", "2/1m")
    answered, [notice] = stage.calls(3)
    assert answered == 2 and "at most 2 uses in 1m" in notice


def test_modules_of_one_rate_group_count_together(parts):
    stage = Stage(parts)
    for module in ("echo", "seen"):
        stage.set("rate_group", "both", module)
        stage.set("rate_user", "3/1m", module)
    assert stage.calls(3)[0] == 3
    [notice] = stage.said("!seen other")
    assert notice.text.startswith("seen: slow down, at most 3 uses in 1m")


def test_a_member_of_a_rate_group_without_a_limit_counts(parts):
    stage = Stage(parts)
    for module in ("echo", "seen"):
        stage.set("rate_group", "both", module)
    stage.set("rate_user", "3/1m", "seen")
    assert stage.calls(3) == (3, [])
    [notice] = stage.said("!seen other")
    assert notice.text.startswith("seen: slow down, at most 3 uses in 1m")
    assert stage.calls(2) == (2, [])  # it has no limit itself
    assert len(stage.said("!seen visitor", nick="other", host="o.example.test")) == 1
    stage.bot.ctl_json("module", "unset", "echo", "rate_group")
    assert stage.calls(3, nick="third", host="t.example.test") == (3, [])
    assert len(stage.said("!seen other", nick="third", host="t.example.test")) == 1


def test_a_burst_does_not_overrun_the_limit(parts):
    """All are on their way to the module before its first answer comes."""
    stage = Stage(parts)
    parts.module(stage.bot, "links", LINKS)
    stage.bot.ctl_json("module", "reload", "links")
    wait_until(lambda: stage.said("http: other", nick="other", host="o.example.test"), 30,
               "the module answers")
    stage.set("rate_user", "2/1m", "links")
    stage.peer.send("\r\n".join(
        f":visitor!~u@v.example.test PRIVMSG {CHANNEL} :http: {number}" for number in range(11)))
    assert [m.text for m in stage.said("http: x")] == ["seen http: 0", "seen http: 1"]
    assert stage.said("http: y") == []


def test_one_call_brings_one_notice(parts):
    """Two modules answer to it, both have had enough: one of them says so."""
    stage = Stage(parts)
    parts.module(stage.bot, "again", ECHO_TOO)
    stage.bot.ctl_json("module", "reload", "again")
    assert "is a command of several modules" in stage.said("!echo x")[0].text
    for module in ("echo", "again"):
        stage.set("rate_user", "0/1m", module)
    assert len(stage.said("!echo x")) == 1
    # In private a word is looked for twice: as it stands, and without its first sign.
    assert [m.command for m in stage.said("!echo x", target="Anna", nick="other",
                                          host="o.example.test")] == ["NOTICE"]


def test_what_a_module_says_unasked_counts_too(parts):
    stage = Stage(parts)
    parts.module(stage.bot, "links", LINKS)
    stage.bot.ctl_json("module", "reload", "links")
    stage.set("rate_user", "2/1m", "links")
    wait_until(lambda: stage.said("http: other", nick="other", host="o.example.test"), 30,
               "the module answers")
    # What is not answered is no use.
    assert stage.said(*["chatter"] * 10) == []
    assert len(stage.said("http: 1")) == 1
    assert len(stage.said("http: 2")) == 1
    assert stage.said("http: 3") == []
    assert len(stage.said("http: 4", nick="third", host="t.example.test")) == 1


def test_the_limit_of_a_source_over_all_modules(parts):
    stage = Stage(parts, source="5/1m", ignore="20s")
    came = stage.said("!echo a", "!ping", "!roll 1", "!list", "!echo b", "!echo c", "!echo d")
    assert len([m for m in came if m.command == "PRIVMSG"]) == 5
    [notice] = [m for m in came if m.command == "NOTICE"]
    assert notice.target == "visitor"
    assert notice.text == "You use me too much (more than 5/1m): I ignore you for 20s."
    assert stage.bot.wait_log(event="source.ignored")["network"] == "one"
    [ignore] = stage.bot.ctl_json("network", "ignores", "one")["ignores"]
    assert ignore["mask"] == "*!*@v.example.test" and 0 < ignore["left_ms"] <= 20000
    wait_until(lambda: stage.bot.cli("HKEYS", "seshet:network:one:ignores") == "*!*@v.example.test",
               30, "it is in the registry")
    assert stage.said("!echo x", "!ping", nick="changed") == []
    assert stage.said("ping", target="Anna") == []
    assert stage.said("\x01VERSION\x01", target="Anna") == []
    assert len(stage.said("!echo x", nick="other", host="o.example.test")) == 1


def test_an_ignore_ends_by_itself(parts):
    stage = Stage(parts, source="5/1m", ignore="1s")
    [notice] = [m for m in stage.said(*["!ping"] * 6) if m.command == "NOTICE"]
    assert notice.text.endswith("I ignore you for 1s.")
    wait_until(lambda: stage.said("!ping"), 30, "heard again", step=0.2)


def test_why_knows_the_limit_of_a_source(parts):
    stage = Stage(parts, source="3/1m")

    def why(*words, module="echo"):
        return stage.bot.ctl_json("module", "why", module, "--source",
                                  "visitor!~u@v.example.test", "--channel", CHANNEL, *words)

    def rule(*words, **where):
        return next(r for r in why(*words, **where)["rules"] if r["name"] == "rate_source")

    assert len(stage.said("!echo a", "!ping")) == 2
    assert why()["allowed"] and rule()["outcome"] == "passes"
    assert rule()["text"].endswith("(at most 3/1m)")
    assert len(stage.said("!echo b")) == 1
    assert (why()["allowed"], why()["reason"]) == (False, "rate_source")
    assert rule()["decides"] and "at most 3 uses in 1m; again in " in rule()["text"]
    # Happenings are not commands: modules are told, and only an answer counts.
    assert why("--event", "join", module="seen")["allowed"]
    assert rule("--event", "join", module="seen")["outcome"] == "skipped"
    [notice] = stage.said("!echo c")
    assert "I ignore you for 1h" in notice.text
    assert why()["reason"] == "ignored"
    stage.bot.settings["flood"] = {"source": "0", "ignore": "1h"}
    stage.bot.write_main()
    stage.bot.ctl_json("network", "rehash")
    assert rule(module="echo")["text"] in ("not looked at", "no such limit")


def test_unasked_answers_count_for_the_source(parts):
    stage = Stage(parts, source="3/1m")
    parts.module(stage.bot, "links", LINKS)
    stage.bot.ctl_json("module", "reload", "links")
    wait_until(lambda: stage.said("http: other", nick="other", host=f"{next(numbers)}.example.test"),
               30, "the module answers")
    came = [m for number in range(5) for m in stage.said(f"http: {number}")]
    assert [m.text for m in came if m.command == "PRIVMSG"] == [f"seen http: {i}" for i in range(3)]
    assert ["I ignore you" in m.text for m in came if m.command == "NOTICE"] == [True]
    assert stage.bot.ctl_json("network", "ignores", "one")["ignores"]
    assert stage.said("http: x", "!echo x") == []


def test_ctcp_and_wrong_commands_count_for_the_source(parts):
    stage = Stage(parts, source="3/1m")
    came = stage.said("\x01VERSION\x01", "\x01PING 1\x01", "nonsense", "nonsense", "nonsense",
                      target="Anna")
    assert "I ignore you for 1h" in came[-1].text and len(came) == 4


def test_an_ignore_is_lifted_by_command_or_by_hand(parts):
    stage = Stage(parts, source="3/1m")
    for lift in (
        lambda: stage.bot.ctl_json("network", "unignore", "one", "*!*@V.Example.test"),
        lambda: stage.bot.cli("HDEL", "seshet:network:one:ignores", "*!*@v.example.test"),
    ):
        _, [notice] = stage.calls(8)
        assert "I ignore you" in notice
        assert stage.calls(1) == (0, [])
        # The registry's word counts from then on, and nothing is left in memory: whoever lifts it
        # is heard with the next message.
        wait_until(lambda: stage.bot.ctl_json("registry", "show")["registry"]["ignores_in_memory"] == 0,
                   30, "written")
        assert stage.bot.cli("EXISTS", "seshet:network:one:ignores") == "1"
        lift()
        wait_until(lambda: stage.calls(1)[0] == 1, 30, "it is lifted")
        assert stage.bot.cli("EXISTS", "seshet:network:one:ignores") == "0"


def test_an_account_is_ignored_by_its_name(parts):
    stage = Stage.__new__(Stage)
    stage.fake = parts.fake()
    stage.bot = parts.bot({"one": network(stage.fake.port, "Anna")},
                          settings={"flood": {"source": "3/1m", "ignore": "1h"}})
    stage.peer = stage.fake.accept().register(caps="account-tag message-tags")
    stage.peer.accept_join(CHANNEL, ["visitor"])
    for host in ("a", "b", "c", "d", "e"):
        stage.peer.send(f"@account=evil :visitor!~u@{host}.example.test PRIVMSG {CHANNEL} :!ping")
    stage.peer.expect(lambda m: m.command == "NOTICE" and "I ignore you" in m.text)
    [ignore] = stage.bot.ctl_json("network", "ignores", "one")["ignores"]
    assert ignore["mask"] == "account:evil"


def test_an_ignore_is_kept_in_memory_while_redis_is_away(parts):
    redis = parts.redis()
    stage = Stage(parts, source="3/1m", registry=f"redis://127.0.0.1:{redis.port}")
    assert len(stage.said("!ping")) == 1
    redis.kill()
    stage.bot.wait_log(event="registry.state", msg="-> away")
    stage.calls(8)
    stage.bot.wait_log(event="source.unwritten", msg="by this server alone")
    [ignore] = stage.bot.ctl_json("network", "ignores", "one")["ignores"]
    assert ignore["in_memory"]
    assert stage.calls(1) == (0, [])
    stage.bot.ctl_json("network", "unignore", "one", ignore["mask"])
    wait_until(lambda: stage.calls(1)[0] == 1, 30, "it is lifted")


def test_the_limit_changes_while_it_runs(parts):
    stage = Stage(parts, source="3/1m")
    stage.bot.settings["flood"] = {"source": "0", "ignore": "1h"}
    stage.bot.write_main()
    stage.bot.ctl_json("network", "rehash")
    assert stage.calls(10) == (10, [])
    assert stage.bot.ctl_json("network", "ignores", "one")["ignores"] == []


def test_who_is_trusted_is_not_ignored(parts):
    stage = Stage(parts, source="3/1m")
    trusty = {"nick": "trusty", "host": "trusty.example.test"}
    user(stage.bot.cli, "trusty", hostmasks=["*!*@trusty.example.test"], capabilities=["trusted"])
    stage.bot.in_force()
    assert stage.calls(8, **trusty) == (8, [])
    answered, [notice] = stage.calls(8)
    assert answered == 3 and "I ignore you" in notice
    assert stage.calls(8, **trusty) == (8, [])
