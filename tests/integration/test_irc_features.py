"""What an IRC connection must be able to do, against real servers and scripted ones."""

import base64
import ssl
import time

import pytest

import sources
from harness.irc import unique
from harness.process import wait_until
from harness.seshetd import network

CHANNEL = "#seshet"


@pytest.fixture
def fake(parts):
    return parts.fake()


# ---- Nick -----------------------------------------------------------------------------------------


def test_nick_in_use_then_free(parts, server, visitor):
    taken = server.client("Anna").join(CHANNEL)
    second = server.client("Anne").join(CHANNEL)
    parts.bot({"one": network(server.port, "Anna", alternate_nicks=["Anne", "Anni"])})
    visitor.wait_for("Anni", CHANNEL)
    visitor.ask("Anni", CHANNEL, "Anni: ping", "pong")
    second.send("QUIT")
    taken.send("QUIT")
    visitor.expect(lambda m: m.command == "NICK" and m.nick == "Anni" and m.text == "Anna", timeout=70)
    visitor.ask("Anna", CHANNEL, "Anna: echo back", "back")


def test_nick_without_alternates(parts, server, visitor):
    server.client("Anna")
    parts.bot({"one": network(server.port, "Anna")})
    joined = visitor.expect(lambda m: m.command == "JOIN" and m.nick.startswith("Anna"))
    assert joined.nick != "Anna"
    assert visitor.answered(joined.nick, CHANNEL)


def test_nick_changed_by_the_server(parts):
    server = parts.inspircd()
    visitor = server.client("visitor").join(CHANNEL)
    oper = server.operator()
    parts.bot({"one": network(server.port, "Anna")})
    visitor.wait_for("Anna", CHANNEL)
    oper.send("SANICK Anna Renamed")
    visitor.expect(lambda m: m.command == "NICK" and m.nick == "Anna")
    # It answers to whichever name it has, and goes back to the wanted one.
    visitor.wait_for("Anna", CHANNEL, timeout=80)
    assert visitor.answered("Anna", CHANNEL, "Anna: echo {}")


# ---- Channels -------------------------------------------------------------------------------------


def test_rejoins_after_a_kick(parts, server, visitor):
    parts.bot({"one": network(server.port, "Anna")})
    visitor.wait_for("Anna", CHANNEL)
    begun = time.monotonic()
    visitor.send(f"KICK {CHANNEL} Anna :out")
    visitor.expect(lambda m: m.command == "KICK")
    visitor.expect(lambda m: m.command == "JOIN" and m.nick == "Anna", timeout=60)
    assert time.monotonic() - begun > 0.5, "not at once: a kick war helps nobody"
    assert visitor.answered("Anna", CHANNEL)


def test_banned_from_a_channel(parts, server, visitor):
    """Goes on elsewhere, and does not hammer."""
    visitor.join("#other")
    visitor.send(f"MODE {CHANNEL} +b Anna!*@*")
    visitor.expect(lambda m: m.command == "MODE")
    bot = parts.bot({"one": network(server.port, "Anna", [CHANNEL, "#other"])})
    visitor.wait_for("Anna", "#other")
    bot.wait_log(network="one", msg=CHANNEL)
    assert "Anna" not in visitor.names(CHANNEL)
    assert visitor.answered("Anna", "#other")


# ---- Coming back ----------------------------------------------------------------------------------


def test_reconnects_when_the_server_restarts(parts, server, visitor):
    other = parts.ngircd(name="other.example.test")
    calm = other.client("visitor").join(CHANNEL)
    parts.bot({"one": network(server.port, "Anna"), "two": network(other.port, "Bert")})
    visitor.wait_for("Anna", CHANNEL)
    calm.wait_for("Bert", CHANNEL)
    server.kill()
    assert calm.answered("Bert", CHANNEL)
    server.restart()
    again = server.client("visitor").join(CHANNEL)
    again.wait_for("Anna", CHANNEL, timeout=60)
    assert again.answered("Anna", CHANNEL)
    assert not [m for m in calm.history if m.nick == "Bert" and m.command in ("QUIT", "PART")]


def test_server_password(parts):
    server = parts.ngircd(password="open-sesame")
    visitor = server.client("visitor").join(CHANNEL)
    bot = parts.bot({}, start=False)
    bot.write_network("one", network(
        server.port, "Anna", server_password_file=bot.secret_file("password", "open-sesame")))
    bot.start()
    visitor.wait_for("Anna", CHANNEL)
    assert not any("open-sesame" in line for line in bot.raw_log)


