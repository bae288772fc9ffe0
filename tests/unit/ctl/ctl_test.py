"""seshetctl against a server of our own: ctl_test.py PATH-OF-SESHETCTL [unittest arguments]."""
import json
import os
import pty
import re
import select
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unittest
import fcntl

SESHETCTL = None

STATUS = {
    "version": "0.1.0", "pid": 4711, "uptime_ms": 273_600_000, "config": "/etc/seshet/seshet.conf",
    "registry": {"uri": "redis://db.example.org:6379/0", "state": "ready", "reason": "",
                 "generation": 12, "modules": 3},
    "networks": [
        {"network": "libera", "state": "online", "reason": "", "nick": "seshet",
         "server": "zirconium.libera.chat:6697", "tls": True, "channels": 12, "lag_ms": 23,
         "since_ms": 200_000_000, "queue": 0, "lines_in": 1_234_567, "lines_out": 4321},
        {"network": "intern", "state": "connecting",
         "reason": "irc.internal.example: Connection refused; next try in 40 s", "nick": "helfer_ä",
         "server": "", "tls": False, "channels": 0, "lag_ms": -1, "since_ms": 61_000, "queue": 3,
         "lines_in": 0, "lines_out": 0}],
    "modhosts": [
        {"network": "libera", "group": "default", "pid": 4712, "state": "ready", "generation": 2,
         "modules": ["dice", "seen"], "queued": 0, "faults": 1, "restarts": 1}],
    "errors": ["/etc/seshet/networks.d/oftc.conf:7: unknown key \"chanels\"; did you mean "
               "\"channels\"?"]}

MODULES = {"modules": [
    {"name": "dice", "registered": True, "enabled": True, "version": "1.0", "description": "Rolls dice.",
     "file": "/usr/lib/seshet/modules/dice.so", "state": "ready", "error": "",
     "commands": ["roll"],
     "networks": [{"network": "libera", "enabled": True},
                  {"network": "intern", "enabled": True, "quarantined": True}]},
    {"name": "seen", "registered": True, "enabled": False, "version": "1.2", "description": "Who was seen last.",
     "file": "/usr/lib/seshet/modules/seen.so", "state": "ready", "error": "",
     "commands": ["seen", "last"],
     "networks": [{"network": "libera", "enabled": True, "refused": True},
                  {"network": "intern", "enabled": False}]},
    {"name": "broken", "registered": False, "enabled": False, "version": "", "description": "",
     "file": "/srv/modules/broken.so", "state": "error",
     "error": "undefined symbol: seshet_frobnicate", "commands": [], "networks": []}]}


LIMNORIA_USERS = """user 1
  name Alice
  hashed True
  password 1a2b3c4d|0123456789abcdef0123456789abcdef01234567
  capability owner
  shoesize 43
  capability #c,op
  hostmask alice!*@host.example

"""
LIMNORIA_CHANNELS = "channel #c\r\n  lobotomized False\r\n  defaultAllow False\r\n\r\n"


def join(whole, part):
    """A part of a document into what came before."""
    for key, value in part.items():
        if isinstance(value, dict):
            join(whole.setdefault(key, {}), value)
        else:
            whole[key] = value


class Server:
    """Answers every line with what `answer` returns: an object, or bytes as they are."""

    def __init__(self, path, answer):
        self.requests = []
        self.answer = answer
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(path)
        self.socket.listen(8)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            with peer:
                line = peer.makefile("rb").readline()
                self.requests.append(json.loads(line))
                answer = self.answer(self.requests[-1])
                if not isinstance(answer, bytes):
                    answer = json.dumps(answer).encode() + b"\n"
                peer.sendall(answer)

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(5)


