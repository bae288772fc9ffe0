"""Accounts, capabilities, policies and profiles by seshetctl."""

import json
import os
import pty
import re
import select
import time

import pytest

from harness.process import wait_until
from harness.seshetd import network

CHANNEL = "#seshet"
SECRET = "correct horse"


@pytest.fixture
def bot(parts):
    server = parts.ngircd()
    visitor = server.client("visitor").join(CHANNEL)
    bot = parts.bot({"one": network(server.port, "Anna"), "two": network(1, "Anna")})
    visitor.wait_for("Anna", CHANNEL)
    bot.secret_file("password", SECRET + "\nsecond line\n")
    bot.visitor = visitor
    return bot


def refused(bot, *args):
    status, out, err = bot.ctl(*args, "--socket", str(bot.control), check=False)
    assert status != 0 and err and not out, (args, out)
    assert "usage" in err or len(err.splitlines()) == 1, err
    return err


def at_terminal(bot, args, answers):
    """What a person sees who runs seshetctl; each answer is typed when the prompt stands there."""
    words = [str(bot.program("seshetctl")), *args, "--socket", str(bot.control)]
    pid, fd = pty.fork()
    if not pid:
        os.execve(words[0], words, {**os.environ, **bot.environment(), "TERM": "dumb"})
    seen = b""
    waiting = list(answers)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if not select.select([fd], [], [], 1)[0]:
            continue
        try:
            got = os.read(fd, 4096)
        except OSError:
            break
        if not got:
            break
        seen += got
        if waiting and seen.endswith(waiting[0][0]):
            os.write(fd, waiting.pop(0)[1] + b"\n")
    os.close(fd)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert not waiting, seen
    return status, seen.decode()


def record(bot, name):
    return bot.cli("HGET", f"seshet:user:{name}", "password")


def check(bot, *args):
    return bot.ctl_json("capability", "check", "--network", "one", *args)


def test_accounts(bot):
    password = bot.folder / "password"
    added = bot.ctl_json("user", "add", "Alice", "--owner", "--password-file", str(password))
    assert added["owner"] is True and added["changed"]
    assert "second" not in json.dumps(added) and SECRET not in json.dumps(added)
    assert record(bot, "alice").startswith("scrypt$")
    assert bot.cli("SMEMBERS", "seshet:user:alice:capabilities").split() == ["owner"]
    err = refused(bot, "user", "add", "alice", "--password-file", str(password))
    assert "already" in err
    assert record(bot, "alice").startswith("scrypt$")

    # without echo, twice, and never as an argument
    status, seen = at_terminal(bot, ["user", "add", "bob"],
                               [(b"Password: ", b"bobs secret"), (b"Again: ", b"bobs secret")])
    assert status == 0 and "added" in seen and "bobs secret" not in seen
    status, seen = at_terminal(bot, ["user", "passwd", "bob"],
                               [(b"Password: ", b"one secret"), (b"Again: ", b"other secret")])
    assert status != 0 and "not the same" in seen and "secret" not in seen
    before = record(bot, "bob")
    status, seen = at_terminal(bot, ["user", "passwd", "bob"],
                               [(b"Password: ", b"new secret"), (b"Again: ", b"new secret")])
    assert status == 0 and record(bot, "bob") != before
    assert "no option --password" in refused(bot, "user", "add", "x", "--password", "secret1")
    assert "too much" in refused(bot, "user", "add", "x", "secret1")
    (bot.folder / "short").write_text("x\n")
    refused(bot, "user", "add", "short", "--password-file", str(bot.folder / "short"))
    refused(bot, "user", "add", "none", "--password-file", str(bot.folder / "nosuch"))
    refused(bot, "user", "add", "a b", "--password-file", str(password))

    bot.ctl_json("user", "add", "carol", "--no-password")
    assert bot.ctl_json("user", "hostmask", "add", "carol", "*!*@carol.example", "one/c*!*@x.example"
                        )["changed"] == 2
    assert bot.ctl_json("user", "services", "add", "carol", "one/Carol")["changed"] == 1
    assert bot.ctl_json("user", "set", "carol", "secure", "yes")["value"] is True
    carol = bot.ctl_json("user", "show", "CAROL")["user"]
    assert carol["hostmasks"] == ["*!*@carol.example", "one/c*!*@x.example"]
    assert carol["services"] == ["one/Carol"] and carol["secure"] is True
    assert carol["password"] is False and carol["owner"] is False
    assert "alice" not in refused(bot, "user", "hostmask", "add", "carol", "*!*@*")
    refused(bot, "user", "hostmask", "add", "bob", "*!*@carol.example")
    refused(bot, "user", "services", "add", "bob", "one/carol")
    refused(bot, "user", "set", "carol", "nosuch", "yes")
    refused(bot, "user", "set", "carol", "secure", "perhaps")
    refused(bot, "user", "set", "nobody", "secure", "yes")
    bot.ctl_json("user", "hostmask", "remove", "carol", "one/c*!*@x.example")
    bot.ctl_json("user", "services", "remove", "carol", "one/Carol")
    users = {u["name"]: u for u in bot.ctl_json("user", "list")["users"]}
    assert set(users) == {"alice", "bob", "carol"}
    assert users["alice"]["owner"] and users["carol"]["hostmasks"] == 1

    refused(bot, "user", "drop", "alice")  # the last owner
    assert bot.cli("EXISTS", "seshet:user:alice") == "1"
    bot.ctl_json("user", "drop", "bob")
    assert bot.cli("EXISTS", "seshet:user:bob") == "0"
    refused(bot, "user", "show", "bob")
    assert "alice" in bot.ctl("user", "list", "--socket", str(bot.control))[1]
    assert SECRET not in bot.log_tail(100000) and "bobs secret" not in bot.log_tail(100000)