def test_wrong_server_password_gives_up_and_says_so(parts, fake):
    bot = parts.bot({}, start=False)
    bot.write_network("one", network(
        fake.port, "Anna", server_password_file=bot.secret_file("password", "wrong-sesame")))
    bot.start()
    connection = fake.accept()
    assert connection.expect_command("PASS").text == "wrong-sesame"
    connection.reply("464", "Password incorrect")
    connection.send("ERROR :Closing Link: (Password incorrect)")
    connection.close()
    bot.wait_log(network="one", msg="(?i)password")
    fake.nobody_comes(6)
    assert not any("wrong-sesame" in line for line in bot.raw_log)
    [state] = bot.ctl_json("status")["networks"]
    assert state["state"] == "stopped", state


def test_wrong_password_of_a_real_server(parts):
    server = parts.ngircd(password="open-sesame")
    bot = parts.bot({"one": network(server.port, "Anna")})
    bot.wait_log(network="one", level="warn|error", msg="(?i)password")
    wait_until(lambda: bot.ctl_json("status")["networks"][0]["state"] == "stopped", 30, "it gives up")


def test_wrong_password_of_inspircd(parts):
    """It refuses with "Access denied by configuration" alone."""
    server = parts.inspircd(password="open-sesame")
    bot = parts.bot({}, start=False)
    bot.write_network("one", network(
        server.port, "Anna", server_password_file=bot.secret_file("password", "wrong-sesame")))
    bot.start()
    bot.wait_log(network="one", level="error", event="irc.gave_up", msg="server_password_file")
    assert bot.ctl_json("status")["networks"][0]["state"] == "stopped"


def test_no_password_for_inspircd(parts):
    """The same words may mean that it has no room now: tried again, and the log has a hint."""
    server = parts.inspircd(password="open-sesame")
    bot = parts.bot({"one": network(server.port, "Anna")})
    bot.wait_log(network="one", level="warn", event="irc.waiting", msg="server_password_file")


@pytest.mark.parametrize("kind", ["ngircd", "inspircd"])
def test_killed_by_an_operator_comes_back(parts, kind):
    server = getattr(parts, kind)()
    visitor = server.client("visitor").join(CHANNEL)
    bot = parts.bot({"one": network(server.port, "Anna")})
    visitor.wait_for("Anna", CHANNEL)
    mark = bot.mark()
    server.operator().send("KILL Anna :you are banned, akill, k-line")
    bot.wait_log(since=mark, network="one", event="irc.waiting", msg="banned")
    visitor.expect(lambda m: m.command == "JOIN" and m.nick == "Anna", timeout=30)


def test_banned_from_the_server_gives_up_and_says_so(parts, fake):
    bot = parts.bot({"one": network(fake.port, "Anna")})
    connection = fake.accept().expect_registration()
    connection.reply("465", "You are banned from this server: go away")
    connection.send("ERROR :Closing Link: K-Lined")
    connection.close()
    bot.wait_log(network="one", msg="(?i)banned")
    fake.nobody_comes(6)


def test_gave_up_and_a_changed_file_tries_again(parts, fake):
    bot = parts.bot({"one": network(fake.port, "Anna")})
    connection = fake.accept().expect_registration()
    connection.reply("465", "You are banned from this server")
    connection.send("ERROR :Closing Link: K-Lined")
    connection.close()
    bot.wait_log(network="one", msg="(?i)banned")
    reason = lambda: bot.ctl_json("network", "show", "one")["network"]["reason"]
    assert reason().startswith("Banned")
    bot.write_network("one", network(fake.port, "Anna", username="other"))
    fake.accept().register()
    wait_until(lambda: reason() == "", 10, "what is over is not told any more")


def test_off_and_on_before_the_server_has_closed(parts, fake):
    bot = parts.bot({"one": network(fake.port, "Anna")})
    connection = fake.accept().register()
    connection.accept_join(CHANNEL)
    bot.write_network("one", network(fake.port, "Anna", connect=False))
    connection.expect_command("QUIT")
    mark = bot.mark()
    bot.write_network("one", network(fake.port, "Anna"))
    bot.wait_log(since=mark, event="conf.loaded")
    connection.close()
    fake.accept().register()


