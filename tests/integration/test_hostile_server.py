"""Servers that flood, send rubbish, or stop answering; texts that try to be more than text."""

import random
import re
import signal
import socket
import time

import pytest

import sources
from harness.fake_server import DeafConnection
from harness.irc import unique
from harness.process import Deadline, wait_until
from harness.seshetd import network

CHANNEL = "#seshet"


@pytest.fixture
def fake(parts):
    return parts.fake()


def online(parts, fake, bundled=("echo", "dice", "seen"), **settings):
    """The bot on the fake server, in the channel, with a witness in it."""
    bot = parts.bot({"fake": network(fake.port, "Anna", **settings)}, bundled=bundled)
    connection = fake.accept().register()
    connection.accept_join(CHANNEL, ["witness", "visitor"])
    answered(connection)
    return bot, connection


def answered(connection, timeout=60):
    mark = unique("alive")
    connection.says("visitor", CHANNEL, f"!echo {mark}")
    return connection.expect_say(CHANNEL, mark, timeout)


def answers(connection):
    try:
        return answered(connection, timeout=2)
    except AssertionError:
        return False


def pump(connection, data, timeout=30):
    """Sends much, and reads meanwhile: the bot's answers must not stop it."""
    deadline = Deadline(timeout)
    view = memoryview(data)
    while view:
        assert not deadline.passed(), "the bot does not read"
        connection.sock.setblocking(False)
        try:
            view = view[connection.sock.send(view[:65536]) :]
        except BlockingIOError:
            pass
        connection._receive(0 if len(view) % 7 else 0.001)


def test_a_flood_of_talk(parts, fake):
    server = parts.ngircd()
    visitor = server.client("visitor").join(CHANNEL)
    bot, connection = online(parts, fake)
    bot.write_network("calm", network(server.port, "Bert"))
    visitor.wait_for("Bert", CHANNEL)
    line = f":visitor!~v@host.example.test PRIVMSG {CHANNEL} :just talking, no command at all\r\n"
    times = []
    for _ in range(10):
        pump(connection, line.encode() * 20000)
        begun = time.monotonic()
        assert visitor.answered("Bert", CHANNEL)
        times.append(time.monotonic() - begun)
    assert sorted(times)[5] < 3, f"the other network waits: {times}"
    # What the modules could not take was dropped, and that is told; then all is as before.
    wait_until(lambda: answers(connection), 60, "the flooded network answers")


def test_a_flood_of_commands_with_pacing(parts, fake):
    """What cannot be sent in time is dropped and counted; PONG goes first; nothing grows."""
    bot, connection = online(parts, fake, pacing={"burst": 5, "interval_ms": 500})
    line = ":visitor!~v@host.example.test PRIVMSG " + CHANNEL + " :!echo flood {}\r\n"
    pump(connection, "".join(line.format(i) for i in range(5000)).encode())
    connection.send("PING :are-you-there")
    connection.expect(lambda m: m.command == "PONG" and m.text == "are-you-there")
    assert bot.process.running()


def test_long_lines(parts, fake):
    _, connection = online(parts, fake)
    pump(connection, b"x" * 100_000 + b"\r\n")
    answered(connection)
    pump(connection, b":visitor!v@h PRIVMSG " + CHANNEL.encode() + b" :" + b"y" * 100_000 + b"\r\n")
    answered(connection)
    pump(connection, b"@" + b"t" * 100_000 + b" PING :x\r\n")
    answered(connection)
    pump(connection, b"@a=b;" * 3000 + b" :visitor!v@h PRIVMSG " + CHANNEL.encode() + b" :hi\r\n")
    answered(connection)
    pump(connection, b"z" * 5_000_000 + b"\r\n")
    answered(connection)


def test_a_long_command_is_cut_and_harms_nothing(parts, fake):
    _, connection = online(parts, fake)
    connection.says("visitor", CHANNEL, "!echo " + "w" * 3000)
    message = connection.expect_say(CHANNEL, "w" * 100)
    assert len(message.line.encode()) <= 510
    answered(connection)


def test_nul_and_lone_carriage_returns(parts, fake):
    _, connection = online(parts, fake)
    source = b":visitor!~v@host.example.test PRIVMSG " + CHANNEL.encode() + b" :"
    for text in (b"!echo a\rQUIT :injected", b"!echo a\0QUIT :injected", b"!echo a\n\rQUIT",
                 b"!echo \r", b"!echo \0", b"!e\0cho a", b"!echo a\r\r\r"):
        connection.send_bytes(source + text + b"\r\n")
    start = len(connection.history)
    answered(connection)
    for message in connection.history[start - 1 :]:
        assert message.command in ("PRIVMSG", "PONG", "PING"), message
        assert "\r" not in message.line and "\0" not in message.line, message
    assert not [m for m in connection.history if m.command in ("QUIT", "JOIN") and "injected" in m.line]


