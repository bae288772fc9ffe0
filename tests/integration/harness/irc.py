"""Lines, messages and a client: what an ordinary IRC user can see and do."""

import itertools
import re
import select
import socket
import ssl

from .process import PATIENCE, Deadline, wait_until


class Message:
    """One line, taken apart. Bytes that are no UTF-8 are kept as surrogate escapes."""

    def __init__(self, line):
        self.line = line
        rest = line
        self.tags = {}
        self.source = ""
        if rest.startswith("@"):
            tags, _, rest = rest[1:].partition(" ")
            for tag in tags.split(";"):
                key, _, value = tag.partition("=")
                self.tags[key] = value
            rest = rest.lstrip(" ")
        if rest.startswith(":"):
            self.source, _, rest = rest[1:].partition(" ")
            rest = rest.lstrip(" ")
        head, colon, trailing = rest.partition(" :")
        words = head.split()
        self.command = words[0].upper() if words else ""
        self.params = words[1:]
        if colon:
            self.params.append(trailing)
        self.nick = self.source.partition("!")[0]

    @property
    def target(self):
        return self.params[0] if self.params else ""

    @property
    def text(self):
        return self.params[-1] if self.params else ""

    def __repr__(self):
        return self.line


def to_bytes(text):
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def matcher(wanted):
    """A predicate of messages from: a predicate, or a regular expression for the whole line."""
    if callable(wanted):
        return wanted, getattr(wanted, "__doc__", None) or repr(wanted)
    pattern = re.compile(wanted)
    return lambda message: pattern.search(message.line), f"a line like {wanted!r}"


class LineSocket:
    """One end of an IRC connection. Everything that came is in `history`; what no `expect` has
    looked at yet is in `unread`."""

    def __init__(self, sock, name="peer"):
        self.sock = sock
        self.name = name
        self.buffer = b""
        self.history = []
        self.unread = []
        self.closed = False
        self.on_message = None  # called with each message as it comes, and with each line we send
        self.on_send = None

    def close(self):
        if not self.closed:
            self.closed = True
        self.sock.close()

    def send_bytes(self, data, timeout=10):
        self.sock.settimeout(timeout)
        self.sock.sendall(data)

    def send(self, line):
        if self.on_send:
            self.on_send(line)
        self.send_bytes(to_bytes(line) + b"\r\n")

    def _wait_readable(self, timeout):
        if isinstance(self.sock, ssl.SSLSocket) and self.sock.pending():
            return True
        return bool(select.select([self.sock], [], [], timeout)[0])

    def _receive(self, timeout):
        """Takes in what is there, waiting at most `timeout`. False: nothing came in time."""
        if self.closed or not self._wait_readable(timeout):
            return False
        self.sock.settimeout(10)
        try:
            data = self.sock.recv(65536)
        except (ConnectionError, ssl.SSLError):
            data = b""
        if not data:
            self.closed = True
            return False
        self.buffer += data
        *lines, self.buffer = self.buffer.split(b"\n")
        for line in lines:
            text = line.rstrip(b"\r").decode("utf-8", "surrogateescape")
            if text:
                self._got(Message(text))
        return True

    def _got(self, message):
        self.history.append(message)
        if self.on_message:
            self.on_message(message)
        if not self.answer(message):
            self.unread.append(message)

    def answer(self, message):
        """Answers what answers itself. True: nobody else needs to see the message."""
        return False

    def expect(self, wanted, timeout=PATIENCE):
        """The first unread message that fits; those before it count as read."""
        fits, text = matcher(wanted)
        deadline = Deadline(timeout)
        seen = []
        while True:
            while self.unread:
                message = self.unread.pop(0)
                if fits(message):
                    return message
                seen.append(message)
            if self.closed:
                raise AssertionError(f"{self.name}: closed; wanted {text}; came:{listing(seen)}")
            if deadline.passed():
                raise AssertionError(
                    f"{self.name}: not within {timeout} s: {text}; came:{listing(seen)}"
                )
            self._receive(deadline.left())

    def forget(self):
        """What has come up to now counts as read: it answers nothing that is asked from here on."""
        while self._receive(0):
            pass
        self.unread.clear()

    def collect(self, last, timeout=PATIENCE):
        """All unread messages up to and with the first that fits `last`."""
        start = len(self.history) - len(self.unread)
        end = self.expect(last, timeout)
        found = []
        for message in self.history[start:]:
            found.append(message)
            if message is end:
                return found
        return found

    def seen(self, wanted, timeout=PATIENCE):
        """The first message that fits, of all that ever came, or comes yet."""
        fits, text = matcher(wanted)
        deadline = Deadline(timeout)
        looked = 0
        while True:
            while looked < len(self.history):
                looked += 1
                if fits(self.history[looked - 1]):
                    return self.history[looked - 1]
            assert not self.closed and not deadline.passed(), (
                f"{self.name}: never: {text}; came:{listing(self.history)}")
            self._receive(deadline.left())

    def quiet(self, unwanted, seconds):
        """Watches for a while that nothing of a kind comes. The last resort: a `collect` up to
        an answer that must come later is quicker and surer."""
        fits, text = matcher(unwanted)
        deadline = Deadline(seconds)
        while True:
            while self.unread:
                message = self.unread.pop(0)
                assert not fits(message), f"{self.name}: unwanted ({text}): {message}"
            if deadline.passed() or self.closed:
                return
            self._receive(deadline.left())

    def wait_closed(self, timeout=PATIENCE):
        deadline = Deadline(timeout)
        while not self.closed:
            assert not deadline.passed(), f"{self.name}: not closed within {timeout} s"
            self._receive(deadline.left())