# ---- Capabilities and SASL ------------------------------------------------------------------------


def sasl_bot(parts, fake, mechanism="PLAIN", server=None, **sasl):
    bot = parts.bot({}, start=False)
    if mechanism == "PLAIN":
        sasl = {"account": "anna", "password_file": bot.secret_file("sasl", "s3cret-of-sasl"), **sasl}
    bot.write_network("one", network(
        fake.port, "Anna", server=server or {}, sasl={"mechanism": mechanism, **sasl}))
    return bot.start()


def begin_caps(connection, *lists):
    """Answers CAP LS with these lists, one a line; gives what the bot asks for."""
    message = connection.expect_command("CAP")
    assert message.params[:2] == ["LS", "302"], message
    *first, last = lists
    for caps in first:
        connection.send(f":{connection.server} CAP * LS * :{caps}")
    connection.send(f":{connection.server} CAP * LS :{last}")
    request = connection.expect(lambda m: m.command == "CAP" and m.params[0] == "REQ")
    return request.text.split()


def acknowledge(connection, wanted):
    connection.send(f":{connection.server} CAP * ACK :{' '.join(wanted)}")


def test_sasl_plain(parts, fake):
    bot = sasl_bot(parts, fake)
    connection = fake.accept()
    wanted = begin_caps(connection, "multi-prefix away-notify unknown/thing=1,2", "sasl=PLAIN,EXTERNAL server-time")
    assert {"sasl", "multi-prefix", "server-time"} <= set(wanted)
    assert "unknown/thing" not in wanted
    acknowledge(connection, wanted)
    assert connection.expect_command("AUTHENTICATE").text == "PLAIN"
    connection.send("AUTHENTICATE +")
    answer = base64.b64decode(connection.expect_command("AUTHENTICATE").text)
    assert answer.split(b"\0")[1:] == [b"anna", b"s3cret-of-sasl"]
    connection.nick = "Anna"
    connection.reply("900", "Anna!u@h", "anna", "You are now logged in as anna")
    connection.reply("903", "SASL authentication successful")
    connection.expect(lambda m: m.command == "CAP" and m.params == ["END"])
    connection.welcome()
    connection.accept_join(CHANNEL)
    encoded = base64.b64encode(answer).decode()
    assert not any("s3cret-of-sasl" in line or encoded in line for line in bot.raw_log)


def test_sasl_wrong_password_gives_up_and_says_so(parts, fake):
    bot = sasl_bot(parts, fake)
    connection = fake.accept()
    acknowledge(connection, begin_caps(connection, "sasl"))
    connection.expect_command("AUTHENTICATE")
    connection.send("AUTHENTICATE +")
    connection.expect_command("AUTHENTICATE")
    connection.reply("904", "SASL authentication failed")
    bot.wait_log(network="one", level="warn|error", msg="(?i)sasl")
    connection.wait_closed()
    fake.nobody_comes(6)


def test_sasl_is_not_offered(parts, fake):
    """Does not go on without its account; tries again later: services may be away."""
    bot = sasl_bot(parts, fake)
    connection = fake.accept()
    acknowledge(connection, begin_caps(connection, "multi-prefix"))
    bot.wait_log(network="one", event="irc", level="warn|error", msg="(?i)sasl")
    connection.wait_closed()
    assert not [m for m in connection.history if m.command == "AUTHENTICATE"]
    fake.accept(timeout=30)


def test_sasl_external(parts, certs):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*map(str, certs.good))
    context.load_verify_locations(str(certs.client[0]))
    context.verify_mode = ssl.CERT_REQUIRED
    fake = parts.fake(tls_context=context)
    sasl_bot(parts, fake, "EXTERNAL",
             server={"host": "localhost", "tls": True, "ca_file": str(certs.ca)},
             cert_file=str(certs.client[0]), key_file=str(certs.client[1]))
    connection = fake.accept()
    assert connection.sock.getpeercert()["subject"] == ((("commonName", "bot"),),)
    acknowledge(connection, begin_caps(connection, "sasl=EXTERNAL"))
    assert connection.expect_command("AUTHENTICATE").text == "EXTERNAL"
    connection.send("AUTHENTICATE +")
    assert connection.expect_command("AUTHENTICATE").text == "+"
    connection.nick = "Anna"
    connection.reply("903", "SASL authentication successful")
    connection.expect(lambda m: m.command == "CAP" and m.params == ["END"])
    connection.welcome().accept_join(CHANNEL)


