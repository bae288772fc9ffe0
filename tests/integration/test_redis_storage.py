"""Whatever Redis does: the bot answers from its snapshot, no write is acknowledged and lost, the
status says what is wrong, and afterwards the bot is in step again by itself."""

import pathlib
import re
import time

import pytest

from harness.process import wait_until
from harness.seshetd import network

CHANNEL = "#seshet"
COUNTER = pathlib.Path(__file__).resolve().parents[1] / "modules/counter.c"
USER = ("on", ">secret", "~*", "&*", "+@all")
TOTAL = ("HGET", "seshet:storage:network:one:module:counter", "total")


class Stage:
    """A bot whose line to Redis goes through a proxy, as a Redis user of its own; a visitor; and the
    acknowledged increments of a number in storage."""

    def __init__(self, parts):
        self.redis = parts.redis(arguments=["--user", "bot", *USER])
        self.proxy = parts.proxy(self.redis.port)
        self.server = parts.ngircd()
        self.visitor = self.server.client("visitor").join(CHANNEL)
        self.bot = parts.bot({"one": network(self.server.port, "Anna")}, start=False,
                             registry=f"redis://bot:secret@127.0.0.1:{self.proxy.port}/0")
        parts.module(self.bot, "counter", COUNTER.read_text())
        self.bot.start()
        self.visitor.wait_for("Anna", CHANNEL)
        self.visitor.until_answered("Anna", CHANNEL)
        self.visitor.until_answered("Anna", CHANNEL, "!roll 1d1+{}", "1 + {} = ")
        self.asked = 0
        self.acknowledged = []
        self.errors = []
        wait_until(self.count, 30, "counting")

    def answered(self):
        return self.visitor.answered("Anna", CHANNEL)

    def status(self):
        return self.bot.ctl_json("status")["registry"]

    def well(self):
        status = self.status()
        return status["state"] == "synced" and not status["reason"]

    def count(self, times=1):
        """Increments, one after the other. Gives how many were acknowledged."""
        before = len(self.acknowledged)
        for _ in range(times):
            self.asked += 1
            self.hear(self.visitor.between("Anna", CHANNEL, "!total"))
        return len(self.acknowledged) - before

    def hear(self, messages):
        """What was answered; an error is not said again and again."""
        for message in messages:
            word = message.text.partition(": ")[2]
            if word.isdigit():
                self.acknowledged.append(int(word))
            elif word.startswith("error: "):
                self.errors.append(word)

    def ask(self, times):
        """Increments without waiting for answers."""
        for _ in range(times):
            self.asked += 1
            self.visitor.say(CHANNEL, "!total")

    def check_storage(self):
        """Every acknowledged increment is there, and none was done that nobody asked for."""
        total = int(self.redis.cli(*TOTAL))
        assert len(set(self.acknowledged)) == len(self.acknowledged), "a number came twice"
        assert max(self.acknowledged) <= total <= self.asked
        assert len(self.acknowledged) <= total

    def back_in_step(self, seconds=30):
        """An edit made while the fault lasted, or just after, decides without anybody's help."""
        wait_until(lambda: self.well(), seconds, "synced again")
        wait_until(lambda: not self.answered(), 30, "the edit decides")
        self.redis.cli("HSET", "seshet:module:echo", "enabled", "yes")
        wait_until(self.answered, 30, "the edit decides")
        wait_until(self.count, 30, "counting")
        assert self.count(20) == 20
        self.check_storage()


@pytest.fixture
def stage(parts):
    return Stage(parts)


def switch_off(stage):
    """The edit that is made meanwhile."""
    stage.redis.cli("HSET", "seshet:module:echo", "enabled", "no")


class Killed:
    state, reason = "away", "refused|closed|reset"

    def begin(self, stage):
        stage.redis.kill()

    def end(self, stage):
        stage.redis.restart()
        switch_off(stage)


class Paused:
    state, reason = "away", "in time"

    def begin(self, stage):
        stage.redis.pause()

    def end(self, stage):
        stage.redis.resume()
        switch_off(stage)


class OutOfMemory:
    state, reason = "synced", "refuses writes: OOM"

    def begin(self, stage):
        stage.redis.cli("CONFIG", "SET", "maxmemory-policy", "noeviction", "maxmemory", "1")

    def end(self, stage):
        stage.redis.cli("CONFIG", "SET", "maxmemory", "0")
        switch_off(stage)


class ReadOnly:
    state, reason = "refused", "replica"

    def begin(self, stage):
        stage.redis.cli("REPLICAOF", "127.0.0.1", "1")

    def end(self, stage):
        stage.redis.cli("REPLICAOF", "NO", "ONE")
        switch_off(stage)


class PasswordChanged:
    state, reason = "refused", "refused user and password: WRONGPASS"

    def begin(self, stage):
        stage.redis.script(["ACL SETUSER bot resetpass >other", "CLIENT KILL USER bot"])
        switch_off(stage)

    def end(self, stage):
        stage.redis.cli("ACL", "SETUSER", "bot", ">secret")


class UserDeleted:
    state, reason = "refused", "refused user and password: WRONGPASS"

    def begin(self, stage):
        stage.redis.cli("ACL", "DELUSER", "bot")
        switch_off(stage)

    def end(self, stage):
        stage.redis.cli("ACL", "SETUSER", "bot", *USER)


class NotPermittedToWrite:
    state, reason = "synced", "refuses writes: NOPERM"

    def begin(self, stage):
        stage.redis.cli("ACL", "SETUSER", "bot", "-@write")

    def end(self, stage):
        switch_off(stage)
        stage.redis.cli("ACL", "SETUSER", "bot", "+@all")


