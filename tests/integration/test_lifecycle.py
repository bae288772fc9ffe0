"""The beginning and the end of the server, and of everything it starts."""

import os
import signal
import subprocess
import time

import pytest

import sources
from harness.process import wait_until
from harness.seshetd import network

CHANNEL = "#seshet"


@pytest.fixture
def stage(parts):
    servers = [parts.ngircd(), parts.inspircd()]
    visitors = [server.client("visitor").join(CHANNEL) for server in servers]
    bot = parts.bot({"one": network(servers[0].port, "Anna"), "two": network(servers[1].port, "Bert")})
    for visitor, nick in zip(visitors, ("Anna", "Bert")):
        visitor.wait_for(nick, CHANNEL)
        assert visitor.answered(nick, CHANNEL)
    return bot, visitors


def test_sigterm_says_quit_everywhere(stage):
    bot, visitors = stage
    bot.process.signal(signal.SIGTERM)
    for visitor, nick in zip(visitors, ("Anna", "Bert")):
        visitor.expect(lambda m, nick=nick: m.command == "QUIT" and m.nick == nick)
    bot.wait_notice("STOPPING=1")
    bot.stop()


def test_sigterm_says_what_waits(parts):
    """One burst of it, then QUIT."""
    fake = parts.fake()
    bot = parts.bot({"one": network(
        fake.port, "Anna", pacing={"burst": 4, "interval_ms": 1500})}, start=False)
    parts.module(bot, "probe", sources.PROBE)
    bot.start()
    connection = fake.accept().register()
    connection.accept_join(CHANNEL, ["visitor"])
    connection.says("visitor", CHANNEL, "!many 20")
    wait_until(lambda: bot.ctl_json("status")["networks"][0]["queue"] >= 16, 30, "it has spoken")
    bot.process.signal(signal.SIGTERM)
    heard = []
    while not heard or heard[-1].command != "QUIT":
        heard.append(connection.expect(lambda m: m.command in ("PRIVMSG", "QUIT")))
    connection.close()
    said = [m.text for m in heard[:-1]]
    assert 4 <= len(said) <= 8, said
    assert said == [f"line {i}" for i in range(len(said))]
    bot.stop()


def test_sigint_ends_as_well(stage):
    bot, _ = stage
    bot.process.signal(signal.SIGINT)
    assert bot.process.wait(12) == 0
    bot._close()


def test_sigterm_twice_and_while_connecting(parts):
    fake = parts.fake()
    bot = parts.bot({"one": network(fake.port, "Anna")})
    fake.accept()
    bot.process.signal(signal.SIGTERM)
    bot.process.signal(signal.SIGTERM)
    bot.stop()


def test_sigterm_at_once(parts):
    """At any moment of the start, too."""
    for delay in (0.0, 0.02, 0.05, 0.1, 0.2, 0.4):
        bot = parts.bot({}, start=False)
        bot.start(wait=False)
        time.sleep(delay)
        family = bot.family()
        bot.process.signal(signal.SIGTERM)
        assert bot.process.wait(12) in (0, -signal.SIGTERM)
        bot.none_left(family)
        bot._close()
        bot.no_reports()


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.055, 0.06])
def test_sigterm_while_the_configuration_is_read(parts, delay):
    bot = parts.bot({})
    bot.write_network("new", network(6667, "Anna", connect=False))
    time.sleep(delay)  # the server lets changes settle for a moment
    if not delay:
        bot.hangup()
    bot.stop()


def test_sigkill_leaves_nothing_behind(stage):
    bot, visitors = stage
    assert bot.modhosts() and bot.family("redis-server")
    bot.kill()
    bot.start()
    for visitor, nick in zip(visitors, ("Anna", "Bert")):
        visitor.wait_for(nick, CHANNEL, timeout=60)
        assert visitor.answered(nick, CHANNEL)


