"""Bundled modules that keep a channel, in a real bot: with their permissions, in their sandbox."""

import http.server
import pathlib
import shutil
import ssl
import threading

import pytest

from conftest import BUILD
from harness.process import wait_until
from harness.seshetd import network

CHANNEL = "#seshet"
LOCAL_TITLE = BUILD / "tests/lib/local/title.so"


class Pages(http.server.BaseHTTPRequestHandler):
    """What a web server may answer."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def page(self, body, kind="text/html; charset=utf-8"):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def redirect(self, to):
        self.send_response(302)
        self.send_header("Location", to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self):
        self.server.asked.append(self.path)
        if self.path == "/page":
            self.page(b"<title>A &amp; B\n\x02</title>")
        elif self.path == "/koi8":
            self.page("<title>Привет</title>".encode("koi8-r"), "text/html; charset=koi8-r")
        elif self.path == "/moved":
            self.redirect("/page")
        elif self.path.startswith("/round"):
            self.redirect(self.path + "x")
        elif self.path == "/inside":
            self.redirect(f"http://127.0.0.2:{self.server.server_port}/page")
        elif self.path == "/file":
            self.redirect("file:///etc/passwd")
        elif self.path == "/image":
            self.page(b"<title>no</title>", "image/png")
        elif self.path == "/endless":
            self.endless()
        elif self.path == "/silent":
            self.server.closing.wait(20)
        else:
            self.send_error(404)

    def endless(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.close_connection = True
        try:
            while not self.server.closing.is_set():
                self.wfile.write(b"<p>" * 10000)
        except OSError:
            self.server.hung_up.set()


def serve(wrap=lambda sock: sock):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    server.socket = wrap(server.socket)
    server.asked = []
    server.closing = threading.Event()
    server.hung_up = threading.Event()
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.closing.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def pages():
    yield from serve()


@pytest.fixture
def secure_pages(certs):
    """With a certificate that nobody but the tests trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certs.good)
    yield from serve(lambda sock: context.wrap_socket(sock, server_side=True))


class Room:
    """A bot and an operator of its channel."""

    def __init__(self, parts):
        self.server = parts.ngircd()
        self.operator = self.server.client("olga").join(CHANNEL)
        self.bot = parts.bot({"one": network(self.server.port, "Anna")}, start=False, bundled=None)

    def start(self):
        self.bot.start()
        self.operator.wait_for("Anna", CHANNEL)

    def permit(self, name, permissions, call, answer):
        """Until the module answers with these permissions."""
        self.operator.until_answered("Anna", CHANNEL, call, answer)
        self.bot.cli("HSET", f"seshet:module:{name}", "permissions", permissions)

        def there():
            self.operator.until_answered("Anna", CHANNEL, call, answer)
            return any(name in host["modules"] and host["permissions"] == permissions
                       for host in self.bot.ctl_json("status")["modhosts"])

        wait_until(there, 30, f"{name} with {permissions}")

    def ask(self, text, answer):
        return self.operator.ask("Anna", CHANNEL, text, answer).text


@pytest.mark.skipif(not LOCAL_TITLE.exists(), reason="built without libcurl")
def test_title(parts, pages, secure_pages):
    room = Room(parts)
    shutil.copy(LOCAL_TITLE, pathlib.Path(room.bot.user_modules) / "title.so")
    room.start()
    room.permit("title", "net", "!title", "Of which page?")
    at = f"http://127.0.0.1:{pages.server_port}"
    room.operator.say(CHANNEL, f"look: {at}/page.")
    room.operator.expect_say("Anna", r"^\[ A & B \] - 127\.0\.0\.1$")
    tell = "I cannot tell: "
    cases = [
        ("koi8", "[ Привет ] - 127.0.0.1"),
        ("moved", "[ A & B ] - 127.0.0.1"),
        ("round", tell + "it leads on and on."),
        ("inside", tell + "it is not on the public internet."),
        ("file", tell),
        ("image", tell + "it is image/png."),
        ("missing", tell + "the server says 404."),
        ("endless", tell + "it has no title."),
        ("silent", tell + "it takes too long."),
    ]
    outcomes = []
    for number, (path, _) in enumerate(cases):
        if number % 3 == 0:  # nobody may ask for more at once
            visitor = room.server.client(f"visitor{number}")
        answer = visitor.ask("Anna", None, f"!title {at}/{path}", "")
        outcomes.append(answer.text)
    for (path, expected), outcome in zip(cases, outcomes):
        assert expected in outcome, path
    assert "takes too long" not in outcomes[7]
    assert pages.hung_up.wait(10), "more was read than may be"
    assert len([path for path in pages.asked if path.startswith("/round")]) == 5
    assert "too fast" in visitor.ask("Anna", None, f"!title {at}/page", "").text
    secure = f"https://127.0.0.1:{secure_pages.server_port}/page"
    other = room.server.client("other")
    assert "certificate" in other.ask("Anna", None, f"!title {secure}", "").text
    assert not secure_pages.asked


def test_log(parts):
    room = Room(parts)
    room.start()
    room.permit("log", "files", "!log", "is logged, without")
    folder = room.bot.state / "module-data/one/log"
    room.operator.say("Anna", "a secret")
    room.operator.say(CHANNEL, "a word for the log")

    def text():
        return "".join(path.read_text() for path in folder.glob("*/*.log"))

    wait_until(lambda: "<olga> a word for the log\n" in text(), 30, "the line in the log")
    assert "secret" not in text()
    assert [path.name for path in folder.iterdir()] == [CHANNEL]


def test_autoop_and_topic(parts):
    room = Room(parts)
    room.start()
    room.permit("autoop", "raw", "!autoop sing", "I can list")
    room.permit("topic", "raw", "!topics", "There is no topic")
    room.ask("!autoop add *!*@127.0.0.1", r"gets \+o")
    dave = room.server.client("dave").join(CHANNEL)
    room.operator.send(f"MODE {CHANNEL} +o Anna")
    dave.expect(lambda m: m.command == "MODE" and "dave" in m.params, 20)
    room.operator.say(CHANNEL, "!topics add news")
    dave.expect(lambda m: m.command == "TOPIC" and m.params[-1] == "news", 20)
    dave.say(CHANNEL, "!topics add more")
    dave.expect(lambda m: m.command == "TOPIC" and m.params[-1] == "news | more", 20)


def test_time_and_alias(parts):
    """Without any permission."""
    room = Room(parts)
    room.start()
    room.operator.until_answered("Anna", CHANNEL, "!time Europe/Berlin", "in Europe/Berlin (CE")
    room.operator.until_answered("Anna", CHANNEL, "!alias", "There are no aliases")
    room.ask("!alias add hi Hello from $me", "hi is")
    room.ask("!hi", "^Hello from Anna$")
