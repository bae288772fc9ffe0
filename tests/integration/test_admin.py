"""seshetctl: every command, on a running server."""

import itertools
import json
import socket

import pytest

from harness.process import wait_until
from harness.seshetd import network

CHANNEL = "#seshet"
numbers = itertools.count(1)


class Stage:
    """A bot on two networks, a visitor on the first."""

    def __init__(self, parts, **settings):
        self.server = parts.ngircd()
        self.visitor = self.server.client("visitor").join(CHANNEL)
        self.bot = parts.bot(
            {
                "one": network(self.server.port, "Anna", **settings),
                "two": network(self.server.port, "Bert", channels=("#other",)),
            }
        )
        self.visitor.wait_for("Anna", CHANNEL)
        assert self.visitor.answered("Anna", CHANNEL)

    def ctl(self, *words):
        """The answer, as JSON."""
        return self.bot.ctl_json(*words)

    def refused(self, *words):
        status, out, err = self.bot.ctl(*words, "--socket", str(self.bot.control), check=False)
        assert status == 1 and not out, (words, status, out)
        return err

    def cli(self, *words):
        return self.bot.cli(*words)

    def field(self, name, *words):
        """A field as module show tells it: value and origin."""
        for field in self.ctl("module", "show", "echo", *words)["fields"]:
            if field["field"] == name:
                return field["value"], field["from"]
        return None

    def becomes(self, wanted, call="!echo {}"):
        wait_until(
            lambda: self.visitor.answered("Anna", CHANNEL, call) == wanted, 30,
            f"{call} is answered: {wanted}",
        )


@pytest.fixture
def stage(parts):
    return Stage(parts)


# ---- module --------------------------------------------------------------------------------------


def test_disable_and_enable(stage):
    answer = stage.ctl("module", "disable", "echo")
    assert answer["changed"] == 1
    stage.becomes(False)
    assert stage.ctl("module", "disable", "echo")["changed"] == 0
    stage.ctl("module", "enable", "echo")
    stage.becomes(True)
    stage.ctl("module", "disable", "echo", "--network", "one")
    stage.becomes(False)
    notes = stage.ctl("module", "enable", "echo")["notes"]
    assert notes == ["on one it is still disabled, by the overlay there"]
    stage.ctl("module", "unset", "echo", "enabled", "--network", "one")
    stage.becomes(True)


def test_set_and_unset(stage):
    assert stage.field("cmd_prefix") == ("", "default")
    stage.ctl("module", "set", "echo", "cmd_prefix", "%")
    stage.becomes(True, "%echo {}")
    assert stage.field("cmd_prefix") == ("%", "shared")
    stage.ctl("module", "set", "echo", "cmd_prefix", "+", "--network", "one")
    stage.becomes(True, "+echo {}")
    assert stage.field("cmd_prefix", "--network", "one") == ("+", "overlay")
    assert stage.field("cmd_prefix", "--network", "two") == ("%", "shared")
    assert stage.cli("HGET", "seshet:network:one:module:echo", "cmd_prefix") == "+"
    stage.ctl("module", "unset", "echo", "cmd_prefix", "--network", "one")
    stage.ctl("module", "unset", "echo", "cmd_prefix")
    stage.becomes(True)
    stage.ctl("module", "set", "echo", "description", "Says", "it", "again.")
    assert stage.cli("HGET", "seshet:module:echo", "description") == "Says it again."
    stage.ctl("module", "set", "echo", "rate_user.echo", "100/1m")
    assert stage.field("rate_user.echo") == ("100/1m", "shared")


def test_add_and_remove(stage):
    stage.ctl("module", "add", "echo", "dchannels", CHANNEL, "#more")
    stage.becomes(False)
    [dchannels] = [
        shown for shown in stage.ctl("module", "show", "echo")["lists"] if shown["list"] == "dchannels"
    ]
    assert [i["item"] for i in dchannels["items"]] == ["#more", CHANNEL]
    assert stage.ctl("module", "remove", "echo", "dchannels", CHANNEL, "#none")["changed"] == 1
    stage.becomes(True)
    stage.ctl("module", "add", "echo", "blacklist", "visitor!*@*", "--network", "one")
    stage.becomes(False)
    stage.ctl("module", "remove", "echo", "blacklist", "visitor!*@*", "--network", "one")
    stage.becomes(True)


