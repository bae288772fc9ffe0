"""Both ends of a bot whose registry is measured: Redis by its own protocol, and the IRC side."""

import collections
import os
import pathlib
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/integration"))

from harness.redis import Redis  # noqa: E402
from harness.seshetd import Seshetd, network  # noqa: E402

CHANNEL = "#bench"
FRIEND = "friend"
MODULES = ("echo", "dice")  # dice says when echo would have answered, if it had


def build(folder):
    """A Release build of what is measured."""
    targets = ["seshetd", "seshet-modhost", "seshetctl", *(f"module_{name}" for name in MODULES)]
    generator = ["-G", "Ninja"] if shutil.which("ninja") else []
    if (folder / "CMakeCache.txt").exists():
        generator = []
    for argv in (["cmake", "-S", ROOT, "-B", folder, "-DCMAKE_BUILD_TYPE=Release", "-DSESHET_SANITIZE=",
                  "-DSESHET_TESTS=ON", *generator],
                 ["cmake", "--build", folder, "--parallel", str(os.cpu_count()), "--target", *targets]):
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False)
        if done.returncode:
            sys.exit("the build failed:\n" + done.stdout)


class RedisClient:
    """What redis-cli does, without starting a process for each command."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(path))
        self.stream = self.sock.makefile("rb")

    @staticmethod
    def encode(*words):
        parts = [str(word).encode() for word in words]
        return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)

    def send(self, *words):
        self.sock.sendall(self.encode(*words))

    def read(self):
        line = self.stream.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if kind == b"$":
            length = int(rest)
            return None if length < 0 else self.stream.read(length + 2)[:-2].decode()
        if kind == b"*":
            return [self.read() for _ in range(int(rest))]
        return int(rest) if kind == b":" else rest.decode()

    def do(self, *words):
        self.send(*words)
        return self.read()

    def many(self, commands, batch=2000):
        """All of them, pipelined."""
        waiting = 0
        chunk = []
        for words in commands:
            chunk.append(self.encode(*words))
            if len(chunk) == batch:
                self.sock.sendall(b"".join(chunk))
                for _ in range(waiting):
                    self.read()
                waiting, chunk = len(chunk), []
        self.sock.sendall(b"".join(chunk))
        for _ in range(waiting + len(chunk)):
            self.read()


class Network:
    """One connection of a bot: a network with one channel, the bot and a friend in it."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = b""
        self.nick = None
        self.user = False
        self.negotiating = False
        self.welcomed = False
        self.joined = False
        self.said = collections.deque()  # (time, text) of what the bot says

    def send(self, *lines):
        self.sock.sendall("".join(line + "\r\n" for line in lines).encode())

    def receive(self):
        try:
            data = self.sock.recv(65536)
        except BlockingIOError:
            return True
        if not data:
            return False
        now = time.monotonic()
        *lines, self.buffer = (self.buffer + data).split(b"\n")
        for line in lines:
            self.answer(line.decode(errors="replace").rstrip("\r"), now)
        return True

    def answer(self, line, now):
        command, _, rest = line.partition(" ")
        if command == "PRIVMSG":
            self.said.append((now, rest.partition(" :")[2]))
        elif command == "PING":
            self.send(":irc PONG irc " + rest)
        elif command == "CAP":
            self.negotiating = rest.startswith("LS")
            if self.negotiating:
                self.send(":irc CAP * LS :")
        elif command == "NICK":
            self.nick = rest.lstrip(":")
        elif command == "USER":
            self.user = True
        elif command == "JOIN":
            self.send(f":{self.nick}!u@bot JOIN {CHANNEL}",
                      f":irc 353 {self.nick} = {CHANNEL} :{self.nick} {FRIEND}",
                      f":irc 366 {self.nick} {CHANNEL} :End")
            self.joined = True
        elif command == "WHO":
            self.send(f":irc 315 {self.nick} {CHANNEL} :End")
        elif command == "MODE" and rest.startswith("#"):
            self.send(f":irc 324 {self.nick} {CHANNEL} +n")
        if self.nick and self.user and not self.negotiating and not self.welcomed:
            self.welcomed = True
            self.send(f":irc 001 {self.nick} :Welcome",
                      f":irc 005 {self.nick} CASEMAPPING=rfc1459 CHANTYPES=# :are supported",
                      f":irc 422 {self.nick} :No MOTD")


class IrcSide:
    """Where bots connect to, all networks at once, in one thread."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.listener.setblocking(False)
        self.port = self.listener.getsockname()[1]
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.networks = []

    def pump(self, timeout):
        for key, _ in self.selector.select(timeout):
            if key.data is None:
                sock = self.listener.accept()[0]
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.setblocking(False)
                self.networks.append(Network(sock))
                self.selector.register(sock, selectors.EVENT_READ, self.networks[-1])
            elif not key.data.receive():
                self.selector.unregister(key.fileobj)

    def wait_joined(self, count, timeout=60):
        end = time.monotonic() + timeout
        while sum(n.joined for n in self.networks) < count:
            self.pump(0.1)
            if time.monotonic() > end:
                raise TimeoutError(f"not on {count} networks within {timeout} s")
        return self.networks

    def close(self):
        for n in self.networks:
            n.sock.close()
        self.listener.close()


class Prober:
    """Asks one network's bot again and again, and knows how each message was decided. Each message
    has a source of its own, so that no limit is met."""

    def __init__(self, net):
        self.net = net
        self.count = 0
        self.waiting = collections.OrderedDict()  # number: [time sent, answered]
        self.decided = collections.deque()  # (time sent, answered, time of the verdict)

    def probe(self, text):
        self.count += 1
        number = self.count
        self.waiting[number] = [time.monotonic(), False]
        self.net.send(
            f":p{number}!u@h{number}.example PRIVMSG {CHANNEL} :{text.format(f'probe{number}')}",
            f":s{number}!u@s{number}.example PRIVMSG {CHANNEL} :!roll 1d1+{number}")

    def collect(self):
        while self.net.said:
            now, text = self.net.said.popleft()
            word = text.rpartition("probe")[2]
            if "probe" in text and word.isdigit():
                if int(word) in self.waiting:
                    self.waiting[int(word)][1] = True
            elif ": 1 + " in text:
                number = int(text.partition(": 1 + ")[2].split()[0])
                sent, answered = self.waiting.pop(number)
                self.decided.append((sent, answered, now))


class Site:
    """A Redis, and any number of seshetd that share it; everything below one folder."""

    def __init__(self, build):
        self.build = pathlib.Path(build)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="seshet-registry-"))
        self.redis = None
        self.bots = []

    def start_redis(self):
        self.redis = Redis(self.folder / "redis").start()
        return RedisClient(self.redis.socket)

    def start_bot(self, name, port, networks, connect=True, level="info"):
        folder = self.folder / name
        modules = folder / "system"
        modules.mkdir(parents=True)
        for module in MODULES:
            shutil.copy(self.build / f"lib/seshet/modules/{module}.so", modules)
        configured = {net: network(port, net, (CHANNEL,), connect=connect) for net in networks}
        bot = Seshetd(folder, self.build, configured, registry=f"unix://{self.redis.socket}",
                      settings={"log": {"level": level, "format": "json"}})
        bot.settings["modules"]["system_dir"] = str(modules)
        bot.write_main()
        self.bots.append(bot)
        return bot.start()

    def close(self):
        for bot in self.bots:
            bot.abort()
        if self.redis:
            self.redis.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def quantile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(q * len(values)))]
