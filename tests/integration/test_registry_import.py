"""What an import replaces, what it leaves alone, and when it is refused."""

import json

from harness.process import wait_until
from harness.seshetd import network

GAMES = "seshet:network:one:channel:#games"


def sorted_lists(value):
    if isinstance(value, dict):
        return {name: sorted_lists(inner) for name, inner in value.items()}
    return sorted(value) if isinstance(value, list) else value


def export(bot):
    return sorted_lists(json.loads(bot.ctl("registry", "export", "--socket", str(bot.control))[1]))


def imported(bot, document, *options):
    path = bot.folder / "import.json"
    path.write_text(json.dumps(document))
    status, out, err = bot.ctl("registry", "import", str(path), "--json", *options, "--socket",
                               str(bot.control), check=False)
    return status, json.loads(out) if status == 0 else err


def masks(folder, count):
    return [word for i in range(count) for word in (f"nobody{i}!*@{folder}.example.test", "0")]


def fill(bot):
    """Ignores of a channel and of a network, each more than a part of a file, and what is beside."""
    bot.cli("SADD", "seshet:network:one:channels", "#joined1")
    bot.cli("HSET", "seshet:network:one:policy", "default_ignore", "no")
    bot.cli("SADD", "seshet:network:one:policy:registered", "karma")
    bot.cli("HSET", GAMES, "lobotomized", "no")
    bot.cli("SADD", f"{GAMES}:capabilities", "-topic", "-say")
    bot.cli("HSET", f"{GAMES}:ignores", *masks("channel", 1500))
    bot.cli("SADD", "seshet:network:one:channel:#other:capabilities", "-topic")
    bot.cli("HSET", "seshet:network:one:channel:#small:ignores", "x!*@*", 0)
    bot.cli("HSET", "seshet:network:one:ignores", *masks("network", 1500))
    bot.cli("HSET", "seshet:ignores", "everywhere!*@*", 0)

    def whole():
        document = export(bot)
        one = document["networks"].get("one", {})
        channels = one.get("channels", {})
        return ({"policy", "joined"} <= one.keys() and "#other" in channels and "#small" in channels
                and channels.get("#games", {}).keys() == {"lobotomized", "capabilities", "ignores"}
                and len(channels["#games"]["ignores"]) == 1500
                and len(document["ignores"].get("one", {})) == 1500 and document["ignores"].get(""))

    wait_until(whole, 30, "all is read")


def test_an_import_replaces_what_its_file_names(parts):
    server = parts.ngircd()
    bot = parts.bot({"one": network(server.port, "Anna", ["#a"])})
    fill(bot)
    before = export(bot)
    assert len(json.dumps(before["networks"])) > 48 * 1024

    # The same again changes nothing, and takes nothing away.
    assert imported(bot, before, "--dry-run")[1]["changes"] == []
    status, answer = imported(bot, before, "--replace")
    assert (status, answer) == (0, {"changes": [], "count": 0})
    assert export(bot) == before
    assert bot.cli("SMEMBERS", "seshet:network:one:channels").split() == ["#joined1"]
    assert sorted(bot.cli("SMEMBERS", f"{GAMES}:capabilities").split()) == ["-say", "-topic"]

    # What the file does not have of what it names goes; in each part of a long list, too.
    after = json.loads(json.dumps(before))
    games = after["networks"]["one"]["channels"]["#games"]
    gone = [f"nobody{i}!*@channel.example.test" for i in (0, 700, 999)]
    for mask in gone:
        del games["ignores"][mask]
        del after["ignores"]["one"][mask.replace("channel", "network")]
    games["capabilities"].remove("-say")
    del after["networks"]["one"]["channels"]["#small"]["ignores"]
    after["ignores"][""] = {}
    assert imported(bot, after, "--dry-run")[1]["changes"] == []
    changes = imported(bot, after, "--replace")[1]["changes"]
    assert sorted(changes) == sorted(
        [f"channel #games on one, ignores: - {mask}" for mask in gone]
        + [f"ignores on one: - {mask.replace('channel', 'network')}" for mask in gone]
        + ["channel #games on one, capabilities: - -say",
           "channel #small on one, ignores: - x!*@*", "ignores: - everywhere!*@*"])
    del after["networks"]["one"]["channels"]["#small"]
    del after["ignores"][""]
    wait_until(lambda: export(bot) == after, 30, "what was missing is gone, and nothing else")


def test_a_dry_run_is_refused_where_the_import_is(parts):
    server = parts.ngircd()
    bot = parts.bot({"one": network(server.port, "Anna", ["#a"])})
    bot.cli("SADD", "seshet:users", "alice")
    bot.cli("SADD", "seshet:user:alice:capabilities", "owner")
    bot.cli("SADD", "seshet:user:alice:hostmasks", "*!*@alice.example.test")
    bot.cli("SADD", "seshet:user:alice:services", "one/alice")
    bot.cli("SADD", "seshet:auth_groups", "ops")
    bot.cli("HSET", "seshet:auth_group:ops", "style", "user")
    wait_until(lambda: export(bot)["users"].get("alice", {}).keys()
               == {"capabilities", "hostmasks", "services"} and export(bot)["auth_groups"], 30, "read")
    dice = {"modules": {"dice": {"fields": {"usage": "new"}}}}
    head = {"seshet": {"export": 1}}
    alice = {"hostmasks": ["*!*@alice.example.test"], "services": ["one/alice"]}
    # Modules stand first in the file; nothing of them is written all the same.
    for users, said in (({"alice": alice}, "the last owner"),
                        ({"bob": {"hostmasks": ["*!*@*.example.test"]}}, "overlaps a hostmask"),
                        ({"bob": {"services": ["one/alice"]}}, "another account has")):
        for options in (["--dry-run"], []):
            status, error = imported(bot, head | dice | {"users": users}, "--replace", *options)
            assert (status, said in error, "part of the file" in error) == (1, True, False), error
    # A profile's members may come in the same file.
    users = {"users": {"bob": {}}, "auth_groups": {"ops": {"style": "user", "members": ["bob"]}}}
    assert imported(bot, head | users, "--dry-run")[0] == 0
    assert bot.cli("SMEMBERS", "seshet:users").split() == ["alice"]
    assert imported(bot, head | users)[0] == 0
    assert bot.cli("SMEMBERS", "seshet:auth_group:ops:members").split() == ["bob"]

    # Names count where nothing stands below them, too.
    for wrong, said in (
            ({"modules": {"dice": {"lists": {"colours": []}}}}, "modules.dice.lists.colours: "),
            ({"modules": {"dice": {"networks": {"a b": {}}}}}, "modules.dice.networks.a b: "),
            ({"networks": {"a b": {}}}, "no name of a network"),
            ({"ignores": {"a b": {}}}, "ignores.a b: "),
            ({"storage": {"module:dice": {}}}, "storage.module:dice: "),
            ({"modules": {"core": {"fields": {"usage": "x"}}}}, "the server's own name")):
        status, error = imported(bot, head | wrong)
        assert status == 1 and said in error, (wrong, error)
    status, _, error = bot.ctl("module", "register", "core", "--socket", str(bot.control), check=False)
    assert status == 1 and "the server's own" in error
    assert bot.cli("SISMEMBER", "seshet:modules", "core") == "0"
    assert bot.cli("HGET", "seshet:module:dice", "usage") != "new"