def test_wrong_edits_are_refused(stage):
    before = stage.cli("HGETALL", "seshet:module:echo")
    for words, said in (
        (("set", "echo", "rate_usr", "1/1m"), "rate_user"),
        (("set", "echo", "rate_user", "often"), "5/1m"),
        (("set", "echo", "cmd_prefix", "!!"), "character"),
        (("set", "echo", "enabled", "maybe"), "enabled: must be yes or no"),
        (("set", "echo", "rate_user", "5 / 1m"), "rate_user: must be written without spaces"),
        (("set", "echo", "rate_user.echo", "5/9000000m"), "rate_user.echo: a duration must be from"),
        (("set", "echo", "event_types", "join"), "event_types is written by the server"),
        (("set", "echo", "cmd_prefix", "é"), "cmd_prefix: must be one character such as !"),
        (("add", "echo", "blacklist", "a b"), "blacklist: a mask holds no space"),
        (("set", "echo", "enicks", "a"), "list"),
        (("set", "echo", "inherit", "no"), "network"),
        (("set", "ecco", "enabled", "yes"), 'did you mean "echo"?'),
        (("add", "echo", "enick", "a"), "enicks"),
        (("add", "echo", "echannels", "#a b"), "space"),
        (("unset", "echo", "nothing"), "field"),
    ):
        assert said in stage.refused("module", *words), words
    assert stage.cli("HGETALL", "seshet:module:echo") == before
    # A network counts as known once the registry has anything about it.
    elsewhere = ("module", "set", "echo", "enabled", "yes", "--network", "onee")
    assert 'did you mean "one"?' in stage.refused(*elsewhere)
    assert not stage.cli("KEYS", "seshet:network:onee:*").strip()
    stage.cli("HSET", "seshet:network:onee:policy", "registration", "open")
    wait_until(lambda: stage.bot.ctl(*elsewhere, "--socket", str(stage.bot.control), check=False)[0] == 0,
               10, "the other server's network is read")
    stage.cli("DEL", "seshet:network:onee:policy", "seshet:network:onee:module:echo")
    # A limit of no command is noted while the module's file says which there are.
    [note] = stage.ctl("module", "set", "echo", "rate_user.ecco", "5/1m")["notes"]
    assert 'no command "ecco"' in note and "did you mean echo?" in note
    assert "notes" not in stage.ctl("module", "set", "echo", "rate_user.echo", "100/1m")
    stage.ctl("module", "unset", "echo", "rate_user.ecco")


def test_writes_are_refused_while_redis_is_away(parts):
    redis = parts.redis()
    bot = parts.bot({}, registry=f"redis://127.0.0.1:{redis.port}")
    assert bot.ctl_json("module", "set", "echo", "usage", "a")["changed"] == 1
    redis.kill()
    bot.wait_log(event="registry.state", msg="-> away")
    status, out, err = bot.ctl("module", "set", "echo", "usage", "b", "--socket",
                               str(bot.control), check=False)
    assert status == 1 and "not written" in err and "away" in err and not out
    redis.restart()
    wait_until(lambda: bot.ctl_json("status")["registry"]["state"] == "synced", 30, "synced")
    assert redis.cli("HGET", "seshet:module:echo", "usage") == "a"
    assert bot.ctl_json("module", "set", "echo", "usage", "b")["changed"] == 1


def test_show_tells_where_everything_comes_from(stage):
    stage.cli("SADD", "seshet:module:echo:dchannels", "two/#b", "#a")
    stage.cli("SADD", "seshet:network:one:module:echo:dchannels", "#c")
    stage.cli("HSET", "seshet:network:one:module:echo", "inherit", "enicks")
    wait_until(lambda: stage.field("inherit", "--network", "one")[1] == "overlay", 30, "seen")
    shown = stage.ctl("module", "show", "echo", "--network", "one")
    assert shown["registered"] and shown["state"] == "ready" and shown["version"]
    assert shown["file"].endswith("/echo.so")
    assert [c["command"] for c in shown["commands"]] == ["echo"]
    lists = {entry["list"]: entry["items"] for entry in shown["lists"]}
    assert [(i["item"], i["from"], i["counts"]) for i in lists["dchannels"]] == [
        ("#a", "shared", False), ("two/#b", "shared", False), ("#c", "overlay", True)]
    assert [(i["item"], i["counts"]) for i in lists["enicks"]] == [("$me", True)]
    assert {n["network"]: n["overlay"] for n in shown["networks"]} == {"one": True, "two": False}
    [host] = shown["hosts"]
    assert host["network"] == "one" and host["state"] == "ready" and host["current"]
    text = stage.bot.ctl("module", "show", "echo", "--socket", str(stage.bot.control))[1]
    assert "field\tenabled\tyes\tshared" in text


