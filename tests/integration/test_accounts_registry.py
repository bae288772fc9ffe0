"""Accounts as they stand in Redis: read live, exported, imported again, and looked over."""

import json

from harness.process import wait_until
from harness.seshetd import network

RECORD = "limnoria:salt|" + "0" * 40


def fill(bot):
    cli = bot.cli
    cli("SADD", "seshet:users", "alice", "bob")
    cli("HSET", "seshet:user:alice", "password", RECORD, "secure", "yes")
    cli("SADD", "seshet:user:alice:capabilities", "owner", "#c.op", "net/admin")
    cli("SADD", "seshet:user:alice:hostmasks", "net/*!*@alice.example")
    cli("SADD", "seshet:user:bob:services", "net/bob")
    cli("HSET", "seshet:policy", "registration", "closed")
    cli("SADD", "seshet:policy:capabilities", "-join")
    cli("HSET", "seshet:network:net:policy", "default_ignore", "no")
    cli("SADD", "seshet:network:net:policy:registered", "karma")
    cli("HSET", "seshet:network:net:channel:#c%3Ad", "default_allow", "no")
    cli("SADD", "seshet:network:net:channel:#c%3Ad:capabilities", "roll")
    cli("HSET", "seshet:network:net:channel:#c%3Ad:ignores", "x!*@*", "0")
    cli("SADD", "seshet:auth_groups", "ops")
    cli("HSET", "seshet:auth_group:ops", "style", "user", "description", "Operators.")
    cli("SADD", "seshet:auth_group:ops:members", "alice")


def everything(bot):
    names = [key for key in bot.cli("--scan").split()
             if key.startswith(("seshet:user", "seshet:policy", "seshet:auth_", "seshet:network"))]
    content = {}
    for name in sorted(names):
        kind = bot.cli("TYPE", name).strip()
        words = bot.cli("HGETALL" if kind == "hash" else "SMEMBERS", name).split("\n")
        content[name] = sorted(words) if kind == "set" else dict(zip(words[::2], words[1::2]))
    return content


def export(bot):
    document = json.loads(bot.ctl("registry", "export", "--socket", str(bot.control))[1])
    for user in document["users"].values():
        user.get("capabilities", []).sort()
    return document


def accounts_of(document):
    return {name: document.get(name) for name in ("users", "policy", "auth_groups", "networks")}


def imported(bot, document, *options):
    path = bot.folder / "export.json"
    path.write_text(json.dumps(document))
    status, out, err = bot.ctl("registry", "import", str(path), "--json", *options, "--socket",
                               str(bot.control), check=False)
    return status, json.loads(out) if status == 0 else err


def test_accounts_stand_in_redis(parts):
    server = parts.ngircd()
    bot = parts.bot({"net": network(server.port, "Anna", ["#a"])})
    fill(bot)
    wait_until(lambda: export(bot)["auth_groups"].get("ops", {}).get("members"), 30, "all is read")
    document = export(bot)
    assert document["users"] == {
        "alice": {"password": RECORD, "secure": True, "capabilities": ["#c.op", "net/admin", "owner"],
                  "hostmasks": ["net/*!*@alice.example"]},
        "bob": {"services": ["net/bob"]}}
    assert document["policy"] == {"registration": "closed", "capabilities": ["-join"]}
    assert document["networks"]["net"]["policy"] == {"default_ignore": False, "registered": ["karma"]}
    assert document["networks"]["net"]["channels"] == {
        "#c:d": {"default_allow": False, "capabilities": ["roll"], "ignores": {"x!*@*": 0}}}
    assert document["auth_groups"] == {
        "ops": {"style": "user", "description": "Operators.", "members": ["alice"]}}
    assert bot.ctl_json("registry", "check")["findings"] == []

    before = everything(bot)
    assert imported(bot, document)[1]["count"] == 0  # it is there already
    for name in before:
        bot.cli("DEL", name)
    wait_until(lambda: not any(accounts_of(export(bot)).values()), 30, "all is gone")
    status, dry = imported(bot, document, "--dry-run")
    assert (status, dry["count"] > 10, everything(bot)) == (0, True, {})
    assert imported(bot, document)[0] == 0
    assert everything(bot) == before
    wait_until(lambda: accounts_of(export(bot)) == accounts_of(document), 30, "it is read again")

    document["users"]["alice"] = {"capabilities": ["owner", "karma"]}
    document["networks"]["net"]["channels"]["#c:d"] = {"default_allow": False}
    status, changes = imported(bot, document, "--replace")
    assert (status, "user alice, password: (unset)" in changes["changes"]) == (0, True)
    assert RECORD not in json.dumps(changes)
    assert sorted(bot.cli("SMEMBERS", "seshet:user:alice:capabilities").split()) == ["karma", "owner"]
    assert bot.cli("EXISTS", "seshet:user:alice:hostmasks").strip() == "0"
    assert bot.cli("EXISTS", "seshet:network:net:channel:#c%3Ad:ignores").strip() == "0"

    for wrong, said in (
            ({"users": {"eve": {"hostmasks": ["*!*@*"]}}}, "would match nearly everybody"),
            ({"users": {"eve": {"password": "hunter2"}}}, "no record of a password"),
            ({"users": {"bad name": {}}}, "no name for an account"),
            ({"policy": {"default_allow": "maybe"}}, "must be true or false"),
            ({"policy": {"capabilities": ["owner"]}}, "nobody has owner by default"),
            ({"auth_groups": {"x": {"style": "open"}}}, "nickserv, user, nick or password"),
            ({"networks": {"net": {"channels": {"#c": {"lobotomised": True}}}}}, "means nothing"),
            ({"users": {"bob": {"services": ["net/bob"], "capabilities": "owner"}}}, "an array")):
        status, error = imported(bot, {"seshet": document["seshet"]} | wrong)
        assert status != 0 and said in error and "hunter2" not in error, (wrong, error)
    assert bot.cli("SMEMBERS", "seshet:users").split() and "eve" not in bot.cli("SMEMBERS", "seshet:users")


