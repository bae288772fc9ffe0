"""What whoever writes modules has: seshetctl module new, build, try and logs."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest

from conftest import BUILD, ROOT
from harness.process import wait_until
from harness.seshetd import build_module, network
from test_module_api import Stage

CHANNEL = "#seshet"
MODULES = pathlib.Path(__file__).resolve().parents[1] / "modules"
SESHETCTL = BUILD / "bin/seshetctl"


def ctl(*words, folder=None, text=None):
    return subprocess.run([SESHETCTL, *map(str, words)], cwd=folder, input=text or "",
                          capture_output=True, text=True, timeout=60, check=False)


# ---- module try ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("modules")
    for name in ("api", "exits", "refuses", "who"):
        build_module(folder, name, (MODULES / f"{name}.c").read_text(),
                     ROOT / "modules" / "include")
    return folder


def test_trying(files):
    done = ctl("module", "try", files / "api.so", "!api topic #test", "<bob> /topic of bob",
               "<bob> !api topic #test", "!api members #test", "!api format x",
               "!api later 60000 now", "!api act topic #test new", "--users", "carol,dave",
               "--as", "eve", "--account", "Eve", "--permissions", "raw", "--after", "90s")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        '#test <bot> eve: topic 0 ""',
        '#test <bot> bob: topic 6 "of bob"',
        "#test <bot> eve: 4 members: bot[] eve[]Eve carol[] dave[]",
        "#test <bot> bold redboth1 x",
        "#test <bot> eve: 15 bold redboth1 x",
        "TOPIC #test :new",
        "#test <bot> eve: topic 0",
        "#test <bot> eve: later now",
    ]
    done = ctl("module", "try", files / "who.so", "!who #test.x", "--known", "Alice",
               "--grant", "who.admin #test.op")
    assert done.stdout == "#test <bot> alice: who: alice 1, own 1, #test.x 1\n"
    done = ctl("module", "try", files / "who.so", "!who", "--grant", "a.b.c")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--grant wants" in done.stderr
    # Who takes another nick goes on under that one.
    done = ctl("module", "try", files / "api.so", "/nick alicia", "!api topic #test")
    assert done.stdout == '#test <bot> alicia: topic 0 ""\n'
    done = ctl("module", "try", files / "api.so", "--private", "--channel", "#other",
               "api field rate_user", "/part", "/join", "/msg api topic #other")
    assert done.stdout == 'alice <bot> field 1 "0"\nalice <bot> topic 0 ""\n'


def test_trying_in_several_channels(files):
    done = ctl("module", "try", files / "api.so", "<bob> /join #other", "<carol> /join #other",
               "#other <bob> !api topic #other", "/topic #other a new one",
               "#OTHER !api topic #other", "!api topic #test", "#other <bob> /topic the last",
               "/mode #other +v bob", "!api modes #other bob", "/kick #other carol out you go",
               "!api members #other", "#other <bob> /part bye", "!api members #other",
               "<bob> #other is said here", "# so is this", "#other /me waves", "/invite #third",
               "!api members #test")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        '#other <bot> bob: topic 0 ""',
        '#other <bot> alice: topic 9 "a new one"',
        '#test <bot> alice: topic 0 ""',
        '#test <bot> alice: modes 1 "v"',
        "#test <bot> alice: 2 members: bot[] bob[v]",
        "#test <bot> alice: 1 members: bot[]",
        "#test <bot> alice: 2 members: bot[] alice[]",
    ]


def test_trying_what_stands_in_the_input(files):
    done = ctl("module", "try", files / "api.so", text="!api topic #test\n\n<bob> hello\n/after 1h\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, '#test <bot> alice: topic 0 ""\n', "")
    done = ctl("module", "try", files / "api.so", text="/topi x\n!api topic #test\n")
    assert done.returncode == 2
    assert done.stderr == "seshetctl: /topi x: there is no /topi; did you mean /topic?\n"
    assert done.stdout == '#test <bot> alice: topic 0 ""\n'


@pytest.mark.parametrize("words, status, said", [
    (["refuses.so", "x"], 1, "it refused to load: the moon is not full on test"),
    (["nothing.so", "x"], 1, "cannot open nothing.so"),
    (["exits.so", "!exit"], 1, "the module called exit()"),
    (["api.so", "!api crash"], 1, "the module crashed: Aborted. To see where: gdb --args "),
    (["api.so", "x", "--users", "a b"], 2, "--users wants a number, or nicks"),
    (["api.so", "x", "--permissions", "all"], 2, "--permissions wants some of net, files"),
    (["api.so", "x", "--channel", "test"], 2, "--channel wants a channel"),
    (["api.so", "x", "--after", "soon"], 2, "a duration is written in d, h, m and s"),
    (["api.so", "/after"], 2, "a duration must be from 1s to 31d"),
    (["api.so", "x" * 520], 2, "that cannot be said"),
    (["api.so", "#other hello"], 2, "the bot is not in #other: /join #other first"),
    (["api.so", "#other <bob> /me waves"], 2, "the bot is not in #other: /join #other first"),
    (["api.so", "/topic #other x"], 2, "the bot is not in #other: /join #other first"),
    (["api.so", "/join other"], 2, "that does not work; usage: /join [CHANNEL]"),
    (["api.so", "/join #"], 2, "that does not work; usage: /join [CHANNEL]"),
    (["api.so", "/join #a #b"], 2, "that does not work; usage: /join [CHANNEL]"),
    (["api.so", "/kick #test"], 2, "usage: /kick [CHANNEL] NICK [REASON]"),
    (["api.so", "/mode #test"], 2, "usage: /mode [CHANNEL] MODES [ARGS]"),
    (["api.so", "/invite"], 2, "usage: /invite CHANNEL"),
    (["api.so", "#test"], 2, "what is said there, or happens?"),
    (["api.so", "#test <bob>"], 2, "what is said there, or happens?"),
])
def test_trying_in_vain(files, words, status, said):
    done = ctl("module", "try", *words, folder=files)
    assert done.returncode == status, done.stderr
    assert said in done.stderr


# ---- A server ------------------------------------------------------------------------------------


@pytest.fixture
def stage(parts):
    return Stage(parts)


SCRIPT = [f"topic {CHANNEL}", "topic #elsewhere", f"modes {CHANNEL} VISITOR",
          f"modes {CHANNEL} nobody", "members #elsewhere", "field nothing", "session get a",
          "session set a one", "session set a%b two", "session get a", "session add n",
          "session add n", "session add a", "session delete a", "session delete a", "keys 150",
          "refused", f"act topic {CHANNEL} new", "act MODE x"]


def test_a_network_in_memory_is_like_a_real_one(stage):
    real = [stage.says(words, "^visitor: ") for words in SCRIPT]
    tried = ctl("module", "try", stage.bot.user_modules / "api.so", "--as", "visitor", "--channel",
                CHANNEL, "<irc> /mode +o visitor", *[f"!api {words}" for words in SCRIPT])
    assert [line.partition("> visitor: ")[2] for line in tried.stdout.splitlines()] == real


def test_long_answers_are_tried_as_they_are(stage):
    """Whole texts, line by line; only where they are split depends on the names of the network."""
    def lines(text):
        stage.visitor.say(CHANNEL, text)
        seen = stage.visitor.collect(lambda m: m.nick == "Anna" and re.search(": !more.$|word0299", m.text))
        return [m.text for m in seen if m.nick == "Anna" and m.command == "PRIVMSG"]

    def shape(texts):
        words = re.findall(r"word\d+", " ".join(texts))
        return words == [f"word{n:04d}" for n in range(300)], [":" in text.split()[0] for text in texts]

    real = lines("!api long reply 1 300") + lines("!more")
    tried = ctl("module", "try", stage.bot.user_modules / "api.so", "--as", "visitor", "--channel",
                CHANNEL, "!api long reply 1 300", "!more").stdout.splitlines()
    assert shape([line.partition("> ")[2] for line in tried]) == shape(real)
    assert shape(real)[0] and sum(": !more)" in text for text in real) == 1


def test_logs(stage):
    place = ["--socket", stage.bot.control]
    stage.visitor.say(CHANNEL, "!api crash")
    stage.visitor.until_answered("Anna", CHANNEL, "!api back{}", "ready back{}")
    shown = json.loads(ctl("module", "logs", "api", "--json", *place).stdout)
    faults = [line for line in shown["lines"] if line["event"] == "modhost.fault"]
    assert [f["module"] for f in shown["faults"]] == ["api"]
    assert len(faults) == 1 and faults[0]["network"] == "one" and "dropped" in faults[0]["text"]
    assert shown["last"] >= max(line["number"] for line in shown["lines"])
    plain = ctl("module", "logs", "api", *place).stdout
    assert f"\twarn\tone\tmodhost.fault\t{faults[0]['text']}\n" in plain
    none = json.loads(ctl("module", "logs", "api", "--network", "two", "--json", *place).stdout)
    assert not [line for line in none["lines"] if line["network"] == "one"]
    done = ctl("module", "logs", "ap", *place)
    assert done.returncode == 1 and 'did you mean "api"' in done.stderr
    # What comes after is told once.
    following = subprocess.Popen([SESHETCTL, "module", "logs", "api", "--follow", *map(str, place)],
                                 stdout=subprocess.PIPE, text=True)
    try:
        while "modhost.fault" not in following.stdout.readline():
            pass
        stage.visitor.say(CHANNEL, "!api crash")
        while "modhost.fault" not in following.stdout.readline():
            pass
    finally:
        following.send_signal(signal.SIGINT)
        following.wait(10)
        following.stdout.close()


FAILS = """
static int fails(seshet_ctx *ctx)
{
    (void)ctx;
    __builtin_trap();
}