def test_show_tells_what_is_wrong(stage):
    stage.cli("HSET", "seshet:module:echo", "rate_user", "often", "colour", "red")
    stage.cli("SADD", "seshet:network:one:module:echo:echannels", "no channel")

    def problems():
        return {p["field"]: p["text"] for p in stage.ctl("module", "show", "echo")["problems"]}

    wait_until(lambda: len(problems()) == 3, 30, "three problems")
    assert "often" in problems()["rate_user"] and "5/1m" in problems()["rate_user"]
    assert "no such field" in problems()["colour"]
    assert "one/echannels" in problems()
    stage.cli("HDEL", "seshet:module:echo", "colour")
    wait_until(lambda: len(problems()) == 2, 30, "two problems")


@pytest.mark.parametrize("edit", (
    ("HSET", "seshet:module:echo", "event_types", "rubbish"),
    ("HSET", "seshet:module:echo", "event_types", "topic"),
    ("HDEL", "seshet:module:echo", "event_types"),
))
def test_what_servers_write_is_put_right(stage, edit):
    before = stage.cli("HGET", "seshet:module:echo", "event_types")
    assert before
    stage.cli(*edit)
    wait_until(lambda: stage.cli("HGET", "seshet:module:echo", "event_types") == before, 30,
               "it is put right")
    wait_until(lambda: stage.ctl("module", "show", "echo")["problems"] == [], 30, "nothing is wrong")
    stage.becomes(True)


def test_register(parts, stage):
    answer = stage.ctl("module", "register", "later", "Comes", "later.")
    assert answer["notes"][0].startswith("put later.so into ")
    assert stage.cli("HGET", "seshet:module:later", "description") == "Comes later."
    stage.ctl("module", "set", "later", "cmd_prefix", "+")
    assert "registered already" in stage.refused("module", "register", "later")
    assert "name" in stage.refused("module", "register", "no name")
    modules = {m["name"]: m["state"] for m in stage.ctl("module", "list")["modules"]}
    assert modules["later"] == "no file"


def test_a_file_that_is_not_registered(stage):
    stage.cli("SREM", "seshet:modules", "echo")

    def listed():
        return {m["name"]: (m["registered"], m["state"])
                for m in stage.ctl("module", "list")["modules"]}

    wait_until(lambda: listed()["echo"] == (False, "ready"), 30, "it is listed, and marked")
    assert listed()["dice"] == (True, "ready")
    text = stage.bot.ctl("module", "list", "--socket", str(stage.bot.control))[1]
    assert "module\techo\tunregistered\tready\t" in text
    for words in (("set", "echo", "rate_user", "1/1m"), ("enable", "echo"), ("disable", "echo"),
                  ("unset", "echo", "usage"), ("add", "echo", "echannels", "#a"),
                  ("remove", "echo", "echannels", "#a"), ("why", "echo", "--source", "visitor",
                                                          "--network", "one")):
        said = stage.refused("module", *words)
        assert "is not registered, though its file is there" in said, words
        assert 'say first "module register echo"' in said, words
    # The file decides, and not what else has a similar name.
    assert 'did you mean "dice"?' in stage.refused("module", "enable", "dic")
    stage.ctl("module", "register", "echo")
    wait_until(lambda: listed()["echo"] == (True, "ready"), 30, "it is registered")