def test_a_refused_request_is_made_one_by_one(parts, fake):
    parts.bot({"one": network(fake.port, "Anna")})
    connection = fake.accept()
    wanted = begin_caps(connection, "multi-prefix server-time chghost")
    connection.send(f":{connection.server} CAP * NAK :{' '.join(wanted)}")
    asked = set()
    while asked != set(wanted):
        request = connection.expect(lambda m: m.command == "CAP" and m.params[0] == "REQ")
        assert len(request.text.split()) == 1
        asked.add(request.text)
        answer = "NAK" if request.text == "chghost" else "ACK"
        connection.send(f":{connection.server} CAP * {answer} :{request.text}")
    connection.expect(lambda m: m.command == "CAP" and m.params == ["END"])
    connection.nick = "Anna"
    connection.welcome().accept_join(CHANNEL)


def test_capabilities_come_and_go(parts, fake):
    parts.bot({"one": network(fake.port, "Anna")})
    connection = fake.accept().register("cap-notify multi-prefix")
    connection.accept_join(CHANNEL, ["visitor"])
    connection.send(f":{connection.server} CAP Anna NEW :away-notify account-notify nosuch")
    request = connection.expect(lambda m: m.command == "CAP" and m.params[0] == "REQ")
    assert set(request.text.split()) == {"away-notify", "account-notify"}
    acknowledge(connection, request.text.split())
    connection.send(f":{connection.server} CAP Anna DEL :away-notify multi-prefix")
    connection.says("visitor", CHANNEL, "!echo still here")
    connection.expect_say(CHANNEL, "still here")


def test_server_without_cap(parts, fake):
    parts.bot({"one": network(fake.port, "Anna")})
    connection = fake.accept()
    connection.expect_command("CAP")
    connection.reply("421", "CAP", "Unknown command")
    connection.expect_command("USER")
    connection.nick = "Anna"
    connection.welcome().accept_join(CHANNEL)


def test_ping_during_registration(parts, fake):
    """Some servers want an answer before they say 001."""
    parts.bot({"one": network(fake.port, "Anna")})
    connection = fake.accept().expect_registration()
    connection.send("PING :cookie-4711")
    connection.expect(lambda m: m.command == "PONG" and m.text == "cookie-4711")
    connection.welcome().accept_join(CHANNEL)


def test_user_modes(parts, fake):
    parts.bot({"one": network(fake.port, "Anna", user_modes="+B-x")})
    connection = fake.accept().register()
    mode = connection.expect_command("MODE")
    assert mode.params[0] == "Anna" and mode.params[1].lstrip(":") in ("+B-x",)


def test_statusmsg_and_prefixes(parts, fake):
    """A command said to the operators of a channel is answered to them, never to the channel."""
    parts.bot({"one": network(fake.port, "Anna")})
    connection = fake.accept().register()
    connection.send(f":{connection.server} 005 Anna STATUSMSG=@+ :are supported by this server")
    connection.accept_join(CHANNEL, ["@visitor"])
    for command, answer in (("!echo ops only", "ops only"), ("!ping", "visitor: pong")):
        connection.says("visitor", f"@{CHANNEL}", command)
        said = connection.expect(lambda m: m.command == "PRIVMSG" and answer in m.text)
        assert said.target == f"@{CHANNEL}"
    connection.says("visitor", CHANNEL, "!echo for all")
    assert connection.expect_say(CHANNEL, "for all")


# ---- Talking --------------------------------------------------------------------------------------


@pytest.fixture
def probe(parts, server, visitor):
    bot = parts.bot({"one": network(server.port, "Anna")}, start=False)
    parts.module(bot, "probe", sources.PROBE)
    bot.start()
    visitor.wait_for("Anna", CHANNEL)
    wait_until(lambda: visitor.between("Anna", CHANNEL, "!many 1"), 30, "the module is there")
    return bot


def test_long_texts_split_at_words(probe, visitor):
    lines = visitor.between("Anna", CHANNEL, "!words 400")
    assert len(lines) > 5
    words = []
    for message in lines:
        raw = message.line.encode("utf-8", "surrogateescape")
        assert len(raw) <= 510, len(raw)
        raw.decode()
        words += message.text.split(" ")
    assert words == [f"é{i:05d}" for i in range(400)]
    assert max(len(m.line.encode()) for m in lines[:-1]) > 490, "the lines are used"


