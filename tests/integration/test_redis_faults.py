"""Redis dies, hangs, comes back: the bot goes on meanwhile, and is in step again after."""

import os
import signal
import time

from harness.irc import unique
from harness.process import wait_until
from harness.seshetd import network

CHANNEL = "#seshet"


def answers(visitor):
    """Whether a module answers; the core command after it always does."""
    return visitor.answered("Anna", CHANNEL)


def external(parts, server, visitor, redis, uri=None, settings=None):
    bot = parts.bot({"one": network(server.port, "Anna")},
                    registry=uri or f"redis://127.0.0.1:{redis.port}/0", settings=settings)
    visitor.wait_for("Anna", CHANNEL)
    assert answers(visitor)
    return bot


def test_external_redis_killed_and_restarted(parts, server, visitor):
    redis = parts.redis()
    bot = external(parts, server, visitor, redis)
    for _ in range(3):
        mark = bot.mark()
        redis.kill()
        assert answers(visitor), "the bot goes on with what it knows"
        bot.wait_log(since=mark, event="registry.state", msg="away")
        assert answers(visitor)
        redis.restart()
        # Edited before the bot is back: it must not miss what happened meanwhile.
        for wanted in ("no", "yes"):
            redis.cli("HSET", "seshet:module:echo", "enabled", wanted)
            wait_until(lambda: answers(visitor) == (wanted == "yes"), 30, "in step again")


def test_embedded_redis_killed(parts, server, visitor):
    bot = parts.bot({"one": network(server.port, "Anna")})
    visitor.wait_for("Anna", CHANNEL)
    bot.cli("HSET", "seshet:module:seen", "enabled", "no")
    bot.in_force()
    for _ in range(2):
        [redis] = bot.family("redis-server")
        os.kill(redis.pid, signal.SIGKILL)
        assert answers(visitor)

        def back():
            new = bot.family("redis-server")
            return new and new[0].pid != redis.pid

        wait_until(back, 30, "a new redis-server")
        wait_until(lambda: bot.redis_socket.exists(), 30, "its socket")

        def alive():
            try:
                return bot.cli("PING") == "PONG"
            except AssertionError:
                return False

        wait_until(alive, 30, "it answers")
        assert bot.cli("HGET", "seshet:module:seen", "enabled") == "no", "the data are there"
        bot.cli("HSET", "seshet:module:echo", "enabled", "no")
        wait_until(lambda: not answers(visitor), 30, "in step again")
        bot.cli("HSET", "seshet:module:echo", "enabled", "yes")
        wait_until(lambda: answers(visitor), 30, "in step again")


def test_redis_that_stops_answering(parts, server, visitor):
    redis = parts.redis()
    bot = external(parts, server, visitor, redis)
    redis.pause()
    try:
        times = []
        for _ in range(5):
            begun = time.monotonic()
            assert answers(visitor)
            times.append(time.monotonic() - begun)
        assert sorted(times)[2] < 1, "nothing waits for Redis"
        # Redis has the command, and may do it when it goes on.
        status, _, err = bot.ctl("module", "set", "echo", "usage", "x", "--socket",
                                 str(bot.control), check=False)
        assert status == 1 and "perhaps written" in err and "may or may not be done" in err
        # A module that needs Redis gets an error, not silence.
        visitor.say(CHANNEL, "!seen nobody")
        visitor.expect_say("Anna", r"visitor: .", timeout=30)
    finally:
        redis.resume()
    redis.cli("HSET", "seshet:module:echo", "enabled", "no")
    wait_until(lambda: not answers(visitor), 40, "in step again")
    bot.no_reports()


def test_both_connections_survive_being_cut(parts, server, visitor):
    """CLIENT KILL of either connection, as a proxy or a time limit does it."""
    redis = parts.redis()
    external(parts, server, visitor, redis)
    for kind in ("pubsub", "normal"):
        redis.cli("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")
        wait_until(lambda: "seshet" in redis.cli("CLIENT", "LIST"), 30, "connected again")
        for wanted in ("no", "yes"):
            redis.cli("HSET", "seshet:module:echo", "enabled", wanted)
            wait_until(lambda: answers(visitor) == (wanted == "yes"), 30, "in step again")


def test_started_before_redis(parts, server, visitor):
    redis = parts.redis()
    redis.kill()
    bot = parts.bot({"one": network(server.port, "Anna")}, start=False,
                    registry=f"redis://127.0.0.1:{redis.port}/0")
    bot.start(wait=False)
    bot.wait_log(event="redis|registry")
    redis.restart()
    visitor.wait_for("Anna", CHANNEL, timeout=40)
    wait_until(lambda: answers(visitor), 30, "modules are there")