def test_unregister(stage):
    stage.ctl("module", "register", "later", "Comes later.")
    stage.ctl("module", "set", "later", "cmd_prefix", "+", "--network", "one")
    answer = stage.ctl("module", "unregister", "later")
    assert answer["changed"] == 1 and not answer["purged"] and "notes" not in answer
    assert "later" not in stage.cli("SMEMBERS", "seshet:modules")
    assert stage.cli("HGET", "seshet:module:later", "description") == "Comes later."
    assert "module register" in stage.refused("module", "unregister", "later")
    stage.ctl("module", "register", "later")
    assert stage.field("description") and stage.ctl("module", "unregister", "later", "--purge")["purged"]
    assert stage.cli("KEYS", "seshet:*module:later*") == ""
    # One whose file is there goes too, until the next start; the last one is a decision as well.
    for name in ("dice", "seen", "echo"):
        [note] = stage.ctl("module", "unregister", name)["notes"]
        assert "registered again when the server starts" in note
    assert stage.visitor.between("Anna", CHANNEL, "!echo nobody", core=True) == []
    registry = stage.ctl("status")["registry"]
    assert (registry["state"], registry["modules"]) == ("synced", 0)
    stage.cli("CLIENT", "KILL", "TYPE", "pubsub")
    stage.visitor.until_answered("Anna", CHANNEL)
    assert stage.cli("SCARD", "seshet:modules") == "3"
    wait_until(lambda: stage.cli("HEXISTS", "seshet:meta", "accepted") == "0", 30, "done with")


def test_reload(parts, stage):
    import sources

    assert stage.ctl("module", "reload")["loaded"] == []
    [loaded] = stage.ctl("module", "reload", "echo")["loaded"]
    assert loaded["module"] == "echo"
    wait_until(lambda: stage.visitor.answered("Anna", CHANNEL), 30, "the new generation answers")
    assert "no file nothing.so" in stage.refused("module", "reload", "nothing")
    (stage.bot.user_modules / "broken.so").write_bytes(b"rubbish")
    assert "broken.so" in stage.refused("module", "reload", "broken")
    parts.module(stage.bot, "fresh", sources.says("hello").replace('"says"', '"fresh"'))
    [loaded] = stage.ctl("module", "reload", "fresh")["loaded"]
    assert loaded["module"] == "fresh"


# ---- network -------------------------------------------------------------------------------------


def test_networks(stage):
    assert [n["network"] for n in stage.ctl("network", "list")["networks"]] == ["one", "two"]
    shown = stage.ctl("network", "show", "one")
    assert shown["network"]["nick"] == "Anna" and shown["network"]["state"] == "online"
    assert shown["network"]["servers"][0]["port"] == stage.server.port
    assert set(shown["network"]["modules"]) >= {"echo", "dice"}
    lines = dict(line.split("\t", 1) for line in stage.bot.ctl(
        "network", "show", "one", "--socket", str(stage.bot.control))[1].splitlines())
    assert lines["for"].isdecimal(), "milliseconds, for programs"
    [channel] = stage.ctl("network", "channels", "one")["channels"]
    assert channel["channel"] == CHANNEL and channel["members"] == 2
    assert 'did you mean "one"?' in stage.refused("network", "show", "onee")


def test_disconnect_and_connect(stage):
    stage.ctl("network", "disconnect", "one", "Back", "soon")
    stage.visitor.expect(lambda m: m.command == "QUIT" and m.nick == "Anna" and "Back soon" in m.text)
    wait_until(lambda: stage.ctl("network", "show", "one")["network"]["state"] == "stopped", 30,
               "stopped")
    stage.ctl("network", "connect", "one")
    stage.visitor.wait_for("Anna", CHANNEL)
    wait_until(lambda: stage.ctl("network", "show", "one")["network"]["state"] == "online", 30,
               "online")
    assert "connected already" in stage.refused("network", "connect", "one")
    # At once, while the QUIT may still be on its way.
    stage.ctl("network", "disconnect", "one")
    stage.ctl("network", "connect", "one")
    wait_until(lambda: stage.visitor.answered("Anna", CHANNEL), 30, "there again")


def test_rehash(stage):
    assert stage.ctl("network", "rehash") == {"networks": 2, "errors": []}
    stage.bot.write_network("three", "nick = 5;")
    [first, *_] = stage.ctl("network", "rehash")["errors"]
    assert "three.conf: servers is missing" in first
    status, _, _ = stage.bot.ctl("network", "rehash", "--socket", str(stage.bot.control), check=False)
    assert status == 1
    stage.bot.network_path("three").unlink()
    assert stage.ctl("network", "rehash")["errors"] == []


