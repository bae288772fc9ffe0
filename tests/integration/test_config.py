"""The configuration: checked as a whole, taken over network by network, told with file and line."""

import os
import re

from harness.irc import unique
from harness.process import wait_until
from harness.seshetd import network, settings_text

CHANNEL = "#seshet"


# ---- seshetd -n -----------------------------------------------------------------------------------


def test_check_of_a_good_configuration(parts):
    bot = parts.bot({"one": network(6667, "Anna")}, start=False)
    status, text = bot.check()
    assert status == 0, text


def test_check_tells_every_error_with_file_and_line(parts):
    bot = parts.bot({}, start=False)
    bot.write_main(settings_text(bot.settings) + 'statedir = "/x";\nlog = { level = 3; };\n'.replace("log", "logg"))
    bot.write_network("good", network(6667, "Anna"))
    bot.write_network("typo", settings_text(network(6667, "Anna")) + 'nickk = "x";\n')
    bot.write_network("range", network(99999, "Anna"))
    bot.write_network("kind", network("a word", "Anna"))
    bot.write_network("quoted", '"x" = 1;\n')
    bot.write_network("syntax", 'servers = (\n  { host = "x"; }\n);\nnick = ;\n')
    bot.write_network("nonick", 'servers = ( { host = "x"; } );\n')
    bot.write_network("noserver", 'nick = "x";\n')
    bot.write_network("inject", network(6667, "An na"))
    status, text = bot.check()
    assert status != 0
    for wanted in (
        r"seshet\.conf:\d+: .*statedir.*state_dir",
        r"typo\.conf:\d+: .*nickk.*nick",
        r"range\.conf:\d+: .*65535",
        r"kind\.conf:\d+: .*port",
        r"quoted\.conf:1: ",
        r"syntax\.conf:4: ",
        r"nonick\.conf.*nick",
        r"noserver\.conf.*servers",
        r"inject\.conf:\d+: .*nick",
    ):
        assert re.search(wanted, text), f"{wanted}\n{text}"
    assert "good.conf" not in text


def test_check_judges_what_is_only_named(parts, certs):
    """Certificates, the registry's URI and the folder of the control socket, each with its line."""
    bot = parts.bot({}, start=False)
    bad = bot.folder / "bad.pem"
    bad.write_text("not a certificate\n")
    bot.write_network("ca", network(6697, "Anna", server={"tls": True, "ca_file": str(bad)}))
    bot.write_network("cert", network(6697, "Anna", sasl={"cert_file": str(bad)}, server={"tls": True}))
    other = {"cert_file": str(certs.good[0]), "key_file": str(certs.client[1])}
    bot.write_network("key", network(6697, "Anna", sasl=other, server={"tls": True}))
    good = {"cert_file": str(certs.client[0]), "key_file": str(certs.client[1])}
    bot.write_network("good", network(6697, "Anna", sasl=good,
                                      server={"tls": True, "ca_file": str(certs.ca)}))
    bot.write_main(settings_text({**bot.settings, "registry": {"uri": "unix:///" + "x" * 120},
                                  "control": {"socket": "/nonexistent/folder/control.sock"}})
                   + 'statedir = "/x";\n')
    status, text = bot.check()
    assert status != 0
    for wanted in (
        r"ca\.conf:1: servers\.ca_file: .*bad\.pem",
        r"cert\.conf:\d+: sasl\.cert_file: .*bad\.pem",
        r"key\.conf:\d+: sasl\.cert_file: .*does not belong",
        r"seshet\.conf:\d+: registry\.uri: .*107",
        r"seshet\.conf:\d+: control\.socket: .*/nonexistent/folder",
        r"seshet\.conf:\d+: .*statedir.*state_dir",
        "6 errors",
    ):
        assert re.search(wanted, text), f"{wanted}\n{text}"
    assert "good.conf" not in text


def test_check_counts_what_it_does_not_show(parts):
    bot = parts.bot({}, start=False)
    bot.write_network("many", "".join(f"key{i} = {i};\n" for i in range(400)))
    status, text = bot.check()
    assert status != 0
    # Two more: what is missing.
    assert re.search(r"many\.conf: \.\.\. and 302 more", text), text
    assert "402 errors" in text


