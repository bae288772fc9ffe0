"""An IRC server that does what the test says, line by line: for what no real server will do."""

import re
import socket
import threading

from .irc import LineSocket
from .process import PATIENCE

ISUPPORT = (
    "CASEMAPPING=rfc1459 CHANTYPES=# PREFIX=(ov)@+ CHANMODES=beI,k,l,imnpst NICKLEN=30 "
    "CHANNELLEN=50 NETWORK=Fake"
)


class FakeConnection(LineSocket):
    """The server's end of one connection."""

    server = "fake.example.test"

    def __init__(self, sock, name):
        super().__init__(sock, name)
        self.nick = "*"
        self.own_source = ""
        self.serving = None
        self.stop_serving = threading.Event()

    def reply(self, number, *params):
        """A numeric from the server; the last parameter is the trailing one."""
        *words, last = params
        self.send(" ".join([f":{self.server}", number, self.nick, *words, f":{last}"]))

    def expect_command(self, command, timeout=PATIENCE):
        return self.expect(lambda m: m.command == command.upper(), timeout)

    def expect_registration(self, caps="", timeout=PATIENCE):
        """From the first line to the point where a server would say 001. `caps`: what CAP LS
        offers (nothing that needs a dialogue: acknowledged as asked)."""
        user = False
        while not (user and self.nick != "*" and self._cap_done):
            message = self.expect(lambda m: True, timeout)
            if message.command == "NICK":
                self.nick = message.params[0]
            elif message.command == "USER":
                user = True
            elif message.command == "CAP":
                self.answer_cap(message, caps)
        return self

    _cap_done = True

    def answer_cap(self, message, caps=""):
        what = message.params[0].upper()
        if what == "LS":
            self._cap_done = False
            self.send(f":{self.server} CAP * LS :{caps}")
        elif what == "REQ":
            self.send(f":{self.server} CAP * ACK :{message.text}")
        elif what == "END":
            self._cap_done = True

    def welcome(self, isupport=ISUPPORT, nick=None):
        if nick:
            self.nick = nick
        self.own_source = f"{self.nick}!~bot@host.example.test"
        self.reply("001", f"Welcome to the Fake network {self.own_source}")
        self.reply("002", "Your host is a fake")
        self.reply("003", "This server was created just now")
        self.send(f":{self.server} 004 {self.nick} {self.server} fake-1.0 io beIklimnpstov")
        self.reply("005", isupport, "are supported by this server")
        self.reply("422", "MOTD File is missing")
        return self

    def register(self, caps="", isupport=ISUPPORT):
        return self.expect_registration(caps).welcome(isupport)

    def joined(self, channel, members=()):
        """Tells the bot that it is in the channel, as a server answers JOIN."""
        self.send(f":{self.own_source} JOIN {channel}")
        self.reply("353", "=", channel, " ".join([self.nick, *members]))
        self.reply("366", channel, "End of /NAMES list.")

    def accept_join(self, channel, members=(), timeout=PATIENCE):
        self.expect(lambda m: m.command == "JOIN" and channel in m.params[0].split(","), timeout)
        self.joined(channel, members)
        return self

    def says(self, nick, target, text):
        self.send(f":{nick}!~{nick}@host.example.test PRIVMSG {target} :{text}")

    def answer(self, message):
        if message.command == "PING":
            self.send(f":{self.server} PONG {self.server} :{message.text}")
            return True
        return False

    def expect_say(self, target, text, timeout=PATIENCE):
        pattern = re.compile(text)

        def fits(message):
            return (
                message.command == "PRIVMSG"
                and message.target == target
                and pattern.search(message.text)
            )

        fits.__doc__ = f"PRIVMSG {target} :{text}"
        return self.expect(fits, timeout)

    def serve(self):
        """From here on only answers PING, in the background, until close()."""

        def loop():
            while not self.stop_serving.is_set() and not self.closed:
                self._receive(0.1)

        self.serving = threading.Thread(target=loop, daemon=True)
        self.serving.start()
        return self

    def take_over(self):
        """Back to the test's hands after serve()."""
        self.stop_serving.set()
        self.serving.join()
        self.serving = None
        self.stop_serving.clear()
        return self

    def close(self):
        if self.serving:
            self.take_over()
        super().close()


class DeafConnection(FakeConnection):
    """Answers nothing by itself, not even PING."""

    def answer(self, message):
        return False


class FakeIrcServer:
    """Listens on a free port. `tls`: a pair of certificate and key; `client_ca` to ask the client
    for a certificate."""

    def __init__(self, tls_context=None):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.tls_context = tls_context
        self.connections = []

    def accept(self, timeout=PATIENCE, kind=FakeConnection):
        self.listener.settimeout(timeout)
        try:
            sock, _ = self.listener.accept()
        except TimeoutError:
            raise AssertionError(f"nobody connects within {timeout} s") from None
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(10)
        if self.tls_context:
            sock = self.tls_context.wrap_socket(sock, server_side=True)
        connection = kind(sock, f"bot at the fake server (connection {len(self.connections) + 1})")
        self.connections.append(connection)
        return connection

    def nobody_comes(self, seconds):
        self.listener.settimeout(seconds)
        try:
            self.listener.accept()[0].close()
        except TimeoutError:
            return
        raise AssertionError("the bot connects again")

    def close(self):
        for connection in self.connections:
            connection.close()
        self.listener.close()