def test_ignores(stage):
    other = stage.server.client("other").join(CHANNEL)

    def becomes(wanted):
        """Somebody else, who is not ignored, sees whether the visitor is answered."""

        def answered():
            word = f"word{next(numbers)}q"
            stage.visitor.send(f"PRIVMSG {CHANNEL} :!echo {word}")
            other.expect(lambda m: word in m.text and m.nick == "visitor")
            other.between("Anna", CHANNEL, "well")
            return any(word in m.text and m.nick == "Anna" for m in other.history)

        wait_until(lambda: answered() == wanted, 30, f"the visitor is answered: {wanted}")

    stage.cli("HSET", "seshet:network:one:ignores", "visitor!*@*", 0)
    becomes(False)
    [ignore] = stage.ctl("network", "ignores", "one")["ignores"]
    assert ignore["mask"] == "visitor!*@*" and ignore["left_ms"] == -1
    stage.ctl("network", "unignore", "one", "visitor!*@*")
    becomes(True)
    stage.cli("HSET", "seshet:ignores", "visitor!*@*", 0)
    becomes(False)
    # Without a network: those for all, and each network's.
    stage.cli("HSET", "seshet:network:one:ignores", "*!*@a", 0)
    stage.cli("HSET", "seshet:network:two:ignores", "*!*@b", 0)

    def ignores(*words):
        return [(i["network"], i["mask"]) for i in stage.ctl("network", "ignores", *words)["ignores"]]

    everywhere = ("", "visitor!*@*")
    wait_until(lambda: ignores() == [everywhere, ("one", "*!*@a"), ("two", "*!*@b")], 30, "all")
    assert ignores("two") == [everywhere, ("two", "*!*@b")]
    shown = stage.bot.ctl("network", "ignores", "--socket", str(stage.bot.control))[1]
    assert [line.split("\t")[1:3] for line in shown.splitlines()] == [
        ["visitor!*@*", "all"], ["*!*@a", "one"], ["*!*@b", "two"]]
    stage.ctl("network", "unignore", "all", "visitor!*@*")
    becomes(True)
    assert "not ignored" in stage.refused("network", "unignore", "one", "visitor!*@*")


def test_an_ignore_that_has_ended_counts_for_nothing(stage):
    stage.cli("HSET", "seshet:network:one:ignores", "visitor!*@*", 1)
    stage.becomes(True)
    assert stage.ctl("network", "ignores", "one")["ignores"] == []


# ---- registry ------------------------------------------------------------------------------------


def test_check(stage):
    assert stage.ctl("registry", "check") == {"findings": [], "errors": 0, "warnings": 0, "hints": 0}
    stage.cli("HSET", "seshet:network:nowhere:module:echo", "enabled", "no")
    stage.cli("HSET", "seshet:network:one:module:nothing", "enabled", "no")
    stage.cli("SADD", "seshet:module:echo:dchannels", "onee/#x")
    stage.cli("HSET", "seshet:module:echo", "colour", "red", "rate_user", "often")
    stage.cli("HSET", "seshet:network:one:module:dice", "enabled", "yes")
    stage.cli("HSET", "seshet:module:orphan", "enabled", "yes")
    stage.cli("HSET", "seshet:modul:echo", "enabled", "yes")
    stage.cli("SADD", "seshet:modules", "later")

    def findings():
        return {f["key"]: f for f in stage.ctl("registry", "check")["findings"]}

    wait_until(lambda: len(findings()) >= 8, 30, "all findings")
    found = findings()
    assert 'no network "nowhere"' in found["network:nowhere"]["text"]
    assert "not registered" in found["network:one:module:nothing"]["text"]
    assert 'did you mean "one"?' in found["module:echo:dchannels"]["text"]
    assert found["module:echo"]["level"] == "error"
    assert found["network:one:module:dice"]["level"] == "hint"
    assert found["network:one:module:dice"]["fix"] == "redis-cli DEL seshet:network:one:module:dice"
    assert "SADD seshet:modules orphan" in found["module:orphan"]["fix"]
    assert "misspelled" in found["modul:echo"]["text"]
    assert "no file" in found["module:later"]["text"]
    assert found["module:later"]["fix"] == "seshetctl module unregister later"
    status, out, _ = stage.bot.ctl("registry", "check", "--socket", str(stage.bot.control),
                                   check=False)
    assert status == 1 and "finding\terror\tmodule:echo\t" in out


