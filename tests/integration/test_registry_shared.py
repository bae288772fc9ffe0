"""Two servers share one registry: what is edited decides the next message on both."""

import concurrent.futures
import re
import time

import pytest

from harness.process import wait_until
from harness.seshetd import network

HEARD_SECONDS = 1  # an edit decides long before this, mostly, also on a busy machine
ECHO = "seshet:module:echo"
NICKS = {"Anna": "#anna", "Bert": "#bert"}


class Shared:
    """Anna and Bert, each with a server process of her or his own, and a visitor."""

    def __init__(self, parts, proxied=False):
        self.server = parts.ngircd()
        self.redis = parts.redis()
        self.proxy = parts.proxy(self.redis.port) if proxied else None
        self.visitor = self.server.client("visitor")
        self.bots = {}
        for nick, channel in NICKS.items():
            self.visitor.join(channel)
            port = self.proxy.port if proxied and nick == "Bert" else self.redis.port
            self.bots[nick] = parts.bot({nick.lower(): network(self.server.port, nick, [channel])},
                                        registry=f"redis://127.0.0.1:{port}/0")
        for nick, channel in NICKS.items():
            self.visitor.wait_for(nick, channel)
        self.become(True)

    def cli(self, *words):
        return self.redis.cli(*words)

    def answered(self, nick, call="!echo {}"):
        return self.visitor.answered(nick, NICKS[nick], call)

    def both(self, call="!echo {}"):
        return [self.answered(nick, call) for nick in NICKS]

    def become(self, *wanted):
        """Whether Anna answers, and Bert; or both."""
        wait_until(lambda: self.both() == list(wanted) * (2 // len(wanted)), 30, f"they answer: {wanted}")

    def registry(self, nick):
        return self.bots[nick].ctl_json("status")["registry"]

    def accept(self, nick):
        """The command that the reason of its state gives, as a person copies it."""
        reason = self.registry(nick)["reason"]
        command = re.search(r"redis-cli -h 127\.0\.0\.1 -p (\d+) (HSET seshet:meta accepted \S+)$",
                            reason)
        assert command and command[1] == str(self.redis.port), reason
        self.cli(*command[2].split())

    def wait_state(self, state, nicks=tuple(NICKS), timeout=30):
        for nick in nicks:
            wait_until(lambda: self.registry(nick)["state"] == state, timeout, f"{nick}: {state}")


@pytest.fixture
def shared(parts):
    return Shared(parts)


def overlays(*words):
    return [[word.format(f"seshet:network:{net}:module:echo") for word in words]
            for net in ("anna", "bert")]


EDITS = {
    "a field": ([("HSET", ECHO, "enabled", "no")], [("HSET", ECHO, "enabled", "yes")]),
    "a field, deleted": ([("HDEL", ECHO, "enabled")], [("HSET", ECHO, "enabled", "1")]),
    "an overlay": (overlays("HSET", "{}", "enabled", "no"), overlays("DEL", "{}")),
    "inherit": (overlays("HSET", "{}", "inherit", "no"), overlays("HDEL", "{}", "inherit")),
    "dchannels": ([("SADD", ECHO + ":dchannels", "#ANNA", "#bert")], [("DEL", ECHO + ":dchannels")]),
    "dchannels, for a network": ([("SADD", ECHO + ":dchannels", "anna/#anna", "bert/#bert")],
                                 [("SREM", ECHO + ":dchannels", "anna/#anna", "bert/#bert")]),
    "dnicks": ([("SADD", ECHO + ":dnicks", "Visitor")], [("SPOP", ECHO + ":dnicks")]),
    "enicks": ([("SREM", ECHO + ":enicks", "$me")], [("SADD", ECHO + ":enicks", "$me")]),
    "echannels": ([("DEL", ECHO + ":echannels"), ("SREM", ECHO + ":enicks", "$me")],
                  [("SADD", ECHO + ":echannels", "#anna", "#bert")]),
    "echannels, deleted": ([("SREM", ECHO + ":enicks", "$me"), ("DEL", ECHO + ":echannels")],
                           [("SADD", ECHO + ":enicks", "$me")]),
    "blacklist": ([("SADD", ECHO + ":blacklist", "*!*@127.0.0.1", "*!*@localhost*", "VISITOR!*@*")],
                  [("DEL", ECHO + ":blacklist")]),
    "whitelist": ([("DEL", ECHO + ":whitelist"), ("SADD", ECHO + ":dchannels", "#anna", "#bert")],
                  [("SADD", ECHO + ":whitelist", "visitor!*@*")]),
    "whitelist, deleted": ([("SADD", ECHO + ":dchannels", "#anna", "#bert"), ("DEL", ECHO + ":whitelist")],
                           [("DEL", ECHO + ":dchannels")]),
    "cmd_prefix": ([("HSET", ECHO, "cmd_prefix", "+")], [("HDEL", ECHO, "cmd_prefix")]),
    "rate_user": ([("HSET", ECHO, "rate_user", "0/1m")], [("HDEL", ECHO, "rate_user")]),
    "auth_group": ([("HSET", ECHO, "auth_group", "nobody")], [("HDEL", ECHO, "auth_group")]),
    "the set of modules": ([("SREM", "seshet:modules", "echo")], [("SADD", "seshet:modules", "echo")]),
    "RENAME": ([("RENAME", ECHO, "aside")], [("RENAME", "aside", ECHO)]),
    "COPY over it": ([("HSET", "other", "enabled", "no"), ("COPY", "other", ECHO, "REPLACE")],
                     [("HSET", "other", "enabled", "yes"), ("COPY", "other", ECHO, "REPLACE")]),
    "a script": ([("EVAL", "redis.call('HSET', KEYS[1], 'enabled', 'no')", 1, ECHO)],
                 [("EVAL", "redis.call('HSET', KEYS[1], 'enabled', 'yes')", 1, ECHO)]),
}


def test_an_edit_decides_the_next_message_on_both(shared):
    """Each edit three times. On a busy machine some may be late; none is missed."""
    times = []
    for name, (off, on) in EDITS.items():
        for commands, wanted in ((off, False), (on, True)) * 3:
            for words in commands:
                shared.cli(*words)
            begun = time.monotonic()
            wait_until(lambda: shared.both() == [wanted, wanted], 30, f"{name}: {wanted}")
            times.append(time.monotonic() - begun)
    assert sorted(times)[len(times) // 2] < HEARD_SECONDS, times


def test_expiry(shared):
    shared.cli("SADD", ECHO + ":dchannels", "#anna", "#bert")
    shared.become(False)
    shared.cli("PEXPIRE", ECHO + ":dchannels", "1")
    wait_until(lambda: shared.cli("EXISTS", ECHO + ":dchannels") == "0", 30, "it expires")
    shared.become(True)


def test_a_thousand_edits_in_one_transaction(shared):
    for wanted in (False, True):
        word = "SREM" if wanted else "SADD"
        edits = [f"{word} {ECHO}:echannels #c{i}" for i in range(500)]
        edits += [f"HSET seshet:network:net{i}:module:dice usage {wanted}" for i in range(498)]
        edits += [f"HSET {ECHO} enabled {'yes' if wanted else 'no'}"]
        shared.redis.script(["MULTI", *edits, "EXEC"])
        shared.become(wanted)
    assert shared.registry("Anna")["state"] == shared.registry("Bert")["state"] == "synced"


def test_an_edit_during_the_reload_is_not_missed(shared):
    shared.redis.script([f"HSET seshet:network:net{i}:module:echo enabled no" for i in range(3000)])
    shared.become(True)
    for count in range(12):
        wanted = count % 2 == 1
        kind = ("pubsub", "normal")[count // 2 % 2]
        marks = {nick: bot.mark() for nick, bot in shared.bots.items()}
        shared.redis.script([f"CLIENT KILL TYPE {kind} SKIPME yes"])
        time.sleep(0.003 * count)
        shared.cli("HSET", ECHO, "enabled", "yes" if wanted else "no")
        for nick, bot in shared.bots.items():
            bot.wait_log(since=marks[nick], event="registry.state", msg="-> synced")
        shared.become(wanted)


def test_flushall_changes_nothing_until_someone_decides(shared):
    marks = {nick: bot.mark() for nick, bot in shared.bots.items()}
    shared.cli("SADD", ECHO + ":dchannels", "#bert")
    shared.become(True, False)
    shared.cli("FLUSHALL")
    shared.wait_state("emptied")
    assert shared.both() == [True, False], "the last snapshot decides"
    assert shared.cli("KEYS", "seshet:mod*") == "", "nobody fills the registry by himself"
    bot = shared.bots["Anna"]
    status, _, said = bot.ctl("module", "enable", "echo", "--socket", str(bot.control), check=False)
    assert status == 1 and said.strip().endswith(shared.registry("Anna")["reason"]), said
    for nick, bot in shared.bots.items():
        bot.wait_log(since=marks[nick], event="registry.state", level="error", msg="HSET")
    shared.accept("Anna")
    shared.wait_state("synced")
    wait_until(lambda: "echo" in shared.cli("SMEMBERS", "seshet:modules"), 30, "registered anew")
    shared.become(True)


def test_a_server_that_starts_on_lost_data_decides_nothing_for_others(shared, parts):
    """It finds nothing and begins a registry of its own; those who knew the lost one still ask."""
    shared.cli("SADD", ECHO + ":dchannels", "#bert")
    shared.become(True, False)
    shared.cli("FLUSHALL")
    shared.wait_state("emptied")
    third = parts.bot({}, registry=f"redis://127.0.0.1:{shared.redis.port}/0")
    assert third.ctl_json("status")["registry"]["state"] == "synced"
    assert "echo" in shared.cli("SMEMBERS", "seshet:modules")
    for nick in NICKS:
        wait_until(lambda: "began a new one" in shared.registry(nick)["reason"], 30, "told")
        assert shared.registry(nick)["state"] == "emptied"
    assert shared.both() == [True, False], "the last snapshot decides"
    # Nor does it matter that the connection is made anew.
    marks = {nick: bot.mark() for nick, bot in shared.bots.items()}
    shared.cli("CLIENT", "KILL", "TYPE", "pubsub")
    for nick, bot in shared.bots.items():
        bot.wait_log(since=marks[nick], event="registry.state", msg="loading -> emptied")
    shared.accept("Bert")
    shared.wait_state("synced")
    shared.become(True)
    assert third.ctl_json("status")["registry"]["state"] == "synced"
    # A restart with its data needs nobody.
    shared.redis.kill()
    shared.wait_state("away")
    shared.redis.restart()
    shared.wait_state("synced")
    shared.become(True)


def test_the_set_of_modules_alone_is_lost(shared):
    shared.cli("RENAME", "seshet:modules", "aside")
    shared.wait_state("emptied")
    assert shared.both() == [True, True]
    assert "set of modules" in shared.registry("Anna")["reason"]
    shared.cli("RENAME", "aside", "seshet:modules")
    shared.wait_state("synced")
    shared.cli("SREM", "seshet:module:echo:enicks", "$me")
    shared.become(False)
    shared.cli("DEL", "seshet:modules")
    shared.wait_state("emptied")
    shared.accept("Anna")
    shared.wait_state("synced")
    wait_until(lambda: "echo" in shared.cli("SMEMBERS", "seshet:modules"), 30, "registered anew")
    assert shared.cli("SMEMBERS", "seshet:module:echo:enicks") == "", "as it was defined"
    wait_until(lambda: shared.cli("HEXISTS", "seshet:meta", "accepted") == "0", 30, "done with")


def test_a_redis_without_its_data_that_are_brought_back(shared):
    shared.cli("HSET", ECHO, "enabled", "no")
    shared.become(False)
    shared.redis.kill()
    shared.redis.restart_empty()
    shared.wait_state("emptied")
    assert shared.both() == [False, False]
    shared.redis.script(["MULTI", "SADD seshet:modules echo dice seen", f"HSET {ECHO} enabled no",
                         "SADD seshet:module:dice:enicks $me", "HSET seshet:module:dice enabled yes",
                         "EXEC"])
    shared.wait_state("synced")
    assert shared.both() == [False, False]
    shared.cli("HSET", ECHO, "enabled", "yes")
    shared.cli("SADD", ECHO + ":enicks", "$me")
    shared.become(True)


def test_databases_that_are_swapped(shared):
    """Redis tells nobody."""
    shared.cli("-n", "1", "SET", "something", "else")
    shared.cli("SWAPDB", "0", "1")
    shared.wait_state("emptied")
    assert shared.both() == [True, True]
    shared.cli("SWAPDB", "0", "1")
    shared.wait_state("synced")


def test_a_newer_schema_is_refused_by_both(shared):
    shared.cli("HSET", "seshet:meta", "schema", "4")
    shared.wait_state("refused")
    assert 'schema "4"' in shared.registry("Anna")["reason"]
    shared.cli("HSET", ECHO, "enabled", "no")
    assert shared.both() == [True, True]
    shared.cli("HSET", "seshet:meta", "schema", "3")
    shared.wait_state("synced")
    shared.become(False)


def test_a_registry_of_version_1_is_taken_over(parts):
    server, redis = parts.ngircd(), parts.redis()
    redis.script(["HSET seshet:meta schema 1", "SADD seshet:modules echo gone",
                  "HSET seshet:module:echo enabled yes cmd_prefix ?", "SADD seshet:module:echo:enicks $me",
                  "HSET seshet:network:anna:module:echo cmd_prefix +",
                  "SADD seshet:network:anna:module:echo:dchannels #other"])
    visitor = server.client("visitor").join("#anna").join("#other")
    bot = parts.bot({"anna": network(server.port, "Anna", ["#anna", "#other"])},
                    registry=f"redis://127.0.0.1:{redis.port}/0")
    visitor.wait_for("Anna", "#anna").wait_for("Anna", "#other")
    wait_until(lambda: visitor.answered("Anna", "#anna", "+echo {}"), 30, "it answers as before")
    assert not visitor.answered("Anna", "#anna", "?echo {}")
    assert not visitor.answered("Anna", "#other", "+echo {}")
    assert redis.cli("HGET", "seshet:meta", "schema") == "3"
    bot.wait_log(event="registry.schema", msg="1 -> 2")


def test_wrong_types_and_rubbish_keep_the_last_good_values(shared):
    for key, word in ((ECHO, "(hash)"), (ECHO + ":enicks", "enicks"),
                      ("seshet:network:anna:module:echo", "anna/(hash)")):
        shared.cli("SET", key, "a string")
        wait_until(lambda: word in shared.cli("HGETALL", "seshet:status:module:echo"), 30, word)
        assert shared.both() == [True, True]
    told = shared.cli("HGET", "seshet:status:module:echo", "(hash)")
    assert "must be a hash" in told and "until then" in told
    shared.cli("SET", "seshet:modules", "a string")
    wait_until(lambda: "must be a set" in shared.cli("HGETALL", "seshet:status:registry"), 30, "told")
    assert shared.both() == [True, True]
    # Not even when everything is read anew.
    shared.cli("CLIENT", "KILL", "TYPE", "pubsub")
    shared.wait_state("synced")
    assert shared.both() == [True, True]
    shared.redis.script(["MULTI", "DEL seshet:modules", "SADD seshet:modules echo dice seen",
                         f"DEL {ECHO} {ECHO}:enicks seshet:network:anna:module:echo",
                         f"HSET {ECHO} enabled yes", f"SADD {ECHO}:enicks $me", "EXEC"])
    shared.become(True)
    wait_until(lambda: not shared.cli("KEYS", "seshet:status:*"), 30, "nothing is wrong any more")


@pytest.mark.parametrize("kind", ["pubsub", "normal"])
def test_killed_connections_lead_to_a_full_reload(shared, kind):
    marks = {}
    for nick, bot in shared.bots.items():
        bot.wait_log(event="registry.state", msg="loading -> synced")
        marks[nick] = bot.mark()
    shared.redis.script([f"CLIENT KILL TYPE {kind} SKIPME yes", f"HSET {ECHO} enabled no"])
    for nick, bot in shared.bots.items():
        bot.wait_log(since=marks[nick], event="registry.state", msg="loading -> synced")
    shared.become(False)


def test_a_link_that_tells_nothing_is_noticed(parts):
    """Both connections live, and invalidations are lost: only the heartbeat knows."""
    shared = Shared(parts, proxied=True)
    mark = shared.bots["Bert"].mark()
    shared.proxy.deaf = True
    shared.cli("HSET", ECHO, "enabled", "no")
    shared.become(False, True)  # Bert has not heard of it
    shared.bots["Bert"].wait_log(since=mark, event="registry.state", msg="heartbeat")
    shared.proxy.deaf = False
    shared.wait_state("synced")
    shared.become(False)


TALLY = r"""
#include <seshet/module.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* "!tally": 100 increments, 50 numbers a line. */
static void tally(seshet_ctx *ctx, const seshet_event *ev)
{
    if (*ev->args) {
        seshet_answer(ctx, "%s", ev->args);
        return;
    }
    for (int line = 0; line < 2; line++) {
        char text[400] = "";
        for (int i = 0; i < 50; i++) {
            int64_t n = -1;
            int error = seshet_increment(ctx, SESHET_SHARED, "tally", 1, &n);
            if (error) {
                seshet_answer(ctx, "error %d", error);
                return;
            }
            snprintf(text + strlen(text), sizeof text - strlen(text), " %" PRId64, n);
        }
        seshet_answer(ctx, "tally:%s", text);
    }
}

SESHET_MODULE(.name = "tally", .commands = SESHET_COMMANDS({"tally", tally}), )
"""


def test_both_count_one_number(parts):
    """Modules of both servers at once: no number is given twice, and none is left out."""
    shared = Shared(parts)
    for nick, bot in shared.bots.items():
        parts.module(bot, "tally", TALLY)
        shared.visitor.until_answered(nick, NICKS[nick], "!tally there{}")
    for channel in NICKS.values():
        shared.visitor.say(channel, "!tally")
    said = []

    def is_last(message):
        if message.nick in NICKS and message.text.startswith("tally: "):
            said.extend(map(int, message.text.split()[1:]))
        return len(said) >= 200

    shared.visitor.collect(is_last, timeout=30)
    assert sorted(said) == list(range(1, 201))
    assert shared.cli("HGET", "seshet:storage:module:tally", "tally") == "200"
    # What is no number any more is not counted on, and that is the module's to hear.
    shared.cli("HSET", "seshet:storage:module:tally", "tally", "many")
    shared.visitor.ask("Anna", NICKS["Anna"], "!tally", "error -1$")


def test_both_change_one_account(parts):
    """At the same moment, again and again: nothing is lost, and no set holds both signs."""
    shared = Shared(parts)
    anna, bert = shared.bots.values()

    def ctl(bot, *words):
        return bot.ctl("--socket", str(bot.control), *words)[1]

    ctl(anna, "user", "add", "nora", "--no-password")
    wait_until(lambda: "nora" in ctl(bert, "user", "list"), 30, "Bert knows nora")

    def change(bot, mine, sign):
        for i in range(5):
            ctl(bot, "capability", "add", f"{mine}{i}", f"{sign}both{i}", "--user", "nora")
            ctl(bot, "user", "hostmask", "add", "nora", f"*!*@{mine}{i}.example.org")

    with concurrent.futures.ThreadPoolExecutor() as pool:
        for work in [pool.submit(change, anna, "anna", ""), pool.submit(change, bert, "bert", "-")]:
            work.result()
    names = set(shared.cli("SMEMBERS", "seshet:user:nora:capabilities").split())
    assert {f"{nick}{i}" for nick in ("anna", "bert") for i in range(5)} <= names
    assert all((f"both{i}" in names) != (f"-both{i}" in names) for i in range(5)), names
    masks = shared.cli("SMEMBERS", "seshet:user:nora:hostmasks").split()
    assert len(masks) == 10
