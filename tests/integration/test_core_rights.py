"""Nobody gets more by the core commands than he has. The stage is that of test_core_commands."""

import re

import pytest

from test_core_commands import BOT, CHANNEL, stage, whole  # noqa: F401


@pytest.fixture(autouse=True)
def clean(stage):  # noqa: F811
    """What was said of an account or a module counts for one test."""
    yield
    for name in ("nora", "adam", "carl"):
        stage.cli("DEL", f"seshet:user:{name}:capabilities")
    stage.cli("SADD", "seshet:user:adam:capabilities", "admin")
    stage.cli("SADD", "seshet:user:carl:capabilities", f"one/{CHANNEL}.op")
    stage.until(stage.adam, "capability list", "has: admin$")
    stage.until(stage.carl, "capability list", rf"has: one/{CHANNEL}\.op$")
    stage.until(stage.nora, "capability list", "has: none$")


def gives(stage, name, client, *capabilities):  # noqa: F811
    stage.cli("SADD", f"seshet:user:{name}:capabilities", *capabilities)
    stage.until(client, "capability list", capabilities[-1].replace(".", r"\.").replace("[", r"\["))


def refused(stage, client, command):  # noqa: F811
    """What is missing is told in private, once in a while."""
    said = stage.silent(client, command)
    assert not any(re.search("Done|was so before", text) for text in said), said


# ---- Fields of modules ----------------------------------------------------------------------------


def test_an_administrator_opens_no_module(stage):  # noqa: F811
    adam, nora, olga = stage.adam, stage.nora, stage.olga
    for field in ("permissions net", "group other", "deadline 1m"):
        refused(stage, adam, f"module set echo {field}")
        refused(stage, adam, f"module unset echo {field.split()[0]} --network one")
    refused(stage, adam, "module unregister echo --purge")
    refused(stage, adam, "module set echo capability trusted")
    stage.ask(adam, "module set echo capability admin", "Done")
    stage.ask(adam, "module unset echo capability", "Done")
    stage.ask(olga, "module set echo capability trusted", "Done")
    stage.ask(olga, "module set echo capability karma.reset --network one", "Done")
    stage.ask(adam, "module set echo capability admin --network one", "Done")
    # Without the overlay it is the shared one that counts.
    refused(stage, adam, "module unset echo capability --network one")
    stage.ask(olga, "module unset echo capability --network one", "Done")
    stage.ask(olga, "module unset echo capability", "Done")
    stage.ask(olga, "module set echo auth_group staff", "Done")
    refused(stage, adam, "module unset echo auth_group")
    refused(stage, adam, "module set echo auth_group mine --network one")
    stage.ask(olga, "module unset echo auth_group", "Done")
    stage.ask(adam, "module set echo auth_group staff --network one", "Done")
    stage.ask(olga, "module unset echo auth_group --network one", "Done")
    assert stage.cli("HGET", "seshet:module:echo", "permissions") == ""
    # The owner of a network has its overlays, and not what is shared.
    gives(stage, "nora", nora, "one/admin", "one/owner")
    stage.ask(nora, "module set echo deadline 2s --network one", "Done")
    stage.ask(nora, "module unset echo deadline --network one", "Done")
    stage.ask(nora, "module set echo deadline 2s", "concerns all networks")


# ---- What is had everywhere -----------------------------------------------------------------------


def test_what_is_for_all_networks_is_had_on_all(stage):  # noqa: F811
    adam = stage.adam
    stage.cli("SADD", "seshet:network:two:policy:capabilities", "-secret")
    stage.until(adam, "capability check two/secret", "no, by default_set")
    stage.ask(adam, "capability add nora secret", "neither give nor take away")
    stage.ask(adam, "capability add nora one/secret", "now has one/secret")
    stage.cli("DEL", "seshet:network:two:policy:capabilities")
    stage.until(adam, "capability check two/secret", "yes")
    gives(stage, "adam", adam, "three/-evil")
    stage.ask(adam, "capability add nora evil", "neither give nor take away")
    gives(stage, "adam", adam, "three/-admin")
    stage.ask(adam, "module disable echo", "concerns all networks")