def test_export_and_import(parts, stage):
    stage.ctl("module", "set", "echo", "rate_user", "30/1m")
    stage.ctl("module", "set", "echo", "rate_user.echo", "20/1m")
    stage.ctl("module", "add", "echo", "blacklist", "*!*@*.example.test", "account:évil")
    stage.ctl("module", "set", "echo", "cmd_prefix", "+", "--network", "one")
    stage.ctl("module", "add", "echo", "echannels", "#games", "--network", "one")
    stage.cli("HSET", "seshet:network:one:ignores", "*!*@bad", 0)
    stage.cli("HSET", "seshet:storage:module:echo", "count", 5)
    stage.bot.in_force()
    export = stage.bot.folder / "export.json"
    export.write_text(stage.bot.ctl("registry", "export", "--storage", "--socket",
                                    str(stage.bot.control))[1])
    content = json.loads(export.read_text())
    assert content["seshet"]["export"] == 1
    assert content["modules"]["echo"]["fields"]["rate_user.echo"] == "20/1m"
    assert content["modules"]["echo"]["networks"]["one"]["fields"] == {"cmd_prefix": "+"}
    assert content["ignores"] == {"one": {"*!*@bad": 0}}
    assert content["storage"]["storage:module:echo"] == {"count": "5"}

    other = parts.bot({"one": network(stage.server.port, "Carl")})
    socket = ["--socket", str(other.control)]
    dry = json.loads(other.ctl("registry", "import", str(export), "--dry-run", "--json", *socket)[1])
    assert "echo: rate_user: (unset) -> 30/1m" in dry["changes"]
    assert other.cli("HEXISTS", "seshet:module:echo", "rate_user") == "0"
    other.ctl("registry", "import", str(export), *socket)
    assert json.loads(other.ctl("registry", "export", "--storage", *socket)[1]) == content
    again = json.loads(other.ctl("registry", "import", str(export), "--dry-run", "--json", *socket)[1])
    assert not [c for c in again["changes"] if "->" in c or "+" in c.split(": ")[1]]


def test_import_replaces(stage):
    export = json.loads(stage.bot.ctl("registry", "export", "--socket", str(stage.bot.control))[1])
    stage.ctl("module", "set", "echo", "rate_user", "30/1m")
    stage.ctl("module", "add", "echo", "dchannels", "#x")
    stage.ctl("module", "disable", "echo", "--network", "two")
    path = stage.bot.folder / "in.json"
    path.write_text(json.dumps(export))
    socket = ["--socket", str(stage.bot.control)]
    dry = stage.bot.ctl("registry", "import", str(path), "--replace", "--dry-run", *socket)[1]
    assert "would change\techo: rate_user: 30/1m -> (unset)" in dry
    assert "would change\techo: dchannels: - -> #x" in dry
    stage.bot.ctl("registry", "import", str(path), *socket)
    assert stage.cli("HGET", "seshet:module:echo", "rate_user") == "30/1m"
    stage.bot.ctl("registry", "import", str(path), "--replace", *socket)
    after = json.loads(stage.bot.ctl("registry", "export", *socket)[1])
    assert after["modules"] == export["modules"]
    assert stage.cli("HGET", "seshet:module:echo", "event_types")


