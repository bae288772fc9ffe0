"""seshetctl: what is going on, for people and for programs."""

import json
import os
import subprocess

import pytest

import sources
from harness.process import wait_until
from harness.seshetd import network

CHANNEL = "#seshet"


@pytest.fixture
def bot(parts):
    server = parts.ngircd()
    visitor = server.client("visitor").join(CHANNEL)
    bot = parts.bot({"one": network(server.port, "Anna")})
    visitor.wait_for("Anna", CHANNEL)
    assert visitor.answered("Anna", CHANNEL)
    return bot


def test_status_for_programs(bot):
    status = bot.ctl_json("status")
    assert status["pid"] == bot.pid
    assert status["registry"]["state"] == "synced"
    [one] = status["networks"]
    assert one["network"] == "one" and one["nick"] == "Anna" and one["state"] == "online"
    assert one["channels"] == 1
    [host] = status["modhosts"]
    assert host["network"] == "one" and host["pid"] in [s.pid for s in bot.modhosts()]
    assert set(host["modules"]) >= {"echo", "dice", "seen"}
    assert status["errors"] == []


def test_status_for_people(bot):
    text = bot.ctl("status", "--socket", str(bot.control))[1]
    assert "one" in text and "Anna" in text and "online" in text
    assert "{" not in text


def test_module_list(bot):
    modules = {m["name"]: m for m in bot.ctl_json("module", "list")["modules"]}
    assert set(modules) >= {"echo", "dice", "seen"}
    assert modules["dice"]["enabled"] is True and modules["dice"]["state"] == "ready"
    assert modules["dice"]["commands"] == ["roll"]
    text = bot.ctl("module", "list", "--socket", str(bot.control))[1]
    assert "dice" in text and "Rolls dice." in text


def test_module_list_shows_edits_and_errors(parts, bot):
    bot.cli("HSET", "seshet:module:dice", "enabled", "no")

    def disabled():
        modules = {m["name"]: m for m in bot.ctl_json("module", "list")["modules"]}
        return modules["dice"]["enabled"] is False

    wait_until(disabled, 30, "dice is shown as disabled")
    (bot.user_modules / "broken.so").write_bytes(b"no shared object")

    def shown():
        modules = {m["name"]: m for m in bot.ctl_json("module", "list")["modules"]}
        return "broken" in modules and modules["broken"]["error"]

    wait_until(shown, 30, "the broken file is shown with what is wrong")
    assert "broken" in bot.ctl("module", "list", "--socket", str(bot.control))[1]
    parts.module(bot, "broken", sources.says("mended").replace('"says"', '"broken"'))
    wait_until(lambda: not shown(), 30, "mended")


def test_the_socket_is_found_by_the_configuration(bot):
    text = bot.ctl("status", "-c", str(bot.main_conf))[1]
    assert "Anna" in text
    assert json.loads(bot.ctl("status", "--json", "-c", str(bot.main_conf))[1])["pid"] == bot.pid


def test_exit_status_and_a_sentence_when_nothing_answers(parts, bot):
    status, out, err = bot.ctl("status", "--socket", str(bot.folder / "nosuch.sock"), check=False)
    assert status != 0 and "nosuch.sock" in err and not out
    for wrong in (["nosuch"], [], ["module"], ["status", "--nosuch"]):
        status, out, err = bot.ctl(*wrong, "--socket", str(bot.control), check=False)
        assert status != 0 and err, wrong
    assert bot.ctl("--help")[0] == 0


def test_output_to_a_closed_pipe(bot):
    result = subprocess.run(
        ["sh", "-c", '"$1" status --socket "$2" | head -n 0', "sh", str(bot.program("seshetctl")), str(bot.control)],
        env={**os.environ, **bot.environment()}, capture_output=True, timeout=20, check=False,
    )
    assert b"Sanitizer" not in result.stderr
    bot.no_reports()


def test_only_its_own_user_may_ask(bot):
    assert oct(bot.control.stat().st_mode & 0o777) == "0o600"