# ---- Names ----------------------------------------------------------------------------------------


def test_what_somebody_has_elsewhere_is_for_admins_there(stage):  # noqa: F811
    nora, adam = stage.nora, stage.adam
    gives(stage, "carl", stage.carl, "two/secret")
    stage.ask(adam, "capability list carl", "two/secret")
    gives(stage, "nora", nora, "one/admin")
    stage.until(nora, "whoami", "You are nora")
    assert "two/" not in stage.ask(nora, "capability list carl", rf"carl has: one/{CHANNEL}\.op$")
    stage.ask(nora, "capability check carl one/secret", "one/secret: ")
    assert not any("by " in text for text in stage.silent(nora, "capability check carl two/secret"))
    stage.ask(stage.carl, "capability check carl two/secret", "two/secret: yes, by own_set")


def test_the_op_of_one_channel_takes_nothing_from_another(stage):  # noqa: F811
    gives(stage, "carl", stage.carl, "one/#a.op")
    gives(stage, "nora", stage.nora, "one/#a.b,op")
    stage.ask(stage.carl, "channel capability remove #a nora b.op", r"had not|Not done|neither")
    assert stage.set_of("user:nora:capabilities") == {"one/#a.b,op"}


def test_names_compare_as_on_the_network(stage):  # noqa: F811
    """ngircd folds letters only."""
    gives(stage, "nora", stage.nora, "one/#c[x.op", "#c[x.op")
    stage.ask(stage.olga, "capability remove nora one/#C{x.op", "nora had not one/#C{x.op")
    stage.ask(stage.olga, "capability add nora one/#C[X.-op", "now has")
    assert stage.set_of("user:nora:capabilities") == {"one/#C[X.-op", "#c[x.op"}
    stage.ask(stage.olga, "capability remove nora #C[x,op", "no longer has")


def test_a_network_that_is_not_there(stage):  # noqa: F811
    stage.ask(stage.olga, "capability add nora tow/admin", "now has tow/admin.*no network tow")
    said = stage.bot.ctl_json("capability", "add", "tow/trusted", "--user", "nora")
    assert "no network" in said["notes"][0]


def test_the_last_owner_is_not_ignored(stage):  # noqa: F811
    stage.ask(stage.olga, "user set olga ignored yes", "last owner")
    stage.ask(stage.olga, "ping", "pong")


def test_a_mask_of_ones_own_is_narrow(stage):  # noqa: F811
    nora = stage.nora
    for mask in ("nora!*@nora.example.test", "*!*@*.com", "nora!*@other.host", "zoe!*@127.0.0.1", "two/nora!*@127.0.0.1"):
        stage.ask(nora, f"hostmask add {mask}", "Not done: .*(address that you have now|where you are)")
    for mask in ("nora!*@*", "nora!~nora@*0.1", "nora!*@127.*"):
        stage.ask(nora, f"hostmask add {mask}", "Not done: it is too wide")
    assert stage.set_of("user:nora:hostmasks") == {"one/nora!*@*"}
    stage.ask(stage.olga, "hostmask add nora nora2!*@*", "now means nora")
    stage.ask(stage.olga, "hostmask remove nora nora2!*@*", "no longer means nora")


def test_nobody_but_an_owner_ignores_everybody(stage):  # noqa: F811
    for mask in ("*!*@*", "*!*@?.*"):
        stage.ask(stage.adam, f"ignore add {mask}", "Not done: .*nearly everybody")
        stage.ask(stage.carl, f"channel ignore add {CHANNEL} {mask}", "Not done: .*nearly everybody")
    assert stage.cli("HKEYS", "seshet:network:one:ignores").strip() == ""


