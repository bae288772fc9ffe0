"""One bot, two networks of different make, two identities."""

import pytest

from harness.process import free_port
from harness.seshetd import network

CHANNEL = "#seshet"
BOTS = {"alpha": "Anna", "beta": "Bert"}


@pytest.fixture
def both(parts):
    """Network -> visitor, with the bot in the channel."""
    servers = {"alpha": parts.ngircd(), "beta": parts.inspircd()}
    visitors = {name: server.client("visitor").join(CHANNEL) for name, server in servers.items()}
    both.bot = parts.bot({name: network(servers[name].port, BOTS[name]) for name in servers})
    for name, visitor in visitors.items():
        visitor.wait_for(BOTS[name], CHANNEL)
    return visitors


def each(both):
    return [(BOTS[name], visitor) for name, visitor in both.items()]


def test_each_identity_is_on_its_network(both):
    for bot, visitor in each(both):
        assert visitor.names(CHANNEL) == {bot, "visitor"}
        visitor.send(f"WHOIS {bot}")
        whois = visitor.expect(lambda m: m.command == "311")
        assert whois.params[1] == bot
        assert whois.params[2].lstrip("~") == "bot"
        assert whois.text == "A bot"


def test_core_commands(both):
    for bot, visitor in each(both):
        visitor.ask(bot, CHANNEL, "!ping", r"(?i)pong")
        visitor.ask(bot, CHANNEL, "!version", r"seshet.*\d+\.\d+")
        visitor.ask(bot, CHANNEL, "!uptime", r"\d")
        visitor.ask(bot, CHANNEL, "!status", r"2 of 2 networks online; registry ")
        listed = visitor.ask(bot, CHANNEL, "!list", r"dice").text
        assert "echo" in listed and "seen" in listed


def test_help_names_enabled_modules_with_a_line_each(both):
    for bot, visitor in each(both):
        text = " ".join(m.text for m in visitor.between(bot, CHANNEL, "!help"))
        for words in ("echo: ", "dice: Rolls dice.", "seen: ", "!roll", "!help"):
            assert words in text, text


def test_help_of_a_command_tells_its_usage(both):
    for bot, visitor in each(both):
        visitor.ask(bot, CHANNEL, "!help roll", r"!roll \[.*SIDES.*\]: .+")
        visitor.ask(bot, CHANNEL, "!help ping", r"!ping: .+")
        visitor.ask(bot, CHANNEL, "!help dice", r"dice .*Rolls dice")
        visitor.ask(bot, CHANNEL, "!help core", r"core: .*!ping")
        visitor.ask(bot, CHANNEL, "!help nosuchthing", r"no module or command .nosuchthing.")


def test_all_ways_to_call_a_command(both):
    for bot, visitor in each(both):
        for call in (
            "!echo {} two",
            f"{bot}: echo {{}}",
            f"{bot}, echo {{}}",
            f"{bot.upper()}: echo {{}}",
            f"{bot}: !echo {{}}",
            "!ECHO {}",
            "!echo   {}  ",
        ):
            assert visitor.answered(bot, CHANNEL, call), call
        for call in ("echo {}", "!echo {}"):
            assert visitor.answered(bot, None, call), call


def test_what_is_no_command_is_not_answered(both):
    for bot, visitor in each(both):
        for text in ("echo one", "?echo one", "! echo one", f"{bot} echo one", f"x{bot}: echo one",
                     "say !echo one", "!nosuchcommand one", "!", "", "!!echo one"):
            if text:
                assert visitor.between(bot, CHANNEL, text) == [], text
        for text in (" ", "\x01\x01"):
            assert visitor.between(bot, None, text) == [], text


def test_a_reply_in_a_channel_names_the_asker(both):
    for bot, visitor in each(both):
        assert visitor.ask(bot, CHANNEL, "!roll 6", r"\d").text.startswith("visitor: ")