def test_check_of_a_file_that_is_not_there(parts):
    bot = parts.bot({}, start=False)
    bot.main_conf.unlink()
    status, text = bot.check()
    assert status != 0 and "seshet.conf" in text


def test_a_broken_main_file_does_not_start(parts):
    bot = parts.bot({}, start=False)
    bot.write_main("state_dir = ;\n")
    bot.start(wait=False)
    assert bot.process.wait(10) != 0
    assert any("seshet.conf:1" in line for line in bot.raw_log), bot.raw_log
    bot._close()


def test_missing_secret_file_is_told(parts):
    bot = parts.bot({"one": network(6667, "Anna", server_password_file="/nonexistent/secret")},
                    start=False)
    status, text = bot.check()
    assert status != 0 and "/nonexistent/secret" in text


def test_version(parts):
    bot = parts.bot({}, start=False)
    status, text = bot.check("-V")
    assert status == 0 and re.search(r"seshetd? \d+\.\d+\.\d+", text)


# ---- Live -----------------------------------------------------------------------------------------


def test_networks_come_change_and_go(parts, server, visitor):
    visitor.join("#second")
    bot = parts.bot({"one": network(server.port, "Anna")})
    visitor.wait_for("Anna", CHANNEL)
    bot.write_network("two", network(server.port, "Bert"))
    visitor.wait_for("Bert", CHANNEL)
    start = len(visitor.history)
    bot.write_network("two", network(server.port, "Bert", [CHANNEL, "#second"]))
    visitor.wait_for("Bert", "#second")
    bot.write_network("two", network(server.port, "Berta", ["#second"]))
    visitor.wait_for("Berta", "#second")
    wait_until(lambda: "Berta" not in visitor.names(CHANNEL), 30, "it left the channel")
    bot.network_path("two").unlink()
    visitor.expect(lambda m: m.command == "QUIT" and m.nick == "Berta", timeout=10)
    assert visitor.answered("Anna", CHANNEL)
    gone = [m for m in visitor.history[start:] if m.nick == "Anna" and m.command in ("QUIT", "JOIN", "PART")]
    assert not gone, "the other network noticed"


def test_a_change_of_rights_counts(parts, server):
    """A file that root has written, and then gives to the server's user."""
    bot = parts.bot({"one": network(server.port, "Anna")})
    mark = bot.mark()
    bot.network_path("one").chmod(0o640)
    bot.wait_log(since=mark, event="conf.loaded")


def test_command_prefix_changes_at_once(parts, server, visitor):
    bot = parts.bot({"one": network(server.port, "Anna")})
    visitor.wait_for("Anna", CHANNEL)
    bot.write_network("one", network(server.port, "Anna", command_prefix="%"))
    mark = unique("word")

    def asked():
        visitor.say(CHANNEL, f"%echo {mark}")
        try:
            return visitor.expect_say("Anna", mark, timeout=0.5)
        except AssertionError:
            return False

    wait_until(asked, 30, "the new prefix holds")
    assert not [m for m in visitor.history if m.nick == "Anna" and m.command == "QUIT"]


def test_a_broken_file_changes_nothing_and_is_told(parts, server, visitor):
    bot = parts.bot({"one": network(server.port, "Anna")})
    visitor.wait_for("Anna", CHANNEL)
    for broken in ('servers = (\n', settings_text(network(server.port, "Anna")) + "nikc = 1;\n", ""):
        mark = bot.mark()
        bot.write_network("one", broken)
        bot.wait_log(since=mark, level="error", msg=r"one\.conf")
        assert visitor.answered("Anna", CHANNEL)
    assert any("one.conf" in text for text in bot.ctl_json("status")["errors"])
    bot.write_network("one", network(server.port, "Anna"))
    wait_until(lambda: not bot.ctl_json("status")["errors"], 30, "the error is gone")
    assert not [m for m in visitor.history if m.nick == "Anna" and m.command in ("QUIT", "PART")]


def test_a_broken_file_at_the_start_stops_only_its_network(parts, server, visitor):
    bot = parts.bot({"one": network(server.port, "Anna"), "broken": "nick = ;\n"})
    visitor.wait_for("Anna", CHANNEL)
    bot.wait_log(level="error", msg=r"broken\.conf:1")


