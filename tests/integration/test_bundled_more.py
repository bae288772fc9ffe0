"""Bundled modules that keep a channel, in a real bot: with their permissions, in their sandbox."""

from harness.process import wait_until
from harness.seshetd import network

CHANNEL = "#seshet"


class Room:
    """A bot and an operator of its channel."""

    def __init__(self, parts):
        self.server = parts.ngircd()
        self.operator = self.server.client("olga").join(CHANNEL)
        self.bot = parts.bot({"one": network(self.server.port, "Anna")}, start=False, bundled=None)

    def start(self):
        self.bot.start()
        self.operator.wait_for("Anna", CHANNEL)

    def permit(self, call, answer):
        """Says `call`, which wants a permission that the module lacks, does what the module says then,
        and goes on until it answers as it should."""
        refusal = self.operator.until_answered("Anna", CHANNEL, call, "I lack the permission").text
        words = refusal.split("An owner gives it with: ")[1].split()
        self.bot.ctl(*words, "--socket", str(self.bot.control))
        name, permission = words[2], words[4]

        def there():
            self.operator.say(CHANNEL, "an event starts its process")
            return any(name in host["modules"] and host["permissions"] == permission
                       for host in self.bot.ctl_json("status")["modhosts"])

        wait_until(there, 30, f"{name} with {permission}")
        self.operator.until_answered("Anna", CHANNEL, call, answer)

    def ask(self, text, answer):
        return self.operator.ask("Anna", CHANNEL, text, answer).text


def test_log(parts):
    room = Room(parts)
    room.start()
    lacks = {"module": "log", "msg": "nothing is logged: the module lacks the permission"}
    assert room.bot.wait_log(**lacks)["level"] == "info"
    # Another start says nothing; to enable it again does.
    room.bot.stop()
    room.start()
    room.operator.until_answered("Anna", CHANNEL, "!log {}", "I lack the permission files")
    assert len(room.bot.find_log(**lacks)) == 1
    for word in ("disable", "enable"):
        room.bot.ctl("module", word, "log", "--socket", str(room.bot.control))
        room.operator.until_answered("Anna", CHANNEL)
    room.permit("!log", "is logged, without")
    folder = room.bot.state / "module-data/one/log"
    wait_until(lambda: len(room.bot.find_log(**lacks)) == 2, 30, "it is said again")
    assert not room.bot.find_log(module="log", level="warn|error")
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
    room.permit("!autoop add x!y@z.example", "olga: x!y@z.example")
    room.permit("!topics remove 1", "There is no topic")
    room.ask("!autoop add *!*@127.0.0.1", r"gets \+o")
    dave = room.server.client("dave").join(CHANNEL)
    room.operator.send(f"MODE {CHANNEL} +o Anna")
    dave.expect(lambda m: m.command == "MODE" and "dave" in m.params)
    room.operator.say(CHANNEL, "!topics add news")
    dave.expect(lambda m: m.command == "TOPIC" and m.params[-1] == "news")
    dave.say(CHANNEL, "!topics add more")
    dave.expect(lambda m: m.command == "TOPIC" and m.params[-1] == "news | more")


def test_time_and_alias(parts):
    """Without any permission."""
    room = Room(parts)
    room.start()
    room.operator.until_answered("Anna", CHANNEL, "!time Europe/Berlin", "in Europe/Berlin (CE")
    room.operator.until_answered("Anna", CHANNEL, "!alias", "There are no aliases")
    room.ask("!alias add hi Hello from $me", "hi is")
    room.ask("!hi", "^Hello from Anna$")