def raw_import(bot, document, **args):
    """As a program asks, without what seshetctl sees by itself."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(20)
        s.connect(str(bot.control))
        request = {"command": "registry import", "args": {"file": document, **args}}
        s.sendall(json.dumps(request).encode() + b"\n")
        return json.loads(s.makefile("rb").readline())


def test_import_refuses_the_whole_for_one_mistake(stage):
    path = stage.bot.folder / "in.json"
    before = stage.cli("HGETALL", "seshet:module:dice")
    dice = {"fields": {"usage": "new"}}
    for wrong, said in (
        ({"modules": {"echo": {"fields": {"rate_user": "often"}}}},
         "modules.echo.fields.rate_user: "),
        ({"modules": {"echo": {"networks": {"one": {"lists": {"echannels": ["a b"]}}}}}},
         "modules.echo.networks.one.lists.echannels: "),
        ({"modules": {"no name": {}}}, "modules.no name: "),
        ({"modules": {"echo": {"fields": {"colour": "red"}}}}, "modules.echo.fields.colour: "),
        ({"ignores": {"one": {"": 0}}}, "ignores.one.: "),
        ({"storage": {"module:echo": {"a": "b"}}}, "storage.module:echo: that is no key of storage"),
        ({"storage": {"storage:module:echo": {"a": {"bytes": "\u0100"}}}}, "U+00FF"),
        ({"seshet": {"export": 1, "schema": 4}}, "seshet.schema: it is 4, and this server"),
    ):
        document = {"seshet": {"export": 1}, **wrong}
        document["modules"] = {"dice": dice, **wrong.get("modules", {})}
        path.write_text(json.dumps(document))
        err = stage.refused("registry", "import", str(path))
        assert said in err, (said, err)
    # The server itself looks at the form, whoever asks.
    for wrong, said in (({"modules": {"dice": dice, "echo": {"registered": "no"}}},
                         "modules.echo.registered must be true or false"),
                        ({"modules": {"dice": dice}, "colour": 1}, "colour means nothing"),
                        ({"modules": {"dice": dice, "echo": {"lists": 5}}}, "modules.echo.lists"),
                        ({"modules": {"dice": dice}, "storage": {"storage:module:echo": 5}},
                         "storage.storage:module:echo must be")):
        answer = raw_import(stage.bot, wrong)
        assert not answer["ok"] and said in answer["error"], answer
    assert stage.cli("HGETALL", "seshet:module:dice") == before


def test_stored_bytes_go_in_and_out(stage):
    """Values that are no UTF-8, long ones among them: one character of the file is one byte."""
    long = "\u00ff" * 3000 + "a"
    document = {"storage": {"storage:module:echo": {
        "high": {"bytes": long}, "low": {"bytes": "abc"}, "mixed": {"bytes": "a\u0080\u00e9z"}}}}
    answer = raw_import(stage.bot, document)
    assert answer["ok"], answer
    read = ["--no-raw", "HGET", "seshet:storage:module:echo"]
    assert stage.cli("HSTRLEN", "seshet:storage:module:echo", "high") == "3001"
    assert stage.cli(*read, "mixed") == r'"a\x80\xe9z"'
    assert stage.cli(*read, "low") == '"abc"'
    export = json.loads(stage.bot.ctl("registry", "export", "--storage", "--socket",
                                      str(stage.bot.control))[1])
    assert export["storage"]["storage:module:echo"]["high"] == {"bytes": long}


def test_import_replaces_command_rates_and_registrations(stage):
    export = json.loads(stage.bot.ctl("registry", "export", "--socket", str(stage.bot.control))[1])
    stage.ctl("module", "set", "echo", "rate_user.echo", "20/1m")
    stage.ctl("module", "set", "echo", "rate_channel.echo", "9/1m", "--network", "one")
    stage.ctl("module", "register", "later")
    export["modules"]["later"] = {"registered": False, "fields": {"usage": "some day"}}
    path = stage.bot.folder / "in.json"
    path.write_text(json.dumps(export))
    dry = stage.ctl("registry", "import", str(path), "--replace", "--dry-run")["changes"]
    assert "echo: rate_user.echo: 20/1m -> (unset)" in dry
    assert "echo on one: rate_channel.echo: 9/1m -> (unset)" in dry
    assert "later: registered: yes -> no" in dry
    # Without --replace it only says what is not to be registered.
    assert "later: registered: yes -> no" not in stage.ctl("registry", "import", str(path))["changes"]
    assert "later" in stage.cli("SMEMBERS", "seshet:modules")
    stage.ctl("registry", "import", str(path), "--replace")
    assert "later" not in stage.cli("SMEMBERS", "seshet:modules")
    assert stage.cli("HGET", "seshet:module:later", "usage") == "some day"
    assert stage.cli("HEXISTS", "seshet:module:echo", "rate_user.echo") == "0"
    # What is not registered is not known by what it holds: it is told each time.
    again = stage.ctl("registry", "import", str(path), "--replace", "--dry-run")["changes"]
    assert again == ["later: usage: (unset) -> some day"]


def test_a_big_registry_goes_through(stage):
    """More than one page, and lists of more than one part."""
    masks = [f"*!*@{i}.example.test" for i in range(3000)]
    modules = {
        f"m{i}": {"registered": True, "fields": {"enabled": "no"},
                  "networks": {f"net{n}": {"fields": {"enabled": "yes"}} for n in range(30)}}
        for i in range(100)
    }
    modules["echo"] = {"lists": {"blacklist": masks}}
    path = stage.bot.folder / "in.json"
    path.write_text(json.dumps({"seshet": {"export": 1}, "modules": modules}))
    socket = ["--socket", str(stage.bot.control)]
    stage.bot.ctl("registry", "import", str(path), *socket)

    def whole():
        after = json.loads(stage.bot.ctl("registry", "export", *socket)[1])["modules"]
        return (len(after) == 103 and len(after["m7"]["networks"]) == 30
                and len(after["echo"]["lists"]["blacklist"]) == 3000)

    wait_until(whole, 30, "everything has arrived")


def test_registry_show(stage):
    registry = stage.ctl("registry", "show")["registry"]
    assert registry["state"] == "synced" and registry["prefix"] == "seshet:"
    assert registry["modules"] == 3 and registry["overlays"] == 0


# ---- first values --------------------------------------------------------------------------------


def first(port, values):
    return network(port, "Anna", modules=values)


def test_first_values(parts):
    values = {"echo": {"cmd_prefix": "+", "dchannels": ["#x", "#y"], "rate_user": {"echo": "9/1m"}}}
    stage = Stage.__new__(Stage)
    stage.server = parts.ngircd()
    stage.visitor = stage.server.client("visitor").join(CHANNEL)
    stage.bot = bot = parts.bot({"one": first(stage.server.port, values)})
    stage.visitor.wait_for("Anna", CHANNEL)
    stage.becomes(True, "+echo {}")
    wait_until(lambda: {line["msg"] for line in bot.find_log(event="registry.first")}
               == {"echo.cmd_prefix = +", "echo.dchannels = #x #y", "echo.rate_user.echo = 9/1m"}, 30, "told")
    assert bot.cli("HGET", "seshet:network:one:module:echo", "rate_user.echo") == "9/1m"

    # What an operator does with them stands, whatever happens.
    bot.cli("HSET", "seshet:network:one:module:echo", "cmd_prefix", "%")
    bot.cli("DEL", "seshet:network:one:module:echo:dchannels")
    bot.stop()
    mark = bot.mark()
    bot.start()
    wait_until(lambda: bot.ctl_json("status")["registry"]["state"] == "synced", 30, "synced")
    stage.visitor.wait_for("Anna", CHANNEL)
    stage.becomes(True, "%echo {}")
    assert bot.cli("EXISTS", "seshet:network:one:module:echo:dchannels") == "0"
    assert not bot.find_log(since=mark, event="registry.first")

    # What is to be given again is given when the configuration is read again.
    bot.cli("SREM", "seshet:network:one:first", "echo:dchannels")
    bot.hangup()
    bot.wait_log(since=mark, event="registry.first", msg="echo.dchannels = #x #y")

    # A new one in the file is given at once.
    values["echo"]["enicks"] = ["friend"]
    bot.write_network("one", first(stage.server.port, values))
    bot.wait_log(since=mark, event="registry.first", msg="echo.enicks = friend")


def test_first_values_do_not_overwrite(parts):
    redis = parts.redis()
    redis.cli("HSET", "seshet:network:one:module:echo", "cmd_prefix", "%")
    redis.cli("SADD", "seshet:network:one:module:echo:dchannels", "#mine")
    server = parts.ngircd()
    parts.bot({"one": first(server.port, {"echo": {"cmd_prefix": "+", "dchannels": ["#x"],
                                                  "usage": "new"}})},
              registry=f"redis://127.0.0.1:{redis.port}")
    wait_until(lambda: redis.cli("HGET", "seshet:network:one:module:echo", "usage") == "new", 30,
               "what was missing is there")
    assert redis.cli("HGET", "seshet:network:one:module:echo", "cmd_prefix") == "%"
    assert redis.cli("SMEMBERS", "seshet:network:one:module:echo:dchannels") == "#mine"


def test_wrong_first_values_are_errors_of_the_file(parts):
    server = parts.ngircd()
    bot = parts.bot({"one": first(server.port, {"echo": {"rate_user": "often"}}),
                     "two": first(server.port, {"echo": {"echanels": ["#x"]}})}, start=False)
    status, said = bot.check()
    assert status == 1
    assert "modules.echo.rate_user: " in said and "one.conf:" in said
    assert "modules.echo.echanels: there is no such list" in said