def test_mounted_by_symlinks(parts, server, visitor):
    """As Kubernetes mounts a ConfigMap: the files are links through ..data, which is swapped."""
    bot = parts.bot({}, start=False)

    def version(name, files):
        folder = bot.networks_dir / name
        folder.mkdir()
        for key, content in files.items():
            (folder / f"{key}.conf").write_text(settings_text(content))
        temporary = bot.networks_dir / "..data_tmp"
        temporary.symlink_to(name)
        os.rename(temporary, bot.networks_dir / "..data")

    version("..v1", {"one": network(server.port, "Anna")})
    bot.network_path("one").symlink_to("..data/one.conf")
    bot.start()
    visitor.wait_for("Anna", CHANNEL)
    visitor.join("#second")
    version("..v2", {"one": network(server.port, "Anna", [CHANNEL, "#second"])})
    visitor.wait_for("Anna", "#second")
    version("..v3", {"one": network(server.port, "Anna", ["#second"]), "two": network(server.port, "Bert")})
    bot.network_path("two").symlink_to("..data/two.conf")
    visitor.wait_for("Bert", CHANNEL)
    wait_until(lambda: "Anna" not in visitor.names(CHANNEL), 30, "the third version holds")


def test_the_folder_itself_is_replaced(parts, server, visitor):
    bot = parts.bot({"one": network(server.port, "Anna")})
    visitor.wait_for("Anna", CHANNEL)
    aside = bot.networks_dir.with_name("aside")
    bot.networks_dir.rename(aside)
    assert visitor.answered("Anna", CHANNEL), "a folder that is away is no order to leave"
    bot.networks_dir.mkdir()
    bot.write_network("one", network(server.port, "Anna"))
    bot.write_network("two", network(server.port, "Bert"))
    visitor.wait_for("Bert", CHANNEL)
    assert visitor.answered("Anna", CHANNEL)


def test_hangup_reads_all_again(parts, server, visitor):
    bot = parts.bot({"one": network(server.port, "Anna")}, settings={"log": {"level": "info", "format": "json"}})
    visitor.wait_for("Anna", CHANNEL)
    assert not bot.find_log(level="debug")
    bot.settings["log"]["level"] = "debug"
    bot.write_main()
    mark = bot.mark()
    bot.hangup()
    bot.wait_log(since=mark, event="conf.loaded")
    assert visitor.answered("Anna", CHANNEL)
    bot.cli("HSET", "seshet:module:echo", "description", "Something that is told at level debug.")
    bot.wait_log(since=mark, level="debug")
    bot.write_main("state_dir = ;\n")
    mark = bot.mark()
    bot.hangup()
    bot.wait_log(since=mark, level="error", msg=r"seshet\.conf:1")
    assert visitor.answered("Anna", CHANNEL)


def test_many_changes_in_a_row(parts, server, visitor):
    bot = parts.bot({"one": network(server.port, "Anna")})
    visitor.wait_for("Anna", CHANNEL)
    for i in range(40):
        bot.write_network("two", network(server.port, "Bert", [f"#c{i % 4}"]))
        if i % 5 == 0:
            bot.network_path("two").unlink()
    bot.write_network("two", network(server.port, "Bert", [CHANNEL]))
    visitor.wait_for("Bert", CHANNEL)
    assert visitor.answered("Bert", CHANNEL)


def test_secrets_never_reach_the_log(parts):
    server = parts.ngircd(password="server-secret")
    visitor = server.client("visitor").join(CHANNEL).join("#keyed")
    visitor.send("MODE #keyed +k key-secret")
    visitor.expect(lambda m: m.command == "MODE")
    bot = parts.bot({}, start=False)
    bot.write_network("one", network(
        server.port, "Anna", [CHANNEL, {"name": "#keyed", "key": "key-secret"}],
        server_password_file=bot.secret_file("password", "server-secret")))
    bot.start()
    visitor.wait_for("Anna", "#keyed")
    bot.hangup()
    bot.write_network("one", settings_text(network(
        server.port, "Anna", [CHANNEL, {"name": "#keyed", "key": "key-secret"}],
        server_password_file=bot.secret_file("password2", "server-secret2"))) + "broken = ;\n")
    bot.wait_log(level="error")
    assert visitor.answered("Anna", CHANNEL)
    bot.stop()
    for secret in ("key-secret", "server-secret"):
        assert not [line for line in bot.raw_log if secret in line]