def echoes(visitor):
    """Whether echo answers within a second; nothing else needs to be on."""
    word = unique("word")
    try:
        visitor.ask("Anna", CHANNEL, f"!echo {word}", word, timeout=1)
    except AssertionError:
        return False
    return True


def test_a_registry_that_was_emptied_switches_nothing_off(parts, server, visitor):
    """FLUSHALL, or a Redis without its data: told loudly, and nothing changes until a person says
    that it is meant."""
    redis = parts.redis()
    bot = external(parts, server, visitor, redis)
    redis.cli("FLUSHALL")
    told = bot.wait_log(event="registry.state", msg="empty")
    assert told["level"] == "error" and "HSET seshet:meta accepted" in told["msg"]
    assert answers(visitor)
    redis.cli("HSET", "seshet:meta", "accepted", told["msg"].split()[-1])
    wait_until(lambda: "echo" in redis.cli("SMEMBERS", "seshet:modules"), 30, "registered again")
    wait_until(lambda: echoes(visitor), 30, "answers again")


def test_unix_socket_password_and_database(parts, server, visitor):
    redis = parts.redis(password="s3cr3t-of-redis")
    bot = parts.bot({"one": network(server.port, "Anna")}, start=False)
    bot.settings["registry"] = {
        "uri": f"unix://{redis.socket}?db=3",
        "prefix": "other:",
        "password_file": bot.secret_file("redis.secret", "s3cr3t-of-redis"),
    }
    bot.write_main()
    bot.start()
    visitor.wait_for("Anna", CHANNEL)
    assert answers(visitor)
    assert "echo" in redis.cli("-n", "3", "SMEMBERS", "other:modules")
    assert not any("s3cr3t-of-redis" in line for line in bot.raw_log)


def test_a_password_from_the_environment(parts, server, visitor):
    redis = parts.redis(password="s3cr3t-of-redis")
    bot = parts.bot({"one": network(server.port, "Anna")}, start=False,
                    env={"BOT_REDIS_PASSWORD": "s3cr3t-of-redis"})
    bot.settings["registry"] = {"uri": f"redis://127.0.0.1:{redis.port}/0",
                                "password_env": "BOT_REDIS_PASSWORD"}
    bot.write_main()
    bot.start()
    visitor.wait_for("Anna", CHANNEL)
    assert answers(visitor)
    assert "echo" in redis.cli("SMEMBERS", "seshet:modules")
    assert not any("s3cr3t-of-redis" in line for line in bot.raw_log)
    assert "s3cr3t" not in str(bot.ctl_json("status"))
    bot.env.clear()
    status, said = bot.check()
    assert status != 0 and "the environment has no variable" in said, said


def test_wrong_password_is_told_and_never_shown(parts, server, visitor):
    redis = parts.redis(password="right-password")
    bot = parts.bot({"one": network(server.port, "Anna")}, start=False,
                    registry=f"redis://:wrong-password@127.0.0.1:{redis.port}/0")
    bot.start(wait=False)
    bot.wait_log(msg="(?i)password|AUTH|WRONGPASS")
    assert not any("wrong-password" in line for line in bot.raw_log)


def test_storage_is_kept_over_a_restart(parts, server, visitor):
    bot = parts.bot({"one": network(server.port, "Anna")})
    visitor.wait_for("Anna", CHANNEL)
    visitor.say(CHANNEL, "something memorable")
    first = visitor.ask("Anna", CHANNEL, "!seen visitor", "visitor").text
    guest = server.client("guest").join(CHANNEL)
    guest.say(CHANNEL, "a word")
    visitor.expect(lambda m: m.nick == "guest" and m.command == "PRIVMSG")
    wait_until(
        lambda: "guest" in visitor.ask("Anna", CHANNEL, "!seen guest", "guest").text, 30, first
    )
    known = visitor.ask("Anna", CHANNEL, "!seen guest", "guest").text
    bot.stop()
    bot.start()
    visitor.wait_for("Anna", CHANNEL)
    again = visitor.ask("Anna", CHANNEL, "!seen guest", "guest").text
    unknown = visitor.ask("Anna", CHANNEL, "!seen nobodyatall", "nobodyatall").text
    assert again.split()[:3] == known.split()[:3], (known, again)
    assert again.replace("guest", "nobodyatall") != unknown