def test_capabilities_and_policies(bot):
    bot.ctl_json("user", "add", "dora", "--no-password")
    bot.ctl_json("user", "hostmask", "add", "dora", "dora!*@dora.example")
    source = ["--source", "dora!d@dora.example"]
    answer = check(bot, *source, "roll")
    assert answer["allowed"] is True and answer["step"] == "default" and answer["account"] == "dora"
    assert bot.ctl_json("capability", "add", "-roll", "#c.op", "--user", "dora")["changed"] == 2
    answer = check(bot, *source, "roll", "--explain")
    assert answer["allowed"] is False and answer["step"] == "own_set" and answer["item"] == "-roll"
    assert [s["step"] for s in answer["steps"] if s["decides"]] == ["own_set"]
    assert answer["steps"][-1]["decides"] and len(answer["steps"]) > 1
    assert check(bot, "--source", "x!y@z", "roll")["account"] is None
    assert check(bot, "--account", "dora", "roll")["allowed"] is False
    assert check(bot, *source, "topic", "--channel", "#C")["step"] == "channel_op"
    assert check(bot, *source, "#c.topic")["step"] == "channel_op"
    assert check(bot, *source, "#d.op")["step"] == "privileged"
    # one sign only
    bot.ctl_json("capability", "add", "roll", "--user", "dora")
    assert bot.ctl_json("capability", "list", "--user", "dora")["capabilities"] == ["#c.op", "roll"]

    refused(bot, "capability", "add", "admin", "--default")
    refused(bot, "capability", "add", "a b", "--user", "dora")
    for name in ("x" * 10000, "#" + "c" * 10000 + ".x", "a\x01b", "a\rb", "a,b", "a.b.c", "a/b/c", "#c",
                 "--x", "-#c.x", "one/", ""):
        refused(bot, "capability", "add", "--user", "dora", "--", name)
        refused(bot, "capability", "check", "--network", "one", "--", name)
    refused(bot, "capability", "add", "x")
    refused(bot, "capability", "add", "x", "--user", "dora", "--default")
    refused(bot, "capability", "add", "x", "--user", "nobody")
    refused(bot, "capability", "add", "x", "--channel", "#c")
    refused(bot, "capability", "add", "x", "--channel", "#c", "--network", "nosuch")
    refused(bot, "capability", "add", "x", "--channel", "#a[", "--network", "two")
    refused(bot, "capability", "check", "--network", "one", "a b")
    refused(bot, "capability", "check", "--network", "one")
    refused(bot, "capability", "check", "x")
    refused(bot, "capability", "check", "--network", "one", "--account", "nobody", "x")
    refused(bot, "capability", "check", "--network", "one", "--source", "!x", "x")

    bot.ctl_json("capability", "add", "-dice", "--default", "--network", "two")
    bot.ctl_json("capability", "add", "x", "--registered")
    bot.ctl_json("capability", "add", "-x", "--channel", "#C", "--network", "one")
    assert bot.cli("SMEMBERS", "seshet:network:one:channel:#c:capabilities").split() == ["-x"]
    assert check(bot, "x", "--account", "dora")["step"] == "registered_set"
    assert check(bot, "#c.x")["step"] == "channel_set"
    bot.ctl_json("capability", "remove", "-x", "--channel", "#c", "--network", "one")
    assert check(bot, "#c.x")["step"] == "channel_default"

    # the right to call a command
    assert check(bot, "--command", "dice.roll")["allowed"] is True
    bot.ctl_json("policy", "set", "default_allow", "no")
    denied = check(bot, "--command", "dice.roll", "--explain")
    assert denied["allowed"] is False and denied["step"] == "default"
    assert [s["asked"] for s in denied["steps"]] == ["roll", "dice", "dice.roll"]
    granted = check(bot, "--command", "dice.roll", "--account", "dora", "--channel", "#d")
    assert granted["allowed"] is True and granted["step"] == "own_set"
    assert granted["asked"] == "roll"
    bot.ctl_json("policy", "set", "default_allow", "yes", "--network", "one")
    assert check(bot, "--command", "dice.roll")["allowed"] is True
    needs = check(bot, "--command", "core.join")
    assert needs["allowed"] is False and needs["needs"] == "admin"
    refused(bot, "capability", "check", "--network", "one", "--command", "roll")

    shown = bot.ctl_json("policy", "show")
    by_network = {p["network"]: p for p in shown["policies"]}
    assert by_network[""]["default_allow"] is False and by_network[""]["registered"] == ["x"]
    assert by_network["one"]["default_allow"] is True
    assert by_network["two"]["capabilities"] == ["-dice"]
    assert by_network["two"]["default_allow"] is None
    bot.ctl_json("policy", "unset", "default_allow")
    bot.ctl_json("policy", "set", "registration", "closed")
    bot.ctl_json("policy", "set", "lobotomized", "yes", "--channel", "#C", "--network", "one")
    assert bot.cli("HGET", "seshet:network:one:channel:#c", "lobotomized") == "yes"
    [channel] = bot.ctl_json("policy", "show", "--network", "one")["channels"]
    assert channel["channel"] == "#c" and channel["lobotomized"] is True
    assert bot.ctl_json("policy", "show")["policies"][0]["registration"] == "closed"
    refused(bot, "policy", "set", "nosuch", "yes")
    refused(bot, "policy", "set", "default_allow", "maybe")
    refused(bot, "policy", "set", "lobotomized", "yes")
    text = bot.ctl("capability", "check", "--network", "one", "--account", "dora", "roll",
                   "--explain", "--socket", str(bot.control))[1]
    assert text.startswith("check\tyes\town_set\troll\tdora\n")

    # ignores of a channel
    bot.cli("HSET", "seshet:network:one:channel:#c:ignores", "*!*@bad.example", "0")

    def rows():
        return [i for i in bot.ctl_json("network", "ignores", "one")["ignores"] if i["channel"]]

    wait_until(rows, 30, "the channel's ignore is shown")
    assert rows()[0]["channel"] == "#c" and rows()[0]["mask"] == "*!*@bad.example"
    bot.ctl_json("network", "unignore", "one", "*!*@bad.example", "--channel", "#c")
    assert not rows()
    refused(bot, "network", "unignore", "one", "*!*@bad.example", "--channel", "#c")