SESHET_MODULE("""


@pytest.mark.parametrize("kind", ["c", "cxx"])
def test_a_new_module(parts, stage, kind):
    if kind == "cxx" and not shutil.which("c++"):
        pytest.skip("needs a C++ compiler")
    folder = parts.own_folder("writer")
    folder.mkdir(exist_ok=True)
    place = ["--socket", stage.bot.control]
    done = ctl("module", "new", "greet", *(["--cxx"] if kind == "cxx" else []), folder=folder)
    source = folder / ("greet/greet.c" if kind == "c" else "greet/greet.cc")
    assert done.returncode == 0, done.stderr
    assert source.is_file() and (folder / "greet/Makefile").is_file()
    again = ctl("module", "new", "greet", folder=folder)
    assert again.returncode == 1 and "already" in again.stderr
    done = ctl("module", "build", "greet", *place, folder=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"built greet/greet.so\ninstalled {stage.bot.user_modules}/greet.so\n"
    stage.visitor.until_answered("Anna", CHANNEL, "!greet {}", "hello, {}")
    assert ctl("module", "try", "greet/greet.so", "!greet me", folder=folder).stdout == \
        "#test <bot> alice: hello, me\n"
    # Saved again, the new code answers; what is wrong with it is told.
    watching = subprocess.Popen([SESHETCTL, "module", "build", "greet", "--watch", *map(str, place)],
                                cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                text=True)
    try:
        text = source.read_text()
        assert watching.stdout.readline() == "built greet/greet.so\n"
        source.write_text(text.replace("hello, %s", "bonjour, %s").replace("Says hello.",
                                                                           "Says bonjour."))
        stage.visitor.until_answered("Anna", CHANNEL, "!greet {}", "bonjour, {}")
        # Nobody has written another description: the new one takes the old one's place.
        wait_until(lambda: stage.bot.cli("HGET", "seshet:module:greet", "description") ==
                   "Says bonjour.", 30, "the module's new description")
        source.write_text(text.replace('.name = "greet"', '.name = "great"'))
        said = ""
        while "the server refuses greet.so: " not in said:
            said += watching.stdout.readline()
        assert "rename one" in said
        source.write_text(text + "\nbroken\n")
        said = ""
        while "not built" not in said:
            said += watching.stdout.readline()
        assert "broken" in said and source.name in said
        # What the server tells about the module is seen here, too.
        source.write_text(text.replace("SESHET_MODULE(", FAILS).replace("joined }),",
                                                                        "joined }), .load = fails,"))
        while "modhost.fault" not in watching.stdout.readline():
            pass
    finally:
        watching.send_signal(signal.SIGINT)
        watching.wait(10)
        watching.stdout.close()
    # And when it is built, each time.
    for _ in range(2):
        done = ctl("module", "build", "greet", *place, folder=folder)
        assert done.returncode == 1 and done.stderr.endswith("; the last good version goes on\n")
        assert "network one refuses greet.so: the process was killed" in done.stderr
    source.write_text(text.replace('.name = "greet"', '.name = "great"'))
    for _ in range(2):
        done = ctl("module", "build", "greet", *place, folder=folder)
        assert done.returncode == 1 and "the server refuses greet.so: its .name" in done.stderr


def test_a_module_is_built_where_no_server_answers(tmp_path):
    assert ctl("module", "new", "greet", folder=tmp_path).returncode == 0
    done = ctl("module", "build", "greet", "--socket", tmp_path / "none", folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, "built greet/greet.so\n")
    assert done.stderr.startswith("seshetctl: nothing will be installed: no seshetd answers at ")
    # Its tests find the library beside the seshetctl that is in PATH.
    sanitized = b"__asan_init" in (BUILD / "lib/libseshet-test.so").read_bytes()
    compiler = ["CC=cc -fsanitize=address,undefined"] if sanitized else []
    shown = subprocess.run(["make", "-s", "test", *compiler], cwd=tmp_path / "greet",
                           capture_output=True, text=True, timeout=60, check=False, env={
                               **os.environ, "PATH": f"{BUILD / 'bin'}:{os.environ['PATH']}"})
    assert (shown.returncode, shown.stdout) == (0, "greet: as expected\n"), shown.stderr


def test_the_folder_of_modules_is_made(parts):
    """A first module waits for nobody to make a folder, and for somebody to enable it."""
    folder = parts.own_folder("writer")
    folder.mkdir(exist_ok=True)
    bot = parts.bot({"one": network(1, "Anna", connect=False)},
                    settings={"modules": {"user_dir": "made/modules"}})
    place = ["--socket", bot.control]
    assert ctl("module", "new", "greet", folder=folder).returncode == 0
    done = ctl("module", "build", "greet", *place, folder=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1:] == [
        f"installed {bot.folder}/made/modules/greet.so",
        "greet is not enabled on any network: seshetctl module enable greet"]
    assert ctl("module", "enable", "greet", *place).returncode == 0
    (folder / "greet/greet.c").touch()
    assert "not enabled" not in ctl("module", "build", "greet", *place, folder=folder).stdout


def test_names_and_folders(tmp_path):
    done = ctl("module", "new", "Bad.Name", folder=tmp_path)
    assert done.returncode == 2 and "a-z" in done.stderr
    assert ctl("module", "new", "-x", folder=tmp_path).returncode == 2
    done = ctl("module", "build", folder=tmp_path)
    assert done.returncode == 2 and "seshetctl module new writes one" in done.stderr
    done = ctl("module", "build", "greet.c", folder=tmp_path)
    assert done.returncode == 2 and "greet.c is no folder" in done.stderr
    wait_until(lambda: not list(tmp_path.iterdir()), 1, "nothing was written")
