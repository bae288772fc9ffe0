"""The demo: two IRC servers, the bot on both, and a visitor. See deploy/demo."""

import json
import pathlib
import select
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests" / "integration"))

from harness.irc import unique  # noqa: E402
from harness.ircd import Ngircd  # noqa: E402
from harness.process import wait_until  # noqa: E402
from harness.redis import redis_cli  # noqa: E402
from harness.seshetd import Seshetd, network  # noqa: E402
from screen import Screen  # noqa: E402

CHANNEL = "#lobby"
BOTS = {"red": "Ruby", "blue": "Azure"}
VISITOR = "visitor"


class Stopped(BaseException):
    """^C, or the terminal was closed."""


class Demo:
    def __init__(self, build, once):
        self.build = build
        self.screen = Screen(0 if once or not sys.stdout.isatty() else 0.35)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="seshet-demo-"))
        self.folder.chmod(0o755)
        self.servers = {}
        self.visitors = {}
        self.bot = None
        self.shown = False  # all of it: from then on ^C is how one ends it
        self.log = open(self.folder / "seshetd.log", "w", encoding="utf-8")

    # ---- Parts -------------------------------------------------------------------------------

    def begin(self):
        screen = self.screen
        screen.title("seshet", "one bot server, two IRC networks, two identities")
        screen.heading("Two real IRC servers, and the bot on both")
        for name in BOTS:
            self.servers[name] = Ngircd(self.folder / name, name=f"{name}.example.test").start()
            self.visitors[name] = self.servers[name].client(VISITOR).join(CHANNEL)
            self.visitors[name].on_message = lambda m, name=name: self.show(name, m)
        self.bot = Seshetd(
            self.folder / "bot",
            self.build,
            {name: network(self.servers[name].port, nick, [CHANNEL], realname="A seshet bot")
             for name, nick in BOTS.items()},
            settings={"log": {"level": "info", "format": "json"}},
            on_log=lambda entry: print(json.dumps(entry), file=self.log, flush=True),
        )
        for name in ("greet", "crash"):
            shutil.copy(HERE / f"{name}.c", self.folder)
            self.compile(name, shown=False)
        self.bot.start()
        for name, nick in BOTS.items():
            screen.line(
                f"{screen.paint(name, f'{name:<6}')} ngircd on 127.0.0.1:{self.servers[name].port:<6}"
                f" bot {screen.paint('bold', nick)}"
            )
        screen.line()
        for name, nick in BOTS.items():
            self.visitors[name].wait_for(nick, CHANNEL)
        # Modules are examined in the background: the visitor comes in when the bot knows them.
        wait_until(lambda: {"greet", "crash", "dice"} <= set(self.modules()), 10, "the modules are there")
        screen.ok("The bot is in both channels, under its own name on each network.")

    def modules(self):
        listed = self.bot.ctl_json("module", "list")["modules"]
        return [m["name"] for m in listed if m["enabled"] and m["state"] == "ready"]

    def compile(self, name, shown=True):
        """Beside its place, then there by rename: nobody loads half a file."""
        target = self.bot.user_modules / f"{name}.so"
        new = target.with_suffix(".new")
        include = ROOT / "modules" / "include"
        command = ["cc", "-shared", "-fPIC", f"-I{include}", f"{name}.c", "-o", str(new)]
        subprocess.run(command, cwd=self.folder, check=True)
        new.rename(target)
        if shown:
            self.screen.shell(f"cc -shared -fPIC -I{include} {name}.c -o {new.relative_to(self.folder)}")
            self.screen.shell(f"mv {new.relative_to(self.folder)} {target.relative_to(self.folder)}")

    def redis(self, *words):
        shown = " ".join(shlex.quote(word) for word in words)
        output = redis_cli(self.bot.redis_socket, *words)
        self.screen.shell(f"redis-cli -s {self.bot.redis_socket} {shown}", output)

    # ---- Conversation ------------------------------------------------------------------------

    def show(self, name, message):
        if message.nick == VISITOR:
            return
        bot = message.nick == BOTS[name]
        if message.command == "PRIVMSG" and "\x01" not in message.text:
            if not self.is_hidden(message.text):
                self.screen.talk(name, message.target, message.nick, message.text, bot)
        elif message.command in ("JOIN", "PART", "QUIT", "NICK", "KICK") and self.bot.process:
            words = {"JOIN": "has joined", "PART": "has left", "QUIT": "has quit", "NICK": "changes its name",
                     "KICK": "kicks somebody"}
            self.screen.talk(name, CHANNEL, "*", f"{message.nick} {words[message.command]}", False)

    def is_hidden(self, text):
        """The answers to questions that only tell us that the answer before is complete."""
        return "nothing" in text and "There is no module or command" in text

    def say(self, name, text):
        self.screen.talk(name, CHANNEL, VISITOR, text, False)
        self.visitors[name].say(CHANNEL, text)

    def ask(self, name, text, answer):
        self.say(name, text)
        return self.visitors[name].expect_say(BOTS[name], answer, target=CHANNEL).text

    def ask_both(self, text, answer):
        for name in BOTS:
            self.ask(name, text, answer)

    def silent(self, name, text):
        """The question is not answered: what is asked after it is."""
        self.say(name, text)
        visitor, bot = self.visitors[name], BOTS[name]
        visitor.say(CHANNEL, f"!help {unique('nothing')}")
        lines = visitor.collect(lambda m: m.nick == bot and self.is_hidden(m.text))
        assert not [m for m in lines[:-1] if m.nick == bot], "it was answered"
        self.screen.silence(name, CHANNEL, BOTS[name])

    def connection(self, name):
        """When the bot's connection was made, as the IRC server has it."""
        visitor, bot = self.visitors[name], BOTS[name]
        visitor.send(f"WHOIS {bot} {bot}")
        lines = visitor.collect(lambda m: m.command == "318")
        return [m.params[3] for m in lines if m.command == "317"][0]

    # ---- What is shown -----------------------------------------------------------------------

    def show_help(self):
        self.screen.heading("A newcomer asks")
        self.ask_both("!help", r"dice: Rolls dice")
        self.screen.ok("!help names what is enabled here, in a line each.")

    def show_dice(self):
        self.screen.heading("Dice, on both networks")
        self.ask_both("!roll", r"^visitor: [1-6]$")
        self.ask_both("!roll 2d6+1", r"^visitor: \d \+ \d \+ 1 = \d+$")
        for name, nick in BOTS.items():
            self.ask(name, f"{nick}: roll 20", r"^visitor: \d+$")
        self.screen.ok("Each command was answered on its own network.")

    def show_registry(self):
        screen = self.screen
        screen.heading("A module is switched off in one channel, with redis-cli")
        key = "seshet:network:red:module:dice:dchannels"
        self.redis("SADD", key, CHANNEL)
        self.settle("red", False)
        self.silent("red", "!roll")
        self.ask("blue", "!roll", r"^visitor: [1-6]$")
        screen.ok("The edit held for the next message, on that network alone.")
        self.redis("SREM", key, CHANNEL)
        self.settle("red", True)
        self.ask("red", "!roll", r"^visitor: [1-6]$")
        screen.ok("And on again.")

    def settle(self, name, wanted):
        """The edit travels for a few milliseconds; redis-cli returns before that."""
        def asked():
            return ("dice" in self.listed(name)) == wanted

        wait_until(asked, 5, "the edit is seen")

    def listed(self, name):
        """The modules that !list names in the channel; not a part of the show. What is asked before
        keeps the same answer from being given too often in a row."""
        visitor, bot = self.visitors[name], BOTS[name]
        shown, visitor.on_message = visitor.on_message, None
        try:
            visitor.say(CHANNEL, f"!list {unique('nothing')}")
            visitor.expect_say(bot, "no module", target=CHANNEL)
            visitor.say(CHANNEL, "!list")
            text = visitor.expect_say(bot, r"^visitor: [a-z, ]+$", target=CHANNEL).text
        finally:
            visitor.on_message = shown
        return text.partition(": ")[2].split(", ")

    def show_reload(self):
        screen = self.screen
        screen.heading("A module's source is edited; nobody reconnects")
        before = {name: self.connection(name) for name in BOTS}
        hosts = self.hosts()
        self.ask_both("!greet", r"^Hello, visitor!$")
        source = self.folder / "greet.c"
        source.write_text(source.read_text().replace("Hello, %s!", "A very good day to you, %s."))
        screen.shell(f"cd {self.folder}")
        screen.shell("sed -i 's/Hello, %s!/A very good day to you, %s./' greet.c")
        self.compile("greet")
        wait_until(lambda: set(self.hosts().values()).isdisjoint(hosts.values()), 10,
                   "a new generation of module hosts")
        self.ask_both("!greet", r"^A very good day to you, visitor\.$")
        after = {name: self.connection(name) for name in BOTS}
        assert before == after, "the bot has reconnected"
        for name, nick in BOTS.items():
            since = time.strftime("%H:%M:%S", time.localtime(int(after[name])))
            screen.note(f"{name:<6} WHOIS {nick}: signed on at {since}, as before")
        screen.ok("The new code answers, on the same connections.")

    def hosts(self):
        """Network -> pid of its module host."""
        status = self.bot.ctl_json("status")
        return {h["network"]: h["pid"] for h in status["modhosts"] if h["pid"] > 0}

    def show_crash(self):
        screen = self.screen
        screen.heading("A module crashes on one network; the other goes on")
        before = self.hosts()
        mark = self.bot.mark()
        self.say("red", "!crash")
        self.ask("blue", "!greet", r"good day")
        fault = self.bot.wait_log(since=mark, network="red", module="crash")
        screen.note(f"seshetd's log: {fault['level']} [red/crash] {fault['msg']}")
        self.ask("red", "!greet", r"good day")
        after = self.hosts()
        assert before["blue"] == after["blue"], "the other network's module host was ended too"
        assert before["red"] != after["red"]
        screen.note(f"red    module host: process {before['red']} has died, {after['red']} serves now")
        screen.note(f"blue   module host: still process {after['blue']}")
        screen.ok("One event was lost, on one network. Nobody left the channel.")

    def run(self):
        self.begin()
        self.show_help()
        self.show_dice()
        self.show_registry()
        self.show_reload()
        self.show_crash()
        self.shown = True

    # ---- Afterwards --------------------------------------------------------------------------

    def invite(self):
        screen = self.screen
        screen.heading("Your turn")
        screen.line("Join with any IRC client (plain text, no password), and say !help:")
        for name, nick in BOTS.items():
            screen.line(
                f"  {screen.paint(name, f'{name:<6}')} 127.0.0.1 port {self.servers[name].port:<6} "
                f"channel {CHANNEL}   bot {nick}"
            )
        screen.line()
        screen.line("Look inside:")
        for command in (
            f"redis-cli -s {self.bot.redis_socket} SMEMBERS seshet:modules",
            f"redis-cli -s {self.bot.redis_socket} HSET seshet:module:dice enabled no",
            f"{self.build}/bin/seshetctl status --socket {self.bot.control}",
            f"{self.build}/bin/seshetctl module list --socket {self.bot.control}",
            f"tail -f {self.folder}/seshetd.log",
            f"ls {self.bot.networks_dir} {self.bot.user_modules}",
        ):
            screen.line("  " + screen.paint("shell", "$ " + command))
        screen.line()
        screen.line(screen.paint("bold", "^C ends everything.") + " Until then, what is said is shown here:")
        screen.line()
        screen.pause = 0
        while self.bot.process.running():
            sockets = {visitor.sock: visitor for visitor in self.visitors.values()}
            for sock in select.select(list(sockets), [], [], 1)[0]:
                sockets[sock]._receive(0)
                sockets[sock].unread.clear()
        raise AssertionError("seshetd has ended by itself")

    def end(self):
        # The parts go in peace; a second ^C does not stop that.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for visitor in self.visitors.values():
            visitor.on_message = None
        try:
            if self.bot and self.bot.process:
                self.bot.stop()
        finally:
            if self.bot:
                self.bot.abort()
            for server in self.servers.values():
                server.stop()
            self.log.close()
            shutil.rmtree(self.folder, ignore_errors=True)


def on_signal(_number, _frame):
    raise Stopped


def main():
    build, once = pathlib.Path(sys.argv[1]), "--once" in sys.argv[2:]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    demo = Demo(build, once)
    status = 0
    try:
        demo.run()
        if not once:
            demo.invite()
    except Stopped:
        status = 0 if demo.shown else 130
        print()
    except (AssertionError, OSError, KeyError, subprocess.CalledProcessError) as error:
        demo.screen.bad(f"Not as expected: {error}")
        if demo.bot:
            print("\nThe last lines of seshetd's log:\n" + demo.bot.log_tail(25))
        status = 1
    try:
        demo.end()
    except AssertionError as error:
        demo.screen.bad(f"It did not end well: {error}")
        status = 1
    if status == 0 and once:
        demo.screen.line(f"{demo.screen.passed} checks, all as expected. Everything has ended.")
        print()
    return status


if __name__ == "__main__":
    sys.exit(main())
