"""Users, channels and ignores of Limnoria, brought over by seshetctl: from its files to a login with
an old password."""

import hashlib
import json

from harness.process import wait_until
from harness.seshetd import network

CHANNEL = "#seshet"
PASSWORD = "the-old-password"
HASH = "1a2b3c4d|" + hashlib.sha1(f"1a2b3c4d{PASSWORD}".encode()).hexdigest()

USERS = f"""user 1
  name Alice
  ignore False
  secure False
  hashed True
  password {HASH}
  capability owner
  capability {CHANNEL},op
  hostmask *!*@home.alice.example
  nicks net alice alice_away
  nicks elsewhere alice

user 2
  name bob
  ignore True
  secure True
  hashed True
  password {HASH}
  hostmask bob!~bob@*.example.org
  hostmask *!*@home.*.example

user 3
  name mr.dots
  hashed True
  password {HASH}

"""
CHANNELS = f"""channel #empty
  lobotomized False
  defaultAllow True
  capability -op

channel {CHANNEL}
  lobotomized False
  defaultAllow False
  capability roll
  capability -Topic
  ban *!*@banned.example 0
  ignore spammer!*@* 4000000000

"""
IGNORES = "*!*@noise.example 0\n*!*@expired.example 1000000000\n"


def write_files(bot):
    paths = []
    for name, text in (("users", USERS), ("channels", CHANNELS), ("ignores", IGNORES)):
        path = bot.folder / f"{name}.conf"
        path.write_bytes(text.replace("\n", "\r\n").encode())
        paths.append(str(path))
    return paths


def run(bot, *options):
    paths = write_files(bot)
    return bot.ctl("import", "limnoria", *paths, "--network", "net", "--socket", str(bot.control), *options)[1]


def everything(bot):
    """What stands in Redis of users, policies, channels and ignores."""
    names = [key for key in bot.cli("--scan").split()
             if key.startswith(("seshet:user", "seshet:policy", "seshet:ignores", "seshet:network"))]
    return {name: bot.cli("DUMP", name) for name in sorted(names)}


def members(bot, key):
    return set(bot.cli("SMEMBERS", f"seshet:{key}").split())


def fields(bot, key):
    words = bot.cli("HGETALL", f"seshet:{key}").split()
    return dict(zip(words[::2], words[1::2]))


def test_a_whole_import(parts):
    server = parts.ngircd()
    bot = parts.bot({"net": network(server.port, "Anna", [CHANNEL])})
    visitor = server.client("visitor").join(CHANNEL)
    visitor.wait_for("Anna", CHANNEL)

    before = everything(bot)
    slip = ("import", "limnoria", *write_files(bot), "--network", "nett", "--socket", str(bot.control))
    code, _, error = bot.ctl(*slip, check=False)
    assert code == 1 and 'did you mean "net"?' in error
    looked = run(bot, "--dry-run")
    assert everything(bot) == before
    assert "would change" in looked
    said = json.loads(run(bot, "--json"))
    notes = [(note["file"].rpartition("/")[2], note["line"], note["text"]) for note in said["notes"]]
    assert [(file, line) for file, line, _ in notes] == [
        ("users.conf", 11), ("users.conf", 20), ("users.conf", 22), ("channels.conf", 11)]
    assert all(text in looked for _, _, text in notes)
    assert (said["brought"]["users"], said["brought"]["owners"], said["brought"]["expired"]) == (2, 1, 1)
    assert HASH not in looked + json.dumps(said)

    assert members(bot, "users") == {"alice", "bob"}
    alice, bob = fields(bot, "user:alice"), fields(bot, "user:bob")
    assert alice["password"] == f"limnoria:{HASH}"
    assert (bob["secure"], bob["ignored"]) == ("yes", "yes")
    assert members(bot, "user:alice:capabilities") == {"net/owner", f"net/{CHANNEL}.op"}
    assert members(bot, "user:alice:hostmasks") == {"net/*!*@home.alice.example"}
    assert members(bot, "user:alice:services") == {"net/alice", "net/alice_away"}
    assert members(bot, "user:bob:hostmasks") == {"net/bob!~bob@*.example.org"}
    assert fields(bot, f"network:net:channel:{CHANNEL}")["default_allow"] == "no"
    assert members(bot, f"network:net:channel:{CHANNEL}:capabilities") == {"roll", "-topic"}
    assert fields(bot, f"network:net:channel:{CHANNEL}:ignores") == {
        "*!*@banned.example": "0", "spammer!*@*": "4000000000"}
    assert fields(bot, "network:net:ignores") == {"*!*@noise.example": "0"}
    assert "network:net:channel:#empty" not in " ".join(everything(bot))

    visitor.say("Anna", f"auth alice {PASSWORD}")
    visitor.expect(lambda m: m.nick == "Anna" and "logged in as" in m.text, timeout=20)
    wait_until(lambda: fields(bot, "user:alice")["password"].startswith("scrypt$"), 30, "a new record")
    record = fields(bot, "user:alice")["password"]
    again = run(bot)
    assert "there is an account alice already: left out" in again
    assert "it keeps its password" in run(bot, "--merge")
    assert fields(bot, "user:alice")["password"] == record
    # A file that comes from somebody else gives his hostmasks to nobody's account.
    text = "user 1\n  name alice\n  hashed True\n  capability vip\n  hostmask *!*@eve.example\n"
    (bot.folder / "eve.conf").write_text(text)
    bot.ctl("import", "limnoria", str(bot.folder / "eve.conf"), str(bot.folder / "channels.conf"),
            "--network", "net", "--socket", str(bot.control))
    assert members(bot, "user:alice:hostmasks") == {"net/*!*@home.alice.example"}
    assert not any(PASSWORD in line or HASH in line for line in bot.raw_log)