def test_profiles(bot):
    bot.ctl_json("user", "add", "erik", "--no-password")
    bot.ctl_json("group", "add", "staff", "user", "Those", "who", "help")
    bot.ctl_json("group", "member", "add", "staff", "erik")
    bot.ctl_json("group", "add", "door", "password", "--password-file",
                 str(bot.folder / "password"))
    status, seen = at_terminal(bot, ["group", "add", "gate", "password"],
                               [(b"Password: ", b"gate secret"), (b"Again: ", b"gate secret")])
    assert status == 0 and "gate secret" not in seen
    assert bot.cli("HGET", "seshet:auth_group:door", "password").startswith("scrypt$")
    groups = {g["name"]: g for g in bot.ctl_json("group", "list")["groups"]}
    assert set(groups) == {"staff", "door", "gate"}
    assert groups["staff"]["members"] == 1 and groups["door"]["password"] is True
    staff = bot.ctl_json("group", "show", "staff")["group"]
    assert staff["members"] == ["erik"] and staff["description"] == "Those who help"
    assert bot.ctl_json("user", "show", "erik")["user"]["groups"] == ["staff"]
    refused(bot, "group", "add", "staff", "user")
    refused(bot, "group", "add", "other", "nosuch")
    refused(bot, "group", "add", "other", "user", "--password-file", str(bot.folder / "password"))
    refused(bot, "group", "member", "add", "nosuch", "erik")
    refused(bot, "group", "show", "nosuch")
    bot.ctl_json("group", "member", "remove", "staff", "erik")
    assert bot.ctl_json("group", "show", "staff")["group"]["members"] == []
    bot.ctl_json("module", "set", "dice", "auth_group", "staff")
    dropped = bot.ctl_json("group", "drop", "staff")
    assert re.search("dice", " ".join(dropped["notes"]))
    assert set(g["name"] for g in bot.ctl_json("group", "list")["groups"]) == {"door", "gate"}
    assert SECRET not in bot.log_tail(100000) and "gate secret" not in bot.log_tail(100000)