def test_a_check_finds_what_counts_for_nothing(parts):
    server = parts.ngircd()
    bot = parts.bot({"net": network(server.port, "Anna", ["#a"])})
    fill(bot)
    cli = bot.cli
    cli("SADD", "seshet:users", "Capital", "nobody")
    cli("HSET", "seshet:user:bob", "password", "plain-text", "ignored", "perhaps")
    cli("SADD", "seshet:user:bob:hostmasks", "bob!*@*", "*!*@*")
    cli("SADD", "seshet:user:bob:capabilities", "two words", "nowhere/admin")
    cli("SADD", "seshet:user:gone:capabilities", "owner")
    cli("SADD", "seshet:auth_group:ops:members", "gone")
    cli("SADD", "seshet:network:net:channel:#c%3Ad:capabilities", "op")
    cli("HSET", "seshet:network:net:channel:#BIG", "lobotomized", "yes")
    cli("SET", "seshet:network:net:policy:capabilities", "a string")
    cli("HSET", "seshet:module:echo", "auth_group", "missing")
    cli("SET", "seshet:usersx", "1")
    for written in ("network:net:first", "network:net:installed", "storage:network:net:module:echo"):
        cli("SET", f"seshet:{written}", "a string")

    def findings():
        return {(f["key"], f["text"]) for f in bot.ctl_json("registry", "check")["findings"]}

    wanted = [("users", '"Capital" is no name for an account'),
              ("user:bob", "user:bob password: is no record of a password"),
              ("user:bob", 'user:bob ignored: "perhaps" is wrong'),
              ("user:bob:hostmasks", "would match nearly everybody"),
              ("user:bob:hostmasks", "overlaps a hostmask of alice"),
              ("user:bob:capabilities", "1 wrong item does not count"),
              ("user:bob:capabilities", "for the network nowhere"),
              ("user:gone:capabilities", "gone is not in the set seshet:users"),
              ("user:nobody", "nobody can be nobody"),
              ("auth_group:ops:members", "the member gone is no account"),
              ("network:net:channel:#c%3Ad:capabilities", "op does nothing here"),
              ("network:net:channel:#BIG", "no name of a channel"),
              ("network:net:policy:capabilities", "it must be a set"),
              ("module:echo", "auth_group is missing"),
              ("usersx", "misspelled"),
              ("network:net:first", "wrong type: it must be a set"),
              ("network:net:installed", "wrong type: it must be a set"),
              ("storage:network:net:module:echo", "wrong type: it must be a hash")]

    def missing():
        found = findings()
        return [w for w in wanted if not any(w[0] == key and w[1] in text for key, text in found)]

    wait_until(lambda: not missing(), 30, "all is found")
    assert "plain-text" not in json.dumps(sorted(findings()))
    status = bot.cli("HGETALL", "seshet:status:accounts")
    assert "user:bob ignored" in status and "plain-text" not in status
    assert not any("plain-text" in line for line in bot.raw_log)
    for key in ("user:bob", "user:bob:hostmasks", "user:bob:capabilities", "network:net:channel:#BIG",
                "network:net:policy:capabilities"):
        cli("DEL", f"seshet:{key}")
    cli("SREM", "seshet:users", "Capital")
    wait_until(lambda: not bot.cli("HGETALL", "seshet:status:accounts").strip(), 30, "all is right again")
    # What was known not to be there is not closed by a key of the wrong type.
    cli("DEL", "seshet:policy")
    wait_until(lambda: bot.ctl_json("policy", "show")["policies"][0].get("registration") != "closed", 20,
               "no policy")
    before = bot.ctl_json("policy", "show")
    cli("SET", "seshet:policy", "rubbish")
    wanted[:] = [("policy", "must be a hash; until then what was known of it counts")]
    wait_until(lambda: not missing(), 30, "the wrong type is found")
    assert bot.ctl_json("policy", "show") == before