_numbers = itertools.count(1)


def unique(word):
    """The same text, said several times in a row, is no longer answered: bots must not start each
    other. So each question of ours is like no other."""
    return f"{word}{next(_numbers)}x"


def listing(messages, limit=30):
    if not messages:
        return " nothing"
    cut = f"\n    ({len(messages) - limit} before)" if len(messages) > limit else ""
    return cut + "".join(f"\n    {message}" for message in messages[-limit:])


def connect(port, host="127.0.0.1", tls=None, timeout=10):
    sock = socket.create_connection((host, port), timeout=timeout)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if tls:
        sock = tls.wrap_socket(sock, server_hostname="localhost")
    return sock


class IrcClient(LineSocket):
    """An ordinary user. Answers PING by itself. With `welcome=False` nobody has waited yet for the
    server's welcome."""

    def __init__(self, port, nick, host="127.0.0.1", tls=None, password=None, register=True,
                 welcome=True):
        super().__init__(connect(port, host, tls), name=nick)
        self.nick = nick
        self.late_fences = []  # nobody waits any more for what holds one of these
        if register:
            if password:
                self.send(f"PASS {password}")
            self.send(f"NICK {nick}")
            self.send(f"USER {nick} 0 * :A visitor")
            if welcome:
                self.wait_welcome()

    def wait_welcome(self):
        self.expect(lambda m: m.command in ("376", "422"))
        return self

    def answer(self, message):
        if message.command == "PING":
            self.send_bytes(b"PONG :" + to_bytes(message.text) + b"\r\n")
            return True
        return message.command == "PRIVMSG" and any(late in message.text for late in self.late_fences)

    def join(self, channel, key=""):
        self.send(f"JOIN {channel} {key}".rstrip())
        self.expect(lambda m: m.command == "366" and m.params[1].lower() == channel.lower())
        return self

    def say(self, target, text):
        self.send(b"PRIVMSG " + to_bytes(target) + b" :" + to_bytes(text))

    def names(self, channel):
        """Nicks in a channel, now, without membership prefixes."""
        self.send(f"NAMES {channel}")
        lines = self.collect(lambda m: m.command == "366")
        found = set()
        for message in lines:
            if message.command == "353":
                found.update(nick.lstrip("~&@%+").partition("!")[0] for nick in message.text.split())
        return found

    def wait_for(self, nick, channel, timeout=PATIENCE):
        """Waits until `nick` is in the channel (we are in it ourselves)."""
        deadline = Deadline(timeout)
        while nick not in self.names(channel):
            assert not deadline.passed(), f"{nick} is not in {channel} within {timeout} s"
            try:
                self.expect(
                    lambda m: m.command in ("JOIN", "NICK") and nick in (m.nick, m.text),
                    timeout=min(1.0, deadline.left() + 0.01),
                )
            except AssertionError:
                if self.closed:
                    raise
        return self

    def expect_say(self, nick, text=None, target=None, timeout=PATIENCE):
        """The next PRIVMSG of `nick` (None: of anybody) whose text matches the regular expression."""
        pattern = re.compile(text) if text is not None else None

        def fits(message):
            return (
                message.command == "PRIVMSG"
                and (nick is None or message.nick == nick)
                and (target is None or message.target.lower() == target.lower())
                and (pattern is None or pattern.search(message.text))
            )

        fits.__doc__ = f"{nick} says {text!r}" + (f" to {target}" if target else "")
        return self.expect(fits, timeout)

    def ask(self, bot, channel, text, answer, timeout=PATIENCE):
        """Says something in a channel (or, with channel None, in private), and gives the bot's
        answer."""
        self.forget()
        self.say(channel or bot, text)
        return self.expect_say(bot, answer, target=channel or self.nick, timeout=timeout)

    def between(self, bot, channel, text, core=False):
        """What the bot says to `text`. Questions whose answers are known to come, and to be like no
        other, are asked after it: there is no waiting for what does not come."""
        self.forget()
        start = len(self.history)
        self.say(channel or bot, text)
        end, fences = self.fence(bot, channel, core)
        lines = self.history[start : self.history.index(end, start)]
        return [m for m in lines if m.nick == bot and m.command in ("PRIVMSG", "NOTICE")
                and not any(fence in m.text for fence in fences)]

    def fence(self, bot, channel, core=False, timeout=PATIENCE):
        """Asks until an answer comes: the bot has done with all that was said before. It goes
        through the same module host as other modules' answers, so that it comes after those;
        `core` asks the server itself. A question may get none, when an edit is in force too late
        for it or somebody is ignored; so it is not asked just once."""
        deadline = Deadline(timeout)
        patience = 0.5
        fences = []
        while True:
            number = next(_numbers)
            fences.append(f'"nothing{number}"' if core else f"1 + {number} = {number + 1}")
            self.say(channel or bot, f"!help nothing{number}" if core else f"!roll 1d1+{number}")
            try:
                end = self.expect(
                    lambda m: m.nick == bot and m.command == "PRIVMSG" and any(f in m.text for f in fences),
                    timeout=min(patience, deadline.left()))
            except AssertionError:
                if self.closed or deadline.passed():
                    raise
                patience *= 2
                continue
            self.late_fences += [fence for fence in fences if fence not in end.text]
            return end, fences

    def until(self, bot, channel, text, answer, core=False, timeout=PATIENCE):
        """Asks the same again and again, until something that the bot says to it fits the regular
        expression. The fences between keep it from being the same text in a row, which a bot does
        not say for ever. Gives that text."""

        def fits():
            said = [m.text for m in self.between(bot, channel, text, core)]
            return next((line for line in said if re.search(answer, line)), None)

        return wait_until(fits, timeout, f"{bot} says {answer!r} to {text!r}", step=0.05)

    def answered(self, bot, channel, call="!echo {}"):
        """Whether a call with a word like no other is answered with that word."""
        mark = unique("word")
        return any(mark in m.text for m in self.between(bot, channel, call.format(mark)))

    def until_answered(self, bot, channel, call="!echo there{}", answer="there{}", timeout=PATIENCE):
        """Calls again and again, until a call is answered: for a module that is not there yet, when
        nothing else that goes through its host can be asked."""
        deadline = Deadline(timeout)
        while True:
            mark = next(_numbers)
            try:
                return self.ask(bot, channel, call.format(mark), re.escape(answer.format(mark)), timeout=0.5)
            except AssertionError:
                if deadline.passed():
                    raise