def test_a_module_cannot_say_more_than_one_line(parts, fake):
    bot, connection = online(parts, fake)
    parts.module(bot, "probe", sources.PROBE)
    bot.wait_log(module="probe")
    for call, wanted in (("lines", "^first"), ("target", "^target done")):
        def said(call=call, wanted=wanted):
            connection.says("visitor", CHANNEL, f"!{call}")
            try:
                return connection.expect_say(CHANNEL, wanted, timeout=1)
            except AssertionError:
                return False

        wait_until(said, 30, f"!{call} is answered")
    answered(connection)
    for message in connection.history:
        assert message.command not in ("QUIT", "JOIN") or "injected" not in message.line, message
        assert "\r" not in message.line


def test_invalid_utf8_passes_as_bytes(parts, fake):
    _, connection = online(parts, fake)
    for data in (b"caf\xe9 latin", b"\xff\xfe\xfd", b"cut \xc3", b"\xed\xa0\x80 surrogate", "süß ☺".encode()):
        connection.send_bytes(
            b":visitor!~v@h PRIVMSG " + CHANNEL.encode() + b" :!echo " + data + b" end\r\n"
        )
        message = connection.expect_say(CHANNEL, "end$")
        assert data + b" end" in message.line.encode("utf-8", "surrogateescape"), message


RUBBISH = [
    ":", ": ", ":x", ":x ", "@", "@ ", "@x", "@x ", "@;;;= :x PING", " ", "   PING", ":a b", "1", "001",
    ":fake 001", ":fake 005", ":fake 005 Anna", ":fake 005 Anna =", ":fake 005 Anna PREFIX= :x",
    ":fake 005 Anna PREFIX=(ov :x", ":fake 005 Anna PREFIX=(ov)@ :x", ":fake 005 Anna CHANMODES=,,,,,,, :x",
    ":fake 005 Anna NICKLEN=99999999999999999999 LINELEN=1 MODES=-5 CHANTYPES= :x",
    ":fake 005 Anna CASEMAPPING=klingon TARGMAX=:::,,, STATUSMSG=@@@@ :x",
    ":fake 005 Anna LINELEN=512 PREFIX=(ov)@+ CHANTYPES=# CASEMAPPING=rfc1459 NICKLEN=30 :are",
    ":fake 353", ":fake 353 Anna", ":fake 353 Anna = #nowhere :@a +b c", ":fake 353 Anna = #seshet :@@@+++ , : !",
    ":fake 352 Anna", ":fake 354 Anna 1 2 3", ":fake 366", ":fake 332 Anna #nowhere :x", ":fake 324 Anna #seshet +",
    ":fake 433", ":fake 433 Anna", ":fake 433 Anna Anna :in use", ":fake 437 Anna", ":fake 900", ":fake 730 Anna",
    ":visitor!v@h JOIN", ":visitor!v@h JOIN :", ":visitor!v@h PART #nowhere", ":visitor!v@h KICK #seshet",
    ":visitor!v@h KICK #seshet nobody :x", ":nobody!v@h QUIT", ":nobody!v@h NICK", ":nobody!v@h NICK :",
    ":visitor!v@h MODE #seshet", ":visitor!v@h MODE #seshet +ooooooooo", ":visitor!v@h MODE #seshet +k-l+zZ-",
    ":visitor!v@h MODE Anna :+i", ":visitor!v@h TOPIC #seshet", ":visitor!v@h TOPIC", ":visitor!v@h CHGHOST a",
    ":visitor!v@h ACCOUNT", ":visitor!v@h SETNAME", ":visitor!v@h INVITE", ":visitor!v@h AWAY",
    ":visitor!v@h PRIVMSG", ":visitor!v@h PRIVMSG #seshet", ":visitor!v@h PRIVMSG #seshet :",
    ":visitor!v@h PRIVMSG Anna :\x01", ":visitor!v@h PRIVMSG Anna :\x01\x01", ":visitor!v@h PRIVMSG Anna :\x01 ",
    ":visitor!v@h PRIVMSG Anna :\x01ACTION", ":!@ PRIVMSG #seshet :x", ":!@ JOIN #seshet", "PRIVMSG #seshet :!echo none",
    ":fake BATCH", ":fake BATCH +", ":fake BATCH +x netjoin a b", ":fake BATCH -y", "@batch=nosuch :v!v@h JOIN #seshet",
    ":fake CAP", ":fake CAP *", ":fake CAP * LS", ":fake CAP * LS *", ":fake CAP * NEW", ":fake CAP * DEL :sasl",
    ":fake CAP * ACK :nosuch", ":fake CAP * NAK :nosuch", ":fake CAP * FOO :x", "AUTHENTICATE", "AUTHENTICATE +",
    "AUTHENTICATE " + "A" * 400, "PONG", "PONG :", "PONG :nonsense", "NOTICE", "NOTICE Anna",
    "@time=nonsense :visitor!v@h PRIVMSG #seshet :x", "@account= :visitor!v@h PRIVMSG #seshet :x",
]


def test_lines_that_are_not_as_they_should_be(parts, fake):
    _, connection = online(parts, fake)
    for line in RUBBISH:
        connection.send(line)
    connection.joined(CHANNEL, ["visitor", "witness"])
    answered(connection)