def test_one_long_word_splits_at_characters(probe, visitor):
    lines = visitor.between("Anna", CHANNEL, "!word 1200")
    for message in lines:
        raw = message.line.encode("utf-8", "surrogateescape")
        assert len(raw) <= 510
        raw.decode()
    assert "".join(m.text for m in lines) == "é" * 1200


def test_long_texts_with_a_long_source(parts):
    """The host that others see before our words takes its part of the line."""
    fake = parts.fake()
    bot = parts.bot({"one": network(fake.port, "Anna")}, start=False)
    parts.module(bot, "probe", sources.PROBE)
    bot.start()
    connection = fake.accept().expect_registration()
    connection.welcome()
    connection.own_source = "Anna!~bot@" + "very.long.host." * 4 + "test"
    connection.accept_join(CHANNEL, ["visitor"])
    deadline = time.monotonic() + 15
    while True:
        connection.says("visitor", CHANNEL, "!words 200")
        try:
            first = connection.expect_say(CHANNEL, "é00000", timeout=1)
            break
        except AssertionError:
            assert time.monotonic() < deadline
    texts = [first] + connection.collect(lambda m: "é00199" in m.text)
    for message in texts:
        seen_by_others = f":{connection.own_source} {message.line}".encode()
        assert len(seen_by_others) <= 510, len(seen_by_others)


def test_without_pacing_nothing_waits(probe, visitor):
    begun = time.monotonic()
    lines = visitor.between("Anna", CHANNEL, "!many 20")
    assert [m.text for m in lines] == [f"line {i}" for i in range(20)]
    assert time.monotonic() - begun < 10


def test_pacing(parts, server, visitor):
    bot = parts.bot({"one": network(server.port, "Anna", pacing={"burst": 3, "interval_ms": 400})},
                    start=False)
    parts.module(bot, "probe", sources.PROBE)
    bot.start()
    visitor.wait_for("Anna", CHANNEL)

    def in_time():
        """A busy machine may be late, also again and again; what is too early never is."""
        times = []
        visitor.quiet(lambda m: m.nick == "Anna" and m.command == "PRIVMSG", 3)  # the burst is whole again
        begun = time.monotonic()
        visitor.say(CHANNEL, "!many 8")
        for i in range(8):
            visitor.expect_say("Anna", f"^line {i}$")
            times.append(time.monotonic() - begun)
        assert times[7] > 5 * 0.4 * 0.8, times
        return times[2] < 0.35 and times[7] < 5 * 0.4 * 1.6

    wait_until(in_time, 60, "a burst of three, then the others")


def test_a_reply_to_a_notice_never_leaves(probe, visitor):
    start = len(visitor.history)
    visitor.send(f"NOTICE Anna :{unique('hello')}")
    visitor.send(f"NOTICE {CHANNEL} :{unique('hello')}")
    assert visitor.between("Anna", CHANNEL, "hello") == []
    assert not [m for m in visitor.history[start:] if "hello" in m.text]


def test_own_identities_are_no_askers(parts, server, visitor):
    """Two identities of one server in one channel: neither is started by the other."""
    bait = sources.PROBE.replace('"line %d", i', '"!echo bait %d", i')
    bot = parts.bot({"one": network(server.port, "Anna"), "two": network(server.port, "Bert")},
                    start=False)
    parts.module(bot, "probe", bait)
    bot.start()
    visitor.wait_for("Anna", CHANNEL).wait_for("Bert", CHANNEL)
    bot.cli("HSET", "seshet:network:two:module:probe", "enabled", "no")
    wait_until(
        lambda: visitor.between("Anna", CHANNEL, "!many 1") and not visitor.between("Bert", CHANNEL, "!many 1"),
        30, "only Anna baits")
    said = visitor.between("Bert", CHANNEL, "!many 3")
    assert not [m for m in said if "bait" in m.text], said


def test_the_same_reply_is_not_given_for_ever(parts, server, visitor):
    parts.bot({"one": network(server.port, "Anna")})
    visitor.wait_for("Anna", CHANNEL)
    for _ in range(9):
        visitor.say(CHANNEL, "!echo the same")
    visitor.fence("Anna", CHANNEL)
    said = [m for m in visitor.history if m.nick == "Anna" and "the same" in m.text]
    assert 1 <= len(said) <= 6, len(said)
