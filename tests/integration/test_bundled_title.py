"""Titles of real pages, over http and https, by a real bot in its sandbox."""

import shutil

import pytest

from conftest import BUILD
from harness.pages import Pages
from harness.process import wait_until
from harness.seshetd import network

CHANNEL = "#seshet"
CANNOT = "I cannot tell: "
INSIDE = CANNOT + ("it is not on the public internet; an owner allows its address with: module set "
                   "title config.allow ADDRESS.")

pytestmark = pytest.mark.skipif(not (BUILD / "lib/seshet/modules/title.so").exists(),
                                reason="built without libcurl")


@pytest.fixture
def web(certs):
    """Servers: one of http, and of https with each certificate."""
    started = {name: Pages(getattr(certs, name, None))
               for name in ("plain", "good", "expired", "wrong_name", "self_signed")}
    yield started
    for server in started.values():
        server.stop()


@pytest.fixture
def asked(parts, certs):
    """A function that asks the bot for a title, always as somebody else: who asks much has to wait."""
    server = parts.ngircd()
    redis = parts.redis()
    redis.cli("SADD", "seshet:modules", "title")
    redis.cli("SADD", "seshet:module:title:enicks", "$me")
    redis.cli("HSET", "seshet:module:title", "enabled", "yes", "permissions", "net files",
              "config.allow", "127.0.0.1", "config.ca_file", "ca.pem")
    bot = parts.bot({"one": network(server.port, "Anna")}, start=False, bundled=("title",),
                    registry=f"redis://127.0.0.1:{redis.port}/0")
    own = bot.state / "module-data/one/title"
    own.mkdir(parents=True)
    shutil.copy(certs.ca, own / "ca.pem")
    visitor = server.client("visitor").join(CHANNEL)
    bot.start()
    visitor.wait_for("Anna", CHANNEL)

    def ask(url):
        ask.count += 1
        client = server.client(f"v{ask.count}")
        answer = client.ask("Anna", None, f"!title {url}", "").text
        client.close()
        return answer

    ask.count = 0
    ask.bot, ask.visitor = bot, visitor
    return ask


def test_pages(asked, web):
    plain = web["plain"]
    asked.visitor.say(CHANNEL, f"look: {plain.base}/page.")
    asked.visitor.expect_say("Anna", r"^\[ A & B \] - 127\.0\.0\.1$")
    titles = {
        "page": "A & B",
        "codes": "QUIT : VERSION 04 red end",
        "latin1": "Käse",
        "meta": "Привет",
        "unsaid": "Käse",
        "gzip": "small",
        "deflate": "smaller",
        "huge": "x" * 297 + "…",
        "moved": "A & B",
    }
    plain.redirects["/moved"] = "/page?"
    plain.redirects["/page?"] = "/page"
    for path, title in titles.items():
        assert asked(f"{plain.base}/{path}") == f"[ {title} ] - 127.0.0.1", path
    refusals = {
        "none": "it has no title.",
        "empty": "it has no title.",
        "far": "it has no title.",
        "bomb": "it has no title.",
        "endless": "it has no title.",
        "drip": "it has no title.",
        "silent": "it takes too long.",
        "image": "it is image/png.",
        "missing": "the server says 404.",
        "broken": "Error while processing content unencoding",
        "round": "it leads on and on.",
    }
    for path, answer in refusals.items():
        assert asked(f"{plain.base}/{path}").startswith(CANNOT + answer), path
    assert len([path for path in plain.asked if path.startswith("/round")]) == 5
    wait_until(lambda: {"/endless", "/drip"} <= plain.hung_up, 30, "no more is read than may be")


def test_where_it_may_go(asked, web):
    """Certificates, and what no redirect may lead to."""
    plain, good = web["plain"], web["good"]
    assert asked(f"{good.base}/page") == "[ A & B ] - 127.0.0.1"
    plain.redirects["/up"] = f"{good.base}/down"
    good.redirects["/down"] = f"{plain.base}/page"
    assert asked(f"{plain.base}/up") == "[ A & B ] - 127.0.0.1"
    for name in ("expired", "wrong_name", "self_signed"):
        answer = asked(f"{web[name].base}/page")
        assert answer.startswith(CANNOT) and "certificate" in answer, (name, answer)
        assert not web[name].asked
    for host in ("127.0.0.2", "[::1]", "[::ffff:127.0.0.2]", "0.0.0.0", "10.0.0.1", "169.254.169.254",
                 "[64:ff9b::7f00:1]", "[fe80::1]", "224.0.0.1", "100.64.0.1"):
        plain.redirects["/inside"] = f"http://{host}:{plain.server_port}/page"
        before = len(plain.asked)
        assert asked(f"{plain.base}/inside") == INSIDE, host
        assert plain.asked[before:] == ["/inside"]
    for to in ("file:///etc/passwd", "ftp://127.0.0.1/", f"http://a:b@127.0.0.1:{plain.server_port}/",
               "http://127.0.0.1:25/"):
        plain.redirects["/inside"] = to
        assert asked(f"{plain.base}/inside").startswith(CANNOT), to

    # The configuration changes while it runs.
    def configure(key, value, msg):
        asked.bot.ctl("module", "set", "title", key, value, "--socket", str(asked.bot.control))
        asked.bot.wait_log(module="title", msg=msg)

    configure("config.allow", "127.0.0.2, nothing/8", 'allow: "nothing/8" is no address and no network')
    assert asked(f"{plain.base}/page") == INSIDE
    configure("config.ca_file", "lost.pem", "ca_file: lost.pem: No such file")
    configure("config.allow", "127.0.0.1 more/8", "more/8")
    assert asked(f"{plain.base}/page") == "[ A & B ] - 127.0.0.1"
    assert "certificate" in asked(f"{good.base}/page")