@pytest.mark.parametrize("seed", range(3))
def test_random_bytes(parts, fake, seed):
    """Whatever comes, the server stays up; should the bot leave, it comes back."""
    bot, connection = online(parts, fake)
    rng = random.Random(seed)
    words = [b"PRIVMSG", b"JOIN", b"MODE", b"353", b"005", b"CAP", b"NICK", b":", b"@", b"#seshet",
             b"Anna", b"visitor!v@h", b" ", b"\r", b"\n", b"\r\n", b"\0", b"+o", b"\x01", b";", b"="]
    data = b"".join(
        rng.choice(words) if rng.random() < 0.8 else bytes([rng.randrange(256)]) for _ in range(60000)
    )
    # Its own nick may have changed by what it was told, so no answer is expected; only life.
    pump(connection, data + b"\r\n")
    connection.close()
    again = fake.accept(timeout=60).register()
    again.accept_join(CHANNEL, ["visitor"])
    answered(again)
    bot.no_reports()


def test_many_members_and_channels_it_never_joined(parts, fake):
    _, connection = online(parts, fake, bundled=["echo"])  # none that stores what it sees
    names = " ".join(f"member{i}" for i in range(30))
    lines = [f":fake 353 Anna = {CHANNEL} :{names.replace('member', f'm{i}x')}" for i in range(500)]
    lines += [f":m{i}x1!u@h JOIN #channel{i}" for i in range(500)]
    lines += [f":m{i}x1!u@h NICK n{i}" for i in range(500)]
    pump(connection, "".join(line + "\r\n" for line in lines).encode())
    answered(connection)


def test_all_nicks_in_use_does_not_spin(parts, fake):
    bot = parts.bot({"fake": network(fake.port, "Anna", alternate_nicks=["Anne", "Anni"])})
    connection = fake.accept()
    tried = []
    deadline, patience = Deadline(4), Deadline(30)
    while not (deadline.passed() and len(tried) >= 3 or patience.passed()) and not connection.closed:
        try:
            message = connection.expect(lambda m: True, timeout=0.5)
        except AssertionError:
            continue
        if message.command == "NICK":
            tried.append(message.params[0])
            connection.send(f":fake 433 * {message.params[0]} :Nickname is already in use.")
        elif message.command == "CAP":
            connection.answer_cap(message)
    assert tried[:3] == ["Anna", "Anne", "Anni"]
    assert len(tried) < 60, tried
    assert bot.process.running()


def test_a_server_that_always_hangs_up_is_not_hammered(parts, fake):
    parts.bot({"fake": network(fake.port, "Anna")})
    count = 0
    deadline = Deadline(8)
    while not deadline.passed():
        try:
            fake.accept(timeout=deadline.left() + 0.01).close()
            count += 1
        except AssertionError:
            break
    assert count <= 6, f"{count} attempts in 8 s"
    if count < 2:
        fake.accept()


def test_a_server_without_tls_answer_is_left(parts, fake):
    """Accepts, and never says a word of TLS."""
    bot = parts.bot({"mute": network(fake.port, "Anna", server={"tls": True})})
    connection = fake.accept()
    bot.wait_log(timeout=40, network="mute", msg="(?i)tls|handshake|time|answer")
    connection.wait_closed(timeout=40)
    fake.accept(timeout=40)


def test_a_frozen_server_holds_up_nobody(parts):
    frozen, alive = parts.ngircd(name="frozen.example.test"), parts.ngircd(name="alive.example.test")
    visitor = alive.client("visitor").join(CHANNEL)
    other = frozen.client("visitor").join(CHANNEL)
    bot = parts.bot({"frozen": network(frozen.port, "Anna"), "alive": network(alive.port, "Bert")})
    visitor.wait_for("Bert", CHANNEL)
    other.wait_for("Anna", CHANNEL)
    frozen.signal(signal.SIGSTOP)
    times = []
    for _ in range(5):
        begun = time.monotonic()
        assert visitor.answered("Bert", CHANNEL)
        times.append(time.monotonic() - begun)
    assert sorted(times)[2] < 2, times
    bot.stop()


def test_a_server_that_does_not_read(parts, fake):
    """Its window is full; the queue is bounded, the bot goes on, and ends in time."""
    bot = parts.bot({"fake": network(fake.port, "Anna")})
    connection = fake.accept(kind=DeafConnection).register()
    connection.accept_join(CHANNEL, ["visitor"])
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line = f":visitor!v@h PRIVMSG {CHANNEL} :!echo {'x' * 400} {{}}\r\n"
    connection.sock.settimeout(10)
    for i in range(0, 20000, 1000):
        try:
            connection.sock.sendall("".join(line.format(n) for n in range(i, i + 1000)).encode())
        except (TimeoutError, ConnectionError):
            break
    assert bot.process.running()
    bot.stop()


def test_replies_to_ctcp_floods_are_bounded(parts, fake):
    _, connection = online(parts, fake, pacing={"burst": 5, "interval_ms": 500})
    line = b":visitor!v@h PRIVMSG Anna :\x01PING 1\x01\r\n"
    pump(connection, line * 3000)
    connection.send("PING :first")
    connection.expect(lambda m: m.command == "PONG" and m.text == "first")
    assert len([m for m in connection.history if re.search("PING 1", m.line)]) < 100