def test_the_rest_of_an_answer_is_the_askers_own(stage):  # noqa: F811
    first, second = (stage.server.client(name).join(CHANNEL) for name in ("mona", "mick"))
    stage.account("mona", hostmasks=["one/mona!~mona@*"])
    stage.cli("SADD", "seshet:user:mona:capabilities", *(f"a-rather-long-capability-{i:03d}" for i in range(90)))
    stage.bot.in_force()
    stage.until(first, "capability list", "capability-000.*|more lines?: !more")
    first.names(CHANNEL)
    stage.ask(first, "whoami", "You are mona")
    first.send("QUIT")
    second.expect(lambda m: m.command == "QUIT" and m.nick == "mona")
    second.send("NICK mona")
    second.expect(lambda m: m.command == "NICK" and m.text == "mona")
    second.nick = "mona"
    stage.ask(second, "more", "There is no more")
    second.send("QUIT")


# ---- Whom nothing is told -------------------------------------------------------------------------


def test_strangers_get_no_answers_about_what_is_not_theirs(stage):  # noqa: F811
    for command in ("module foo", "module set", "user add bob", "policy set x", "group frob", "registry frob",
                    "capability add", "capability add bob a,b", "default capability add", "channel", "ignore"):
        said = stage.silent(stage.zoe, command)
        assert not any("Usage" in text or "usage" in text or "comes one of" in text for text in said), said
    stage.ask(stage.zoe, "capability", "comes one of: list, check", CHANNEL)
    stage.ask(stage.adam, "module foo", "Not done", CHANNEL)
    stage.ask(stage.carl, "channel", "comes one of: capability add", CHANNEL)


# ---- Whom rights are lacking ----------------------------------------------------------------------


def test_capability_check_of_core_commands(stage):  # noqa: F811
    bot = stage.bot

    def check(command, *words):
        return bot.ctl_json("capability", "check", "--network", "one", "--command", command, *words)

    for command, needs in (("core.capability-add", "admin"), ("core.capability add", "admin"),
                           ("core.module-enable", "admin"), ("core.user-set", "owner"),
                           ("core.default-capability-add", "owner")):
        assert check(command, "--account", "nora")["needs"] == needs, command
        assert not check(command, "--account", "nora")["allowed"], command
        assert check(command, "--account", "olga")["allowed"], command
    assert check("core.hostmask-add", "--account", "nora")["allowed"]
    assert "no command" in check("core.frobnicate", "--account", "nora")["notes"][0]
    assert "group" in check("core.module", "--account", "nora")["notes"][0]
    assert "seshetctl only" in check("core.user-add", "--account", "olga")["notes"][0]
    # On IRC the same, of what is the asker's own or an administrator's business.
    nora, carl, adam = stage.nora, stage.carl, stage.adam
    stage.ask(nora, "capability check --command core.join", "core.join: no, admin by privileged: .*It needs admin")
    stage.ask(adam, "capability check nora --command core.default-capability-add", "no, owner by owner_asked")
    stage.ask(adam, "capability check --command core.join", "core.join: yes, .*It needs admin")
    stage.ask(carl, "capability check --command core.kick", "yes, .*It needs #op", CHANNEL)
    stage.ask(nora, "capability check --command core.kick", rf"no, {CHANNEL}\.op by privileged", CHANNEL)
    stage.ask(nora, "capability check --command core.frobnicate", "Note: there is no command")
    stage.ask(nora, "capability check --command nonesuch.x", "Note: there is no module")
    stage.ask(nora, "capability check --command join", "write MODULE.COMMAND")
    for command in ("core.join", "core.kick", "core.ping", "echo.echo"):
        allowed = check(command, "--account", "nora", "--channel", CHANNEL)["allowed"]
        stage.ask(nora, f"capability check --command {command}", f"{command}: {'yes' if allowed else 'no'}", CHANNEL)