def test_dice_stay_within_their_sides(both):
    for bot, visitor in each(both):
        for _ in range(10):
            text = visitor.ask(bot, CHANNEL, "!roll 100000", r"^visitor: \d+$").text
            assert 1 <= int(text.split()[-1]) <= 100000
            text = visitor.ask(bot, CHANNEL, "!roll 2d6+1", r"^visitor: \d \+ \d \+ 1 = \d+$").text
            first, second, total = (int(text.split()[i]) for i in (1, 3, 7))
            assert 1 <= first <= 6 and 1 <= second <= 6 and total == first + second + 1
        visitor.ask(bot, CHANNEL, "!roll 0d6", r"1 to 100 dice")
        visitor.ask(bot, CHANNEL, "!roll 999999999999999999999", r"sides")


def test_seen_remembers_on_each_network_alone(both):
    alpha, beta = both["alpha"], both["beta"]
    alpha.ask("Anna", CHANNEL, "!echo here", "here")
    assert "visitor" in alpha.ask("Anna", None, "!seen visitor", r"visitor").text
    alpha.send("NICK wanderer")
    alpha.expect(lambda m: m.command == "NICK")
    alpha.nick = "wanderer"
    alpha.ask("Anna", CHANNEL, "!echo again", "again")
    text = alpha.ask("Anna", CHANNEL, "!seen wanderer", r"wanderer").text
    other = beta.ask("Bert", CHANNEL, "!seen wanderer", r"wanderer").text
    assert text != other.replace("visitor: ", "wanderer: "), (text, other)


def test_notices_and_own_identities_are_never_answered(both):
    for bot, visitor in each(both):
        visitor.send(f"NOTICE {CHANNEL} :!echo one")
        visitor.send(f"NOTICE {bot} :!echo one")
        assert visitor.between(bot, CHANNEL, "hello") == []
        assert not [m for m in visitor.history if m.nick == bot and "one" in m.text]


def test_ctcp_version_and_ping_are_answered_by_notice(both):
    for bot, visitor in each(both):
        visitor.say(bot, "\x01PING 12345\x01")
        visitor.expect(lambda m: m.command == "NOTICE" and m.nick == bot and "PING 12345" in m.text)
        visitor.say(bot, "\x01VERSION\x01")
        visitor.expect(lambda m: m.command == "NOTICE" and m.nick == bot and "seshet" in m.text)


def test_other_command_prefix_of_a_network(parts):
    server = parts.ngircd()
    visitor = server.client("visitor").join(CHANNEL)
    parts.bot({"alpha": network(server.port, "Anna", command_prefix="%")})
    visitor.wait_for("Anna", CHANNEL)
    visitor.ask("Anna", CHANNEL, "%ping", r"(?i)pong")
    visitor.ask("Anna", CHANNEL, "%echo one", r"one")
    visitor.say(CHANNEL, "!echo two")
    assert "three" in visitor.ask("Anna", CHANNEL, "%echo three", r"two|three").text
    visitor.ask("Anna", CHANNEL, "%help ping", "%ping")


def test_ipv6(parts):
    server = parts.ngircd(listen="127.0.0.1,::1")
    visitor = server.client("visitor").join(CHANNEL)
    parts.bot({"six": network(server.port, "Sixten", server={"host": "::1"})})
    visitor.wait_for("Sixten", CHANNEL)
    visitor.ask("Sixten", CHANNEL, "!echo one", "one")


def test_a_name_is_resolved(parts):
    server = parts.ngircd()
    visitor = server.client("visitor").join(CHANNEL)
    parts.bot({"named": network(server.port, "Nina", server={"host": "localhost"})})
    visitor.wait_for("Nina", CHANNEL)


def test_channel_key_and_several_channels(parts):
    server = parts.ngircd()
    visitor = server.client("visitor").join("#open").join("#closed")
    visitor.send("MODE #closed +k secret")
    visitor.expect(lambda m: m.command == "MODE")
    parts.bot({"a": network(server.port, "Keyes", ["#open", {"name": "#closed", "key": "secret"}])})
    visitor.wait_for("Keyes", "#open").wait_for("Keyes", "#closed")


def test_the_next_server_is_tried(parts):
    server = parts.ngircd()
    visitor = server.client("visitor").join(CHANNEL)
    settings = network(server.port, "Noah")
    settings["servers"].insert(0, {"host": "127.0.0.1", "port": free_port(), "tls": False})
    parts.bot({"a": settings})
    visitor.wait_for("Noah", CHANNEL, timeout=40)