def test_twice_in_a_row(stage):
    bot, visitors = stage
    bot.stop()
    assert not bot.control.exists()
    bot.start()
    for visitor, nick in zip(visitors, ("Anna", "Bert")):
        visitor.wait_for(nick, CHANNEL)
        assert visitor.answered(nick, CHANNEL)


def test_a_second_server_on_the_same_state_is_refused(stage):
    bot, visitors = stage
    result = subprocess.run(
        [bot.program(), "-f", "-c", bot.main_conf], capture_output=True, timeout=60,
        env={**os.environ, **bot.environment()}, check=False,
    )
    assert result.returncode != 0
    assert result.stderr
    assert visitors[0].answered("Anna", CHANNEL), "the first goes on"


def test_ready_is_told_once_it_is_true(parts):
    bot = parts.bot({})
    assert bot.ctl_json("status")["registry"]["state"] == "synced"
    assert bot.cli("PING") == "PONG"


def test_without_a_notify_socket(parts):
    bot = parts.bot({}, start=False)
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "--", bot.program(), "-f", "-c", bot.main_conf],
        stderr=subprocess.DEVNULL,
        env={k: v for k, v in {**os.environ, **bot.environment()}.items() if k != "NOTIFY_SOCKET"},
    )
    try:
        # It answers from its loop: signals are heard by then, which the socket alone does not say.
        wait_until(lambda: bot.ctl("status", "--socket", str(bot.control), check=False)[0] == 0, 30,
                   "an answer on the control socket")
        process.terminate()
        assert process.wait(12) == 0
    finally:
        process.kill()
        process.wait()


def test_background(parts):
    """Without -f it returns when it is ready, and goes on behind."""
    server = parts.ngircd()
    visitor = server.client("visitor").join(CHANNEL)
    bot = parts.bot({"one": network(server.port, "Anna")}, start=False)
    result = subprocess.run(
        [bot.program(), "-c", bot.main_conf], capture_output=True, timeout=60,
        env={**os.environ, **bot.environment()}, check=False,
    )
    assert result.returncode == 0, result.stderr
    pid = bot.ctl_json("status")["pid"]
    try:
        visitor.wait_for("Anna", CHANNEL)
        assert (bot.state / "seshetd.log").read_text()
    finally:
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not os.path.exists(f"/proc/{pid}"), 30, "it ends")
    assert not bot.control.exists()
    bot.no_reports()


def test_embedded_redis_is_private(stage):
    bot, _ = stage
    assert oct(bot.state.stat().st_mode & 0o777) in ("0o700", "0o750")
    [redis] = bot.family("redis-server")
    tcp = subprocess.run(["ss", "-ltnpH"], capture_output=True, check=False).stdout.decode()
    assert f"pid={redis.pid}," not in tcp, "it listens on its unix socket only"


@pytest.mark.skipif(os.geteuid() != 0, reason="module hosts let nobody but root look into them")
def test_descriptors_do_not_leak_into_children(stage):
    bot, _ = stage
    for child in bot.family():
        links = []
        for entry in os.listdir(f"/proc/{child.pid}/fd"):
            try:
                links.append(os.readlink(f"/proc/{child.pid}/fd/{entry}"))
            except OSError:
                pass
        if "modhost" in child.command:
            assert not [link for link in links if link.startswith("socket:")], (child, links)
            assert len(links) <= 10, links


def test_output_that_nobody_reads_stops_nothing(parts):
    """A log pipe that is full."""
    server = parts.ngircd()
    visitor = server.client("visitor").join(CHANNEL)
    bot = parts.bot({"one": network(server.port, "Anna")}, start=False)
    reader, writer = os.pipe()
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "--", bot.program(), "-f", "-c", bot.main_conf],
        stderr=writer, env={**os.environ, **bot.environment()},
    )
    os.close(writer)
    try:
        visitor.wait_for("Anna", CHANNEL)
        for _ in range(300):
            visitor.say(CHANNEL, "words " * 60)
        assert visitor.answered("Anna", CHANNEL)
        os.close(reader)
        assert visitor.answered("Anna", CHANNEL), "nor does a log that was closed"
        process.terminate()
        assert process.wait(12) == 0
    finally:
        process.kill()
        process.wait()