class NotPermittedAtAll:
    state, reason = "refused", "NOPERM"

    def begin(self, stage):
        stage.redis.cli("ACL", "SETUSER", "bot", "-@all")
        switch_off(stage)

    def end(self, stage):
        stage.redis.cli("ACL", "SETUSER", "bot", "+@all")


FAULTS = {"killed": Killed, "paused": Paused, "out of memory": OutOfMemory, "READONLY": ReadOnly,
          "another password": PasswordChanged, "user deleted": UserDeleted,
          "no writing": NotPermittedToWrite, "nothing permitted": NotPermittedAtAll}


def report(stage, name, begun, told, ended):
    """A row of the table that `pytest -s` shows."""
    print(f"\n| {name} | {stage.told['state']}: {stage.told['reason']} | {told - begun:.1f} s | "
          f"{stage.errors[-1] if stage.errors else ''} | {time.monotonic() - ended:.1f} s | "
          f"{len(stage.acknowledged)} of {stage.asked} acknowledged, "
          f"{stage.redis.cli(*TOTAL)} counted |")


@pytest.mark.parametrize("name", FAULTS)
def test_a_redis_that_fails(stage, name):
    fault = FAULTS[name]()
    assert stage.count(20) == 20
    begun = time.monotonic()
    fault.begin(stage)
    ended = None
    try:
        times = []
        for _ in range(3):
            asked = time.monotonic()
            assert stage.answered(), "it answers from its snapshot"
            times.append(time.monotonic() - asked)
        assert sorted(times)[1] < 2, "nothing waits for Redis"
        assert stage.count(3) == 0, "nothing is acknowledged"
        assert stage.errors[-1].startswith("error: "), stage.errors

        def told():
            stage.told = stage.status()
            return (stage.told["state"] == fault.state
                    and re.search(fault.reason, stage.told["reason"]))

        wait_until(told, 30, f"{fault.state}: {fault.reason}")
        told_at = time.monotonic()
        stage.bot.wait_log(event="storage.failed")
        assert stage.answered()
    finally:
        ended = time.monotonic()
        fault.end(stage)
    stage.back_in_step()
    report(stage, name, begun, told_at, ended)


def heard_so_far(stage):
    """All that was ever acknowledged."""
    stage.acknowledged.clear()
    stage.hear(m for m in stage.visitor.history if m.nick == "Anna" and m.command == "PRIVMSG")


def test_killed_while_it_counts(stage):
    """kill -9 at any moment: what was acknowledged is there after the restart."""
    for round_ in range(5):
        stage.ask(300)
        time.sleep(0.005 * round_)
        stage.redis.kill()
        assert stage.answered()
        stage.redis.restart()
        wait_until(lambda: stage.status()["state"] == "synced", 30, "synced again")
        wait_until(stage.count, 30, "counting")
        heard_so_far(stage)
        stage.check_storage()


def test_cut_in_the_middle_of_an_answer(stage):
    """After any number of bytes, while everything is read or written."""
    for after in (1, 3, 10, 40, 100, 300, 1000, 2000):
        mark = stage.bot.mark()
        cuts = stage.proxy.cuts
        stage.ask(5)
        stage.proxy.cut_after = after
        if after >= 40:
            stage.proxy.cut()  # then it is the reading of everything that is cut
        wait_until(lambda: stage.proxy.cuts > cuts, 30, "a cut")
        assert stage.answered()
        stage.bot.wait_log(since=mark, event="registry.state", msg="-> away")
        stage.bot.wait_log(since=mark, event="registry.state", msg="-> synced")
        wait_until(stage.count, 30, "counting")
    heard_so_far(stage)
    stage.check_storage()
    switch_off(stage)
    stage.back_in_step()


def test_a_slow_trickle(stage):
    stage.redis.script([f"SADD seshet:module:dice:echannels #channel{i}" for i in range(4000)])
    # Its host would wait for what it stores.
    stage.redis.cli("HSET", "seshet:module:seen", "enabled", "no")
    stage.bot.in_force(stage.redis.cli)
    assert stage.answered()
    stage.proxy.trickle = 20  # 2 kB/s
    stage.proxy.cut()
    wait_until(lambda: stage.status()["state"] == "loading", 30, "loading")
    begun = time.monotonic()
    while time.monotonic() - begun < 6:
        assert stage.answered()
        assert stage.status()["state"] == "loading", "slow is not dead"
    stage.proxy.trickle = None
    switch_off(stage)
    stage.back_in_step()


def test_restarted_without_its_data(stage):
    stage.count(5)
    stage.redis.kill()
    stage.redis.restart_empty()
    wait_until(lambda: stage.status()["state"] == "emptied", 30, "emptied")
    command = stage.status()["reason"].rpartition(": ")[2]
    assert command.startswith(f"redis-cli -h 127.0.0.1 -p {stage.proxy.port} HSET seshet:meta acc")
    assert stage.answered()
    assert stage.count(3) == 0, "writes are refused"
    time.sleep(3)  # heartbeats
    assert stage.redis.cli("KEYS", "*") in ("", stage.redis.cli("KEYS", "seshet:presence:*"))
    stage.redis.cli(*command.split()[5:])
    wait_until(lambda: stage.status()["state"] == "synced", 30, "synced")
    wait_until(lambda: "echo" in stage.redis.cli("SMEMBERS", "seshet:modules"), 30, "registered")
    wait_until(stage.answered, 30, "answers")
    assert stage.count() == 1