def good(request):
    result = {"status": STATUS, "module list": MODULES}[request["command"]]
    return {"ok": True, "result": result}


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="seshet-ctl-")
        self.path = os.path.join(self.dir, "control.sock")
        self.server = None

    def tearDown(self):
        if self.server:
            self.server.close()
        shutil.rmtree(self.dir)

    def serve(self, answer=good):
        self.server = Server(self.path, answer)

    def environment(self, **changes):
        env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "SESHET_CONF")}
        env["TERM"] = "xterm"
        env.update(changes)
        return env

    def run_ctl(self, *args, env=None):
        return subprocess.run([SESHETCTL, *args], capture_output=True, text=True, timeout=20,
                              env=env or self.environment())

    def ask(self, *args):
        return self.run_ctl("--socket", self.path, *args)

    def on_terminal(self, width, *args, **env):
        """What appears on a terminal of that width."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
        child = subprocess.Popen([SESHETCTL, "--socket", self.path, *args], stdin=slave,
                                 stdout=slave, stderr=slave, env=self.environment(**env))
        os.close(slave)
        seen = b""
        while select.select([master], [], [], 20)[0]:
            try:
                part = os.read(master, 65536)
            except OSError:
                break
            if not part:
                break
            seen += part
        os.close(master)
        self.assertEqual(child.wait(20), 0)
        return seen.decode().replace("\r\n", "\n")


class Machine(Case):
    def test_status(self):
        self.serve()
        done = self.ask("status")
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(self.server.requests, [{"command": "status"}])
        self.assertEqual(done.stdout.splitlines(), [
            "seshetd\t0.1.0\t4711\t273600000\t/etc/seshet/seshet.conf",
            "registry\tredis://db.example.org:6379/0\tready\t12\t3\t",
            "network\tlibera\tonline\t200000000\tseshet\tzirconium.libera.chat:6697\tyes\t12\t23"
            "\t0\t1234567\t4321\t",
            "network\tintern\tconnecting\t61000\thelfer_ä\t\tno\t0\t-1\t3\t0\t0"
            "\tirc.internal.example: Connection refused; next try in 40 s",
            "modhost\tlibera\tdefault\t\tready\t4712\t2\t0\t1\t1\tdice,seen",
            "sandbox\t",
            "error\t/etc/seshet/networks.d/oftc.conf:7: unknown key \"chanels\"; did you mean "
            "\"channels\"?"])

    def test_module_list(self):
        self.serve()
        done = self.ask("module", "list")
        self.assertEqual(done.stdout.splitlines(), [
            "module\tdice\tyes\tready\t1.0\tlibera,intern\troll\tRolls dice."
            "\t/usr/lib/seshet/modules/dice.so\t\tintern\t",
            "module\tseen\tno\tready\t1.2\tlibera\tseen,last\tWho was seen last."
            "\t/usr/lib/seshet/modules/seen.so\t\t\tlibera",
            "module\tbroken\tunregistered\terror\t\t\t\t\t/srv/modules/broken.so"
            "\tundefined symbol: seshet_frobnicate\t\t"])

    def test_json(self):
        self.serve()
        self.assertEqual(json.loads(self.ask("--json", "status").stdout), STATUS)
        self.assertEqual(json.loads(self.ask("module", "list", "--json").stdout), MODULES)

    def test_empty_answers(self):
        self.serve(lambda request: {"ok": True, "result": {}})
        self.assertEqual(self.ask("status").returncode, 0)
        self.assertEqual(self.ask("module", "list").stdout, "")

    def test_wrong_types(self):
        self.serve(lambda request: {"ok": True, "result": {"networks": [5, {"nick": []}],
                                                           "modules": "x", "errors": [1]}})
        self.assertEqual(self.ask("status").returncode, 0)
        self.assertEqual(self.ask("module", "list").returncode, 0)

    def test_fields_stay_fields(self):
        self.serve(lambda request: {"ok": True, "result": {"errors": ["a\tb\nc\x1b[2J"]}})
        self.assertIn("error\ta?b?c?[2J\n", self.ask("status").stdout)


class Terminal(Case):
    def test_fits_80_columns(self):
        self.serve()
        text = self.on_terminal(80, "status", NO_COLOR="1")
        for line in text.splitlines():
            if not line.startswith("  "):  # notes are whole, and may wrap
                self.assertLessEqual(len(line), 80, line)
        self.assertIn("seshetd 0.1.0, pid 4711, up 3d 4h, /etc/seshet/seshet.conf\n"
                      "registry ready, redis://db.example.org:6379/0, generation 12, modules 3\n",
                      text)
        self.assertIn("intern: irc.internal.example: Connection refused; next try in 40 s", text)
        # Narrowed first; only what still does not fit is left out.
        self.assertRegex(text, r"(?m)^NETWORK .* SERVER .* QUEUE$")
        self.assertRegex(text, r"(?m)^libera +online .* zirconium\S*… ")

    def test_wide(self):
        self.serve()
        text = self.on_terminal(200, "status", NO_COLOR="1")
        self.assertRegex(text, r"(?m)^NETWORK +STATE +FOR +NICK +SERVER +TLS +CHANNELS +LAG +QUEUE"
                               r" +IN +OUT$")
        self.assertRegex(text, r"(?m)^libera +online +2d 7h +seshet +zirconium.libera.chat:6697"
                               r" +yes +12 +23ms +0 +1\.2M +4321$")

    def test_empty_columns_are_left_out(self):
        fields = [{"field": "enabled", "value": "yes", "from": "shared", "shared": "",
                   "help": "whether the module runs"}]
        self.serve(lambda request: {"ok": True, "result": {"module": "dice", "fields": fields}})
        self.assertRegex(self.on_terminal(80, "module", "show", "dice", NO_COLOR="1"),
                         "FIELD +VALUE +FROM +MEANS\n")
        fields[0]["shared"] = "no"
        self.assertRegex(self.on_terminal(80, "module", "show", "dice", NO_COLOR="1"),
                         "FIELD +VALUE +FROM +SHARED +MEANS\n")

    def test_columns_are_aligned(self):
        self.serve()
        lines = self.on_terminal(200, "status", NO_COLOR="1").splitlines()
        first = next(i for i, line in enumerate(lines) if line.startswith("NETWORK"))
        at = lines[first].index("SERVER")
        self.assertEqual(lines[first + 1][at:at + 9], "zirconium")
        self.assertEqual(lines[first + 2][at:at + 2], "- ")

    def test_colours(self):
        self.serve()
        self.assertIn("\x1b[32monline\x1b[0m", self.on_terminal(200, "status"))
        self.assertNotIn("\x1b", self.on_terminal(200, "status", NO_COLOR="1"))
        self.assertNotIn("\x1b", self.on_terminal(200, "status", TERM="dumb"))
        plain = re.sub(r"\x1b\[[0-9]*m", "", self.on_terminal(200, "status"))
        self.assertEqual(plain, self.on_terminal(200, "status", NO_COLOR="1"))

    def test_module_list(self):
        self.serve()
        text = self.on_terminal(80, "module", "list", NO_COLOR="1")
        self.assertIn("broken: undefined symbol: seshet_frobnicate\n", text)
        self.assertIn("seen: its load was refused on libera: seshetctl module show seen\n", text)
        for line in text.splitlines():
            self.assertLessEqual(len(line), 80, line)
        # What people look for stays whole, before the version does.
        self.assertIn("Who was seen last.", text)

    def test_module_why(self):
        rule = {"name": "enick", "item": "$me", "decides": False, "text": "a nick is there"}
        self.serve(lambda request: {"ok": True, "result": {
            "module": "dice", "network": "libera", "event": "message", "command": "roll",
            "source": "a!b@c", "account": "", "channel": "#a,#b", "allowed": True, "rule": 8,
            "reason": "enick", "sentence": "a nick is there", "rules": [
                {**rule, "rule": 5, "name": "dchannel", "outcome": "passes", "place": "#a",
                 "item": "#a"},
                {**rule, "rule": 8, "outcome": "allows", "place": "#b", "decides": True},
                {**rule, "rule": 12, "outcome": "refuses", "place": "#b", "item": "*!*@c"},
                {**rule, "rule": 13, "outcome": "skipped", "text": "not looked at"},
                {**rule, "rule": 14, "outcome": "skipped", "text": "not looked at"}]}})
        shown = self.on_terminal(80, "module", "why", "dice", NO_COLOR="1").splitlines()
        self.assertEqual(shown[0], "dice on libera, command roll in #a,#b from a!b@c: yes "
                                   "(rule 8, enick: a nick is there)")
        self.assertIn("in #a: a nick is there", shown[3])
        self.assertNotIn("there: #a", shown[3])
        self.assertTrue(shown[4].endswith("allows <-  in #b: a nick is there: $me"), shown[4])
        self.assertEqual(shown[-1], "  (2 more were not looked at)")
        self.assertEqual(self.ask("module", "why", "dice").stdout.count("\tskipped\t"), 2)
        self.assertTrue(shown[5].endswith("  a nick is there: *!*@c"), shown[5])

    def test_nothing_moves_the_cursor(self):
        self.serve(lambda request: {"ok": True, "result": {"modules": [
            {"name": "a\x1b]0;owned\x07\u202e\x9b2J\n", "error": "\x1b[2J"}]}})
        text = self.on_terminal(80, "module", "list", NO_COLOR="1")
        self.assertNotRegex(text, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")
        self.assertIn("a?]0;owned???2J?", text)


class Failures(Case):
    def check(self, done, status, text):
        self.assertEqual(done.stderr, "seshetctl: " + text + "\n")
        self.assertEqual(done.returncode, status)
        self.assertEqual(done.stdout, "")

    def test_no_server(self):
        self.check(self.ask("status"), 3, f"no seshetd answers at {self.path}: is it running? "
                                          "(start it with: seshetd -c FILE)")

    def test_stale_socket(self):
        with socket.socket(socket.AF_UNIX) as stale:
            stale.bind(self.path)
        self.assertEqual(self.ask("status").returncode, 3)

    def test_refused(self):
        self.serve(lambda request: {"ok": False, "error": "not today\x1b[2J"})
        self.check(self.ask("status"), 1, "not today?[2J")
        self.check(self.ask("--json", "status"), 1, "not today?[2J")

    def test_closed_without_answer(self):
        self.serve(lambda request: b"")
        self.check(self.ask("status"), 3,
                   f"seshetd at {self.path} closed the connection without an answer")

    def test_no_seshetd(self):
        self.serve(lambda request: b"220 mail.example.org ESMTP\n")
        self.check(self.ask("status"), 3, f"what answers at {self.path} is no seshetd")

    def test_usage(self):
        self.check(self.ask("staus"), 2, 'unknown command "staus"; did you mean "status"?')
        self.check(self.ask("modul", "list"), 2,
                   'unknown command "modul list"; did you mean "module list"?')
        self.check(self.ask("network", "frobnicate"), 2,
                   '"network frobnicate" is no command; after "network" comes one of: list, show, '
                   "connect, disconnect, rehash, channels, ignores, unignore")
        self.check(self.ask("quux"), 2, 'unknown command "quux"; help lists them')
        self.check(self.ask("status", "now"), 2,
                   'status takes no arguments, but "now" follows; usage: status')
        self.check(self.ask("status", "--nosuch"), 2, "status has no option --nosuch; usage: status")
        self.check(self.ask("module", "enable", "dice", "--netwrok", "one"), 2,
                   "module enable has no option --netwrok (did you mean --network?); usage: module "
                   "enable NAME [--network NET]")
        self.check(self.ask("--jsno", "status"), 2, "there is no option --jsno; did you mean --json?")
        self.check(self.ask("-x", "status"), 2, "there is no option -x; help lists them")
        self.check(self.ask("completion", "zsh"), 2,
                   "there is a completion for bash: . <(seshetctl completion bash)")
        for words in (["-c"], ["status", "--config"], ["--socket"]):
            self.check(self.run_ctl(*words), 2, f"{words[-1]} needs a file's name behind it")
        self.check(self.ask(), 2, "no command given; help lists them")
        self.check(self.ask("-c", "x", "status"), 2,
                   "-c and --socket both name a server: give one of the two")
        self.assertEqual(self.run_ctl("--wrong").returncode, 2)


class Configuration(Case):
    def write(self, text):
        path = os.path.join(self.dir, "seshet.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_socket_of_the_configuration(self):
        self.serve()
        # The password belongs to the server; who only asks may not be able to read it.
        path = self.write('registry = { password_file = "not-there"; };\nstate_dir = ".";\n')
        done = self.run_ctl("-c", path, "--json", "status")
        self.assertEqual(done.stderr, "")
        self.assertEqual(json.loads(done.stdout), STATUS)
        for words, env in (((), {"SESHET_CONF": path}), (("--config", path), {}),
                           ((f"--config={path}",), {})):
            done = self.run_ctl(*words, "--json", "status", env=self.environment(**env))
            self.assertEqual(json.loads(done.stdout), STATUS)

    def test_names_the_configuration(self):
        path = self.write('control = { socket = "control.sock"; };')
        done = self.run_ctl("-c", path, "status")
        self.assertEqual(done.returncode, 3)
        self.assertIn(f"(start it with: seshetd -c {path})", done.stderr)

    def test_broken_configuration(self):
        path = self.write('contrl = { };\nlog = { level = "x"; };')
        done = self.run_ctl("-c", path, "status")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr.splitlines(), [
            f'seshetctl: {path}:1: unknown key "contrl"; did you mean "control"?',
            f'seshetctl: {path}:2: log.level must be one of debug, info, warn, error, not "x"'])

    def test_missing_configuration(self):
        done = self.run_ctl("-c", "/nonexistent.conf", "status")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr,
                         "seshetctl: /nonexistent.conf: cannot be read: No such file or directory\n")


class Local(Case):
    def test_help_and_version(self):
        shown = self.run_ctl("--help")
        self.assertEqual(shown.returncode, 0)
        self.assertEqual(self.run_ctl("help").stdout, shown.stdout)
        self.assertIn("module list", shown.stdout)
        self.assertRegex(self.run_ctl("--version").stdout, r"^seshetctl \d+\.\d+\.\d+\n$")

    def test_help_of_a_command(self):
        for words in (["help", "module", "set"], ["module", "set", "--help"]):
            shown = self.run_ctl(*words)
            self.assertEqual((shown.returncode, shown.stderr), (0, ""))
            self.assertEqual(shown.stdout.splitlines()[0],
                             "usage: seshetctl module set NAME FIELD VALUE... [--network NET]")
            self.assertIn("--network NET", shown.stdout)
        self.assertEqual(self.run_ctl("help", "quux").returncode, 2)
        shown = self.run_ctl("completion", "--help")
        self.assertIn(". <(seshetctl completion bash)", shown.stdout)

    def test_help_fits_80_columns(self):
        names = re.findall(r"(?m)^  ([a-z]+(?: [a-z]+){0,2})  +[A-Z]", self.run_ctl("help").stdout)
        self.assertGreater(len(names), 45)
        for name in ["", *names]:
            shown = self.run_ctl("help", *name.split())
            self.assertEqual(shown.returncode, 0, name)
            self.assertEqual([l for l in shown.stdout.splitlines() if len(l) > 79], [], name)
        shown = self.run_ctl("help", "module", "why").stdout.splitlines()
        self.assertEqual(shown[1], "                 [--account ACCOUNT] [--channel CHANNEL] "
                                   "[--text TEXT]")

    def test_help_of_a_group(self):
        shown = self.run_ctl("help", "module")
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        lines = shown.stdout.splitlines()
        self.assertEqual(lines[0], "usage: seshetctl module COMMAND")
        self.assertIn("  module why             Would it answer? Each rule, and the one that decides",
                      lines)
        self.assertGreaterEqual(len([l for l in lines if l.startswith("  module ")]), 11)
        self.assertNotIn("network list", shown.stdout)
        for words in (["module", "--help"], ["--help", "module"]):
            self.assertEqual(self.run_ctl(*words).stdout, shown.stdout)
        inner = self.run_ctl("user", "hostmask", "--help")
        self.assertEqual(inner.returncode, 0)
        self.assertIn("  user hostmask add ", inner.stdout)
        self.assertNotIn("user services", inner.stdout)
        self.assertEqual(self.run_ctl("help", "status").stdout.splitlines()[0],
                         "usage: seshetctl status")
        self.assertEqual(self.run_ctl("help", "modul").returncode, 2)
        alone = self.run_ctl("module")
        self.assertEqual((alone.returncode, alone.stdout), (2, ""))
        self.assertEqual(alone.stderr,
                         "seshetctl: that is no command by itself\n" + shown.stdout)


class Arguments(Case):
    """What the words of a command become."""

    def sent(self, *words):
        self.server.requests.clear()
        done = self.ask(*words)
        self.assertEqual(done.stderr, "", words)
        return self.server.requests[0]

    def refused(self, *words):
        self.server.requests.clear()
        done = self.ask(*words)
        self.assertEqual((done.returncode, self.server.requests), (2, []))
        return done.stderr

    def setUp(self):
        super().setUp()
        self.serve(lambda request: {"ok": True, "result": {}})

    def test_words(self):
        self.assertEqual(
            self.sent("module", "set", "dice", "description", "Rolls", "all", "--network", "one",
                      "dice"),
            {"command": "module set", "args": {"name": "dice", "field": "description",
                                               "value": "Rolls all dice", "network": "one"}})
        self.assertEqual(
            self.sent("module", "add", "--network=one", "dice", "blacklist", "*!*@a", "*!*@b"),
            {"command": "module add", "args": {"name": "dice", "list": "blacklist",
                                               "items": ["*!*@a", "*!*@b"], "network": "one"}})
        self.assertEqual(self.sent("module", "reload"), {"command": "module reload"})
        self.assertEqual(self.sent("module", "reload", "dice")["args"], {"name": "dice"})

    def test_options_end(self):
        self.assertEqual(
            self.sent("module", "set", "dice", "--", "usage", "--json", "--network")["args"],
            {"name": "dice", "field": "usage", "value": "--json --network"})

    def test_what_is_missing_or_too_much(self):
        self.assertIn("module set needs VALUE...; usage: module set NAME FIELD VALUE... "
                      "[--network NET]", self.refused("module", "set", "dice", "usage"))
        self.assertIn('"more" is too much', self.refused("module", "enable", "dice", "more"))
        self.assertIn("--network needs NET", self.refused("module", "enable", "dice", "--network"))
        self.assertIn("--network is given twice",
                      self.refused("module", "enable", "dice", "--network", "a", "--network", "b"))
        self.assertIn("no UTF-8", self.refused("module", "enable", b"\xff"))


class Completion(Case):
    """What bash offers for the last word."""

    ANSWERS = {
        "module list": {"modules": [{"name": "dice"}, {"name": "seen"}]},
        "network list": {"networks": [{"network": "libera"}, {"network": "oftc"}]},
        "module show": {"commands": [{"command": "roll"}],
                        "lists": [{"list": "enicks", "items": [{"item": "$me"}]},
                                  {"list": "dnicks", "items": []}]},
        "network ignores": {"ignores": [{"network": "", "mask": "everywhere!*@*"},
                                        {"network": "libera", "mask": "*!*@evil"},
                                        {"network": "oftc", "mask": "other!*@*"}]},
    }

    def offers(self, *words):
        script = self.run_ctl("completion", "bash").stdout
        parts = [SESHETCTL, "--socket", self.path, *words]
        quoted = " ".join(f"'{part}'" for part in parts)
        check = (f"{script}\nCOMP_WORDS=({quoted}); COMP_CWORD={len(parts) - 1}; _seshetctl; "
                 'printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(["bash", "-c", check], capture_output=True, text=True, timeout=20,
                              env=self.environment())
        self.assertEqual(done.stderr, "", words)
        return done.stdout.split()

    def setUp(self):
        super().setUp()
        if not shutil.which("bash"):
            self.skipTest("needs bash")

    def serve_names(self):
        self.serve(lambda request: {"ok": True, "result": self.ANSWERS[request["command"]]})

    def test_commands(self):
        self.assertEqual(self.offers("st"), ["status"])
        self.assertEqual(self.offers("mo"), ["module"])
        self.assertEqual(self.offers("module", "re"), ["register", "remove", "reload"])
        self.assertEqual(self.offers("--json", "completion", ""), ["bash"])
        self.assertEqual(self.offers("help", "module", "wh"), ["why"])
        self.assertIn("--json", self.offers("--"))
        self.assertEqual(self.offers("module", "try", "x.so", "--p"), ["--private", "--permissions"])
        self.assertEqual(self.offers("module", "try", "x.so", "--permissions", "r"), ["raw"])

    def test_values(self):
        self.serve(lambda request: {"ok": True, "result": {"groups": [{"name": "ops"}]}})
        for words, wanted in ((("module", "set", "dice", "permissions", "r"), ["raw"]),
                              (("module", "set", "dice", "inherit", "n"), ["no"]),
                              (("module", "set", "dice", "auth_group", ""), ["ops"]),
                              (("user", "set", "alice", "secure", ""), ["yes", "no"]),
                              (("policy", "set", "default_allow", "y"), ["yes"]),
                              (("policy", "set", "registration", ""), ["open", "closed"])):
            self.assertEqual(self.offers(*words), wanted, words)

    def test_names_from_the_server(self):
        self.serve_names()
        self.assertEqual(self.offers("module", "enable", ""), ["dice", "seen"])
        self.assertEqual(self.offers("module", "enable", "s"), ["seen"])
        self.assertEqual(self.offers("module", "enable", "dice", "--"),
                         ["--network", "--config", "--socket", "--json", "--help", "--version"])
        self.assertEqual(self.offers("module", "list", "--js"), ["--json"])
        for option in ("-c", "--config", "--socket"):
            self.assertIn("/etc", self.offers("module", "list", option, "/et"))
        self.assertEqual(self.offers("module", "enable", "dice", "--network", ""),
                         ["libera", "oftc"])
        # As bash splits --network=o and --network=.
        self.assertEqual(self.offers("module", "enable", "dice", "--network", "=", "o"), ["oftc"])
        self.assertEqual(self.offers("module", "enable", "dice", "--network", "="),
                         ["libera", "oftc"])
        self.assertEqual(self.offers("module", "set", "dice", "rate_user."), ["rate_user.roll"])
        self.assertEqual(self.offers("module", "unset", "dice", "rate_", "x", ""), [])
        self.assertEqual(self.offers("module", "set", "dice", "enabled", ""), ["yes", "no"])
        self.assertEqual(self.offers("module", "remove", "dice", "enicks", ""), ["\\$me"])
        self.assertEqual(self.offers("network", "unignore", "libera", ""), ["\\*\\!\\*@evil"])
        self.assertEqual(self.offers("network", "unignore", "all", "e"), ["everywhere\\!\\*@\\*"])
        self.assertIn("join", self.offers("module", "why", "dice", "--event", ""))
        self.assertEqual(self.server.requests[-1]["command"], "network ignores")

    def test_without_a_server(self):
        self.assertEqual(self.offers("module", "enable", ""), [])
        self.assertEqual(self.offers("module", "set", "dice", "rate_"),
                         ["rate_user", "rate_channel", "rate_network", "rate_group"])
        fields = self.offers("module", "set", "dice", "")
        self.assertIn("enabled", fields)
        self.assertIn("cmd_prefix", fields)
        self.assertNotIn("event_types", fields)  # written by servers alone
        self.assertEqual(self.offers("module", "add", "dice", ""),
                         ["echannels", "dchannels", "enicks", "dnicks", "whitelist", "blacklist"])
        self.assertEqual(self.offers("module", "remove", "dice", "--network", "x", "w"),
                         ["whitelist"])

    def test_a_server_that_does_not_answer(self):
        with socket.socket(socket.AF_UNIX) as deaf:
            deaf.bind(self.path)
            deaf.listen(8)
            start = time.monotonic()
            self.assertEqual(self.offers("module", "enable", ""), [])
            self.assertLess(time.monotonic() - start, 5)

    def test_files(self):
        with open(os.path.join(self.dir, "export.json"), "w", encoding="utf-8"):
            pass
        for words in (("registry", "import"), ("-c",), ("status", "--config", "=")):
            self.assertEqual(self.offers(*words, self.dir + "/exp"), [self.dir + "/export.json"])


class Transfer(Case):
    """Pages of an export become one file, a file becomes parts of an import."""

    def test_export(self):
        pages = {"": {"modules": {"a": {"registered": True}}, "next": "a"},
                 "a": {"modules": {"b": {"registered": True}}, "next": "!"},
                 "!": {"ignores": {"": {"*!*@x": 0}}}}

        def answer(request):
            page = {"seshet": {"export": 1}, "generation": 7, **pages[request["args"]["from"]]}
            return {"ok": True, "result": page}

        self.serve(answer)
        self.assertEqual(json.loads(self.ask("registry", "export").stdout),
                         {"seshet": {"export": 1},
                          "modules": {"a": {"registered": True}, "b": {"registered": True}},
                          "ignores": {"": {"*!*@x": 0}}})

    def test_an_edit_between_two_pages(self):
        generations = iter([1, 2, 3, 3])

        def answer(request):
            more = {"next": "a"} if request["args"]["from"] == "" else {}
            return {"ok": True, "result": {"generation": next(generations), **more}}

        self.serve(answer)
        self.assertEqual(self.ask("registry", "export").returncode, 0)
        self.assertEqual([r["args"]["from"] for r in self.server.requests], ["", "a", "", "a"])

    def import_file(self, content, *options):
        path = os.path.join(self.dir, "in.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(content, file)
        return self.ask("registry", "import", path, *options)

    def test_import(self):
        self.serve(lambda request: {"ok": True, "result": {"changes": ["x"], "count": 1}})
        done = self.import_file({"seshet": {"export": 1}, "modules": {
            "a": {"registered": True, "fields": {"enabled": "yes"}, "lists": {"enicks": ["$me"]},
                  "networks": {"one": {"fields": {"enabled": "no"}, "lists": {}}}}},
            "ignores": {"one": {"*!*@x": 0}}})
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        sent = [r["args"] for r in self.server.requests]
        self.assertEqual([s["dry-run"] for s in sent], [True, True, False, False])
        module = sent[2]["file"]["modules"]["a"]
        self.assertEqual(module["fields"], {"enabled": "yes"})
        self.assertEqual(module["lists"], {"enicks": ["$me"]})
        self.assertEqual(module["networks"], {"one": {"fields": {"enabled": "no"}}})
        self.assertEqual(sent[3]["file"], {"ignores": {"one": {"*!*@x": 0}}})

    def test_a_long_list_goes_in_parts(self):
        self.serve(lambda request: {"ok": True, "result": {"changes": [], "count": 0}})
        masks = [f"*!*@{i}.example.test" for i in range(5000)]
        done = self.import_file({"seshet": {"export": 1}, "modules": {
            "a": {"registered": True, "lists": {"blacklist": masks}}}}, "--replace")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        parts = [r["args"]["file"] for r in self.server.requests if not r["args"]["dry-run"]]
        self.assertGreater(len(parts), 3)
        self.assertEqual([m for p in parts for m in p["modules"]["a"]["lists"]["blacklist"]], masks)
        self.assertEqual(["continued" in p for p in parts], [False] + [True] * (len(parts) - 1))
        self.assertEqual(["more" in p for p in parts], [True] * (len(parts) - 1) + [False])
        self.assertTrue(all(len(json.dumps(r)) < 128 * 1024 for r in self.server.requests))

    def test_accounts_and_channels_go_in_parts(self):
        self.serve(lambda request: {"ok": True, "result": {"changes": [], "count": 0}})
        users = {f"user{i}": {"secure": False, "hostmasks": [f"net/*!*@{i}.example"]} for i in range(1000)}
        ignores = {f"*!*@{i}.example.test": i for i in range(4000)}
        content = {
            "users": users, "policy": {"default_allow": False}, "auth_groups": {"g": {"style": "user"}},
            "networks": {"net": {"policy": {"default_ignore": True},
                                 "channels": {"#c": {"lobotomized": True, "ignores": ignores},
                                              "#d": {"capabilities": ["x"]}}}}}
        done = self.import_file({"seshet": {"export": 1}, **content})
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertTrue(all(len(json.dumps(r)) < 128 * 1024 for r in self.server.requests))
        parts = [r["args"]["file"] for r in self.server.requests if not r["args"]["dry-run"]]
        self.assertGreater(len(parts), 4)
        whole = {}
        for part in parts:
            join(whole, {k: v for k, v in part.items() if k not in ("more", "continued") and not k.startswith("ignores_")})
        self.assertEqual(whole, {"seshet": {"export": 1}, **content})

    def import_limnoria(self, *options, users=LIMNORIA_USERS, answer=None):
        def good_import(request):
            if request["command"] == "network show":
                return {"ok": True, "result": {"network": request["args"]["network"], "casemapping": "ascii"}}
            if request["command"] == "registry export":
                return {"ok": True, "result": {"generation": 1, "users": {"zoe": {}}}}
            return {"ok": True, "result": {"changes": ["x"], "count": 1}}

        self.serve(answer or good_import)
        for name, text in (("users", users), ("channels", LIMNORIA_CHANNELS), ("ignores", "spam!*@* 0\n")):
            with open(os.path.join(self.dir, name), "w", encoding="utf-8", newline="") as file:
                file.write(text)
        return self.ask("import", "limnoria",
                        *[os.path.join(self.dir, name) for name in ("users", "channels", "ignores")], *options)

    def imports(self):
        """What was sent, after what is there already was asked for."""
        self.assertEqual([r["command"] for r in self.server.requests[:2]], ["network show", "registry export"])
        return self.server.requests[2:]

    def test_limnoria(self):
        done = self.import_limnoria("--network", "net")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual([(r["command"], r["args"]["dry-run"]) for r in self.imports()],
                         [("registry import", True)] * 3 + [("registry import", False)] * 3)
        whole = {}
        for request in self.imports()[3:]:
            join(whole, request["args"]["file"])
        self.assertEqual(whole["users"]["alice"]["capabilities"], ["net/owner", "net/#c.op"])
        self.assertEqual(whole["networks"]["net"]["channels"]["#c"]["default_allow"], False)
        self.assertEqual(whole["ignores"], {"net": {"spam!*@*": 0}})
        self.assertIn(f"{self.dir}/users:6: \"shoesize\" is unknown: left out\n", done.stdout)
        self.assertIn("users\t1\n", done.stdout)
        self.assertNotIn("0123456789abcdef", done.stdout)

    def test_limnoria_only_looked_at(self):
        done = self.import_limnoria("--network", "net", "--dry-run", "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertTrue(all(r["args"]["dry-run"] for r in self.imports()))
        answer = json.loads(done.stdout)
        self.assertEqual(answer["notes"], [{"file": f"{self.dir}/users", "line": 6,
                                            "text": "\"shoesize\" is unknown: left out"}])
        self.assertEqual((answer["brought"]["owners"], answer["dry_run"]), (1, True))
        self.assertEqual((answer["changes"], answer["count"]), (["x"] * 3, 3))
        self.assertNotIn("0123456789abcdef", done.stdout)

    def test_limnoria_refused(self):
        done = self.import_limnoria("--network", "net", answer=lambda request: {"ok": False, "error": "no"})
        self.assertEqual(done.returncode, 1)
        self.assertEqual(len(self.server.requests), 1)

    def test_limnoria_needs_a_network_and_files(self):
        done = self.import_limnoria()
        self.assertEqual(done.returncode, 2)
        self.assertIn("--network", done.stderr)
        done = self.ask("import", "limnoria", "/nonexistent", "/nonexistent", "--network", "net")
        self.assertEqual(done.returncode, 2)
        self.assertIn("/nonexistent: No such file", done.stderr)
        done = self.ask("import", "limnoria", self.dir, self.dir, "--network", "net")
        self.assertEqual(done.returncode, 2)
        self.assertEqual({r["command"] for r in self.server.requests}, {"network show", "registry export"})

    def test_what_is_refused_is_not_written(self):
        self.serve(lambda request: {"ok": False, "error": "a, rate_user: that is no rate"})
        done = self.import_file({"seshet": {"export": 1}, "modules": {"a": {"fields": {}}}})
        self.assertEqual(done.returncode, 1)
        self.assertIn("that is no rate", done.stderr)
        self.assertTrue(all(r["args"]["dry-run"] for r in self.server.requests))

    def test_no_export(self):
        self.serve()
        self.assertEqual(self.import_file({"modules": {}}).returncode, 2)
        missing = self.ask("registry", "import", "/nonexistent")
        self.assertEqual(missing.returncode, 2)
        self.assertIn("/nonexistent", missing.stderr)
        self.assertNotIn("-1", missing.stderr)
        self.assertEqual(self.server.requests, [])

    def test_what_has_the_wrong_form_is_named_and_not_sent(self):
        self.serve()
        for content, said in (
                ({"modules": []}, "modules must be an object of modules, not an array"),
                ({"modules": {"a": 5}}, "modules.a must be"),
                ({"modules": {"a": {"registered": "no"}}}, "modules.a.registered must be true or"),
                ({"modules": {"a": {"fields": []}}}, "modules.a.fields must be"),
                ({"modules": {"a": {"fields": {"enabled": True}}}},
                 "modules.a.fields.enabled must be a text, not true"),
                ({"modules": {"a": {"lists": {"enicks": "$me"}}}}, "modules.a.lists.enicks must"),
                ({"modules": {"a": {"lists": {"enicks": ["x", 5]}}}},
                 "modules.a.lists.enicks[1] must be a text, not a number"),
                ({"modules": {"a": {"colour": {}}}}, "modules.a.colour means nothing"),
                ({"modules": {"a": {"networks": ["one"]}}}, "modules.a.networks must be"),
                ({"modules": {"a": {"networks": {"one": None}}}}, "modules.a.networks.one must"),
                ({"modules": {"a": {"networks": {"one": {"registered": True}}}}},
                 "modules.a.networks.one.registered means nothing"),
                ({"ignores": 1}, "ignores must be"),
                ({"ignores": {"one": ["*!*@x"]}}, "ignores.one must be"),
                ({"ignores": {"one": {"*!*@x": "0"}}}, "ignores.one.*!*@x must be its end"),
                ({"storage": {"storage:module:a": "x"}}, "storage.storage:module:a must be"),
                ({"storage": {"storage:module:a": {"k": {"bites": ""}}}},
                 "storage.storage:module:a.k must be a text, or"),
                ({"colour": {}}, "colour means nothing"),
                ({"policy": {"default_allow": "yes"}}, "policy.default_allow must be true or false"),
                ({"users": {"eve": {"hostmasks": "*!*@x"}}}, "users.eve.hostmasks must be"),
                ({"networks": {"one": {"channels": {"#c": 1}}}}, "networks.one.channels.#c must"),
                ({"seshet": {"export": 1, "schema": "2"}}, "seshet.schema must be")):
            done = self.import_file({"seshet": {"export": 1}, **content})
            self.assertEqual(done.returncode, 2, content)
            self.assertIn(said, done.stderr)
        self.assertEqual(self.server.requests, [])


if __name__ == "__main__":
    SESHETCTL = sys.argv.pop(1)
    unittest.main()