def failing_start(parts, settings=None, env=None):
    """What the server says when it cannot start, and that it ends by itself, in order."""
    bot = parts.bot({}, start=False, settings=settings, env=env)
    result = subprocess.run([bot.program(), "-f", "-c", bot.main_conf], capture_output=True, timeout=60,
                            env={**os.environ, **bot.environment()}, check=False)
    bot.no_reports()
    assert result.returncode == 1, result
    return result.stderr.decode()


def test_a_start_that_fails_says_why(parts):
    nowhere = {"control": {"socket": "/nonexistent/folder/control.sock"}}
    assert "/nonexistent/folder" in failing_start(parts, nowhere)
    assert "; state_dir in /" in failing_start(parts, {"state_dir": "/proc/nowhere", "control": {}})
    assert "redis-server" in failing_start(parts, env={"PATH": "/nonexistent"})
    assert "registry" in failing_start(parts, {"registry": {"uri": "redis://host:port"}})


def test_sighup_at_any_moment_of_the_start(parts):
    for delay in (0.0, 0.005, 0.01, 0.03):
        bot = parts.bot({}, start=False)
        bot.start(wait=False)
        if delay:
            time.sleep(delay)
        wait_until(lambda bot=bot: ignores_sighup(bot.pid), 30, "the server has begun")
        bot.hangup()
        bot.wait_notice("READY=1")
        bot.stop()


def ignores_sighup(pid):
    """Or has a handler for it."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        lines = dict(line.split(":", 1) for line in status)
    mask = int(lines["SigIgn"], 16) | int(lines["SigCgt"], 16)
    return bool(mask >> (signal.SIGHUP - 1) & 1)


def end_unanswered(parts):
    """How long the server takes to end when neither the IRC server nor Redis answers."""
    server = parts.ngircd()
    visitor = server.client("visitor").join(CHANNEL)
    bot = parts.bot({"one": network(server.port, "Anna")})
    visitor.wait_for("Anna", CHANNEL)
    assert visitor.answered("Anna", CHANNEL)
    redis = bot.family("redis-server")
    server.signal(signal.SIGSTOP)
    for process in redis:
        os.kill(process.pid, signal.SIGSTOP)
    begun = time.monotonic()
    bot.process.signal(signal.SIGTERM)
    assert bot.process.wait(12) == 0
    took = time.monotonic() - begun
    server.signal(signal.SIGCONT)
    bot.none_left(redis)
    bot._close()
    return took


def test_sigterm_ends_in_time_when_nobody_answers(parts):
    """In five seconds: once in three tries, since a busy machine takes its own time."""
    assert any(end_unanswered(parts) < 5 for _ in range(3))


def test_sigterm_ends_in_time_when_nobody_reads_the_log(parts):
    bot = parts.bot({}, start=False)
    reader, writer = os.pipe()
    server = subprocess.Popen([bot.program(), "-f", "-c", bot.main_conf], stderr=writer,
                              env={**os.environ, **bot.environment()})
    try:
        wait_until(lambda: bot.ctl("status", "--socket", str(bot.control), check=False)[0] == 0, 30,
                   "the server is there")
        fill(writer)
        os.close(writer)
        # Each is told in the log, which is full.
        for _ in range(20):
            server.send_signal(signal.SIGHUP)
            bot.ctl("status", "--socket", str(bot.control))
        server.send_signal(signal.SIGTERM)
        assert server.wait(12) == 0
    finally:
        server.kill()
        server.wait()
        os.close(reader)


def fill(writer):
    """Until nothing more goes into the pipe. By a description of its own, so that others' writes
    still wait."""
    own = os.open(f"/proc/self/fd/{writer}", os.O_WRONLY | os.O_NONBLOCK)
    try:
        while True:
            os.write(own, b"x" * 4096)
    except BlockingIOError:
        os.close(own)
