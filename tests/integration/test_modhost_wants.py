"""Module hosts run for the modules that are wanted, and for nothing else, whether or not anybody
says a word."""

import pytest

from harness.process import wait_until
from harness.seshetd import network

CHANNEL = "#seshet"


@pytest.fixture
def stage(parts):
    server = parts.ngircd()
    visitor = server.client("visitor").join(CHANNEL)
    bot = parts.bot({"one": network(server.port, "Anna")})
    visitor.wait_for("Anna", CHANNEL)
    assert visitor.answered("Anna", CHANNEL)
    return bot, visitor


def loaded(bot):
    return {(host["group"], name) for host in bot.ctl_json("status")["modhosts"] for name in host["modules"]}


def processes(bot, count):
    wait_until(lambda: len(bot.modhosts()) == count, 30, f"{count} module hosts run")


def test_a_module_leaves_its_old_groups(stage):
    bot, visitor = stage
    processes(bot, 1)
    for i in range(6):
        bot.cli("HSET", "seshet:module:echo", "group", f"g{i}")
        wait_until(lambda i=i: visitor.answered("Anna", CHANNEL) and (f"g{i}", "echo") in loaded(bot),
                   30, "it answers from there")
    processes(bot, 2)
    assert {group for group, name in loaded(bot) if name == "echo"} == {"g5"}
    assert {host["group"] for host in bot.ctl_json("status")["modhosts"]} == {"default", "g5"}


def test_a_module_that_is_unregistered_is_unloaded(stage):
    bot, _ = stage
    assert ("default", "echo") in loaded(bot)
    bot.cli("SREM", "seshet:modules", "echo")
    wait_until(lambda: ("default", "echo") not in loaded(bot), 30, "it is unloaded")
    assert ("default", "dice") in loaded(bot)
    processes(bot, 1)


def test_nothing_runs_when_all_is_disabled(parts, stage):
    bot, visitor = stage
    names = bot.cli("SMEMBERS", "seshet:modules").split()
    for name in names:
        bot.cli("HSET", f"seshet:module:{name}", "enabled", "no")
    processes(bot, 0)
    assert bot.ctl_json("status")["modhosts"] == []
    # A new file is no reason to start one.
    parts.module(bot, "fresh", '#include <seshet/module.h>\nSESHET_MODULE(.name = "fresh")\n')
    wait_until(lambda: "fresh" in bot.cli("SMEMBERS", "seshet:modules"), 30, "it is known")
    bot.cli("HSET", "seshet:module:fresh", "enabled", "no")
    processes(bot, 0)
    bot.cli("HSET", "seshet:module:echo", "enabled", "yes")
    visitor.until_answered("Anna", CHANNEL)
