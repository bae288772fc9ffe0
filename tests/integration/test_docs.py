"""The commands that the manual and the texts show are run as they stand."""

import os
import pathlib
import re
import stat
import subprocess

import pytest

from conftest import BUILD
from harness.process import wait_until
from harness.seshetd import network

ROOT = pathlib.Path(__file__).resolve().parents[2]
MANUAL = ROOT / "docs" / "man" / "seshet-registry.7"


def plain(text):
    """A line of a manual page, as a reader sees it."""
    for escape, sign in ((r"\(dq", '"'), (r"\(en", "-"), (r"\&", ""), (r"\-", "-"), (r"\e", "\\")):
        text = text.replace(escape, sign)
    return text


def of_manual(path=MANUAL):
    """The examples: displayed lines that are a command of ours."""
    lines = [plain(line[len(".Dl "):]) for line in path.read_text().splitlines()
             if line.startswith(".Dl ")]
    return [line for line in lines if line.startswith(("redis-cli ", "seshetctl "))]


def of_text(path):
    """Indented lines of a Markdown text."""
    lines = [line[4:] for line in path.read_text().splitlines() if re.match(r"    \S", line)]
    return [line for line in lines if line.startswith(("redis-cli ", "seshetctl "))]


class Place:
    """A bot on the networks that the examples name, and a shell where the commands find it."""

    def __init__(self, parts):
        server = parts.ngircd()
        channels = ("#mychannel", "#games")
        self.visitor = server.client("alice")
        for channel in channels:
            self.visitor.join(channel)
        self.bot = parts.bot({
            "libera": network(server.port, "Anna", channels),
            "oftc": network(server.port, "Bert", channels),
        })
        self.visitor.wait_for("Anna", "#games").wait_for("Bert", "#games")
        wait_until(lambda: [n["state"] for n in self.bot.ctl_json("network", "list")["networks"]]
                   == ["online", "online"], 30, "both networks are online")
        self.folder = self.bot.folder / "shell"
        self.folder.mkdir()
        self.script("seshetctl", f'exec "{self.bot.program("seshetctl")}" "$@" '
                                 f'--socket "{self.bot.control}"')
        self.script("redis-cli", '[ "$1" = -s ] && shift 2\n'
                                 f'exec /usr/bin/redis-cli -s "{self.bot.redis_socket}" "$@"')

    def script(self, name, text):
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def run(self, line):
        done = subprocess.run(
            ["sh", "-c", line], cwd=self.folder, capture_output=True, text=True, timeout=30,
            env={**os.environ, **self.bot.environment(),
                 "PATH": f"{self.folder}:{os.environ['PATH']}"}, check=False)
        said = done.stdout + done.stderr
        assert done.returncode == 0, f"{line}\n{said}"
        assert not re.search(r"(?m)^(\(error\) |ERR |WRONGTYPE)", said), f"{line}\n{said}"
        return said

    def problems(self):
        return [f for f in self.bot.ctl_json("registry", "check")["findings"]
                if f["level"] == "error"]


@pytest.fixture
def place(parts):
    return Place(parts)


def wanted(line):
    """What an edit's key must show afterwards: a command and its answer; or nothing."""
    words = re.findall(r"'[^']*'|\S+", line.partition(" #")[0])
    words = [w.strip("'") for w in words][1:]
    if words[0].upper() == "HSET":
        return ["HGET", words[1], words[2]], words[3]
    if words[0].upper() == "SADD":
        return ["SISMEMBER", words[1], words[2]], "1"
    if words[0].upper() == "SREM":
        return ["SISMEMBER", words[1], words[2]], "0"
    return None


def test_the_manual_of_the_registry(place):
    examples = of_manual()
    assert len(examples) > 35
    for line in examples:
        place.run(line)
        check = wanted(line) if line.startswith("redis-cli") else None
        if check and "ignores" not in line:
            assert place.bot.cli(*check[0]) == check[1], line
    # Everything that was written is right: no value is refused, no name leads nowhere.
    place.bot.in_force()
    assert place.problems() == []
    shown = {f["field"]: f["value"] for f in place.bot.ctl_json("module", "show", "dice")["fields"]}
    assert shown["rate_user.roll"] == "3/1m" and shown["rate_channel"] == "30/1m30s"


def test_the_manual_has_an_example_for_every_field_list_and_key(place):
    examples = "\n".join(of_manual())
    shown = place.bot.ctl_json("module", "show", "dice", "--network", "libera")
    for field in shown["fields"]:
        assert re.search(rf"HSET seshet:\S*module:dice {field['field']} "
                         rf"|HGET seshet:module:dice {field['field']}$", examples, re.M), field
    for entry in shown["lists"]:
        assert re.search(rf"SADD seshet:\S*module:dice:{entry['list']} ", examples), entry["list"]
    items = re.findall(r"(?m)^\.It Li (seshet:.*)$", MANUAL.read_text())
    assert len(items) >= 13
    for key in ("meta", "modules", "module:dice", "network:oftc:module:dice", "ignores",
                "network:libera:ignores", "network:libera:first", "storage:module:dice",
                "storage:network:libera:module:seen", "status:module:dice", "status:registry",
                "presence:"):
        assert f"seshet:{key}" in examples, key
    # And what stands in Redis after a day's use is described.
    place.run("seshetctl module set dice rate_user 5/1m")
    place.run("seshetctl module add dice echannels '#games' --network libera")
    patterns = [r"meta", r"modules", r"module:[^:]+", r"module:[^:]+:[^:]+", r"ignores",
                r"network:[^:]+:module:[^:]+", r"network:[^:]+:module:[^:]+:[^:]+",
                r"network:[^:]+:(ignores|first)", r"storage:(network:[^:]+:)?module:[^:]+",
                r"status:(registry|module:[^:]+)", r"presence:.+"]
    for key in place.bot.cli("--scan").split():
        assert re.fullmatch("seshet:(" + "|".join(patterns) + ")", key), key


@pytest.mark.parametrize("path", ["docs/registry.md", "docs/operations.md",
                                  "docs/tutorial.md", "README.md"])
def test_the_texts(place, path):
    lines = [line for line in of_text(ROOT / path) if "hello" not in line
             and "user add" not in line and not line.endswith("redis.sock")]
    assert lines
    for line in lines:
        place.run(line.replace("yournick", "alice"))
    wait_until(lambda: place.problems() == [], 30, "no problems")


def test_the_text_about_capabilities(place):
    for name in ("alice", "bob"):
        place.run(f"seshetctl user add {name} --no-password")
    lines = of_text(ROOT / "docs" / "capabilities.md")
    assert len(lines) > 10
    for line in lines:
        if "user add" not in line:
            place.run(line)
    wait_until(lambda: place.problems() == [], 30, "no problems")


def tool(folder, *words):
    done = subprocess.run(list(map(str, words)), cwd=folder, capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
    return done.stdout


COMPILERS = {"c": ["cc"], "cpp": ["c++", "-std=c++20"]}


def test_the_text_about_modules(folder):
    """Its modules compile, its transcripts come out as they stand, its test passes."""
    text = (ROOT / "docs" / "modules.md").read_text()
    include = f"-I{BUILD / 'include'}"
    modules = 0
    tests = []
    for language, source in re.findall(r"(?ms)^```(c|cpp)\n(.*?)^```", text):
        name = re.search(r'\.name = "([a-z]+)"', source)
        path = folder / f"{name[1] if name else 'test'}.{language}"
        path.write_text(source)
        if not name:
            tests.append(path)
            continue
        modules += 1
        tool(folder, *COMPILERS[language], "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", include,
             path, "-o", path.with_suffix(".so"))
    assert modules >= 9 and tests
    (folder / "seshetctl").symlink_to(BUILD / "bin/seshetctl")
    transcripts = re.findall(r"(?m)^    \$ (seshetctl module try .*)\n((?:    (?!\$).*\n)*)", text)
    assert len(transcripts) >= 9
    for command, said in transcripts:
        assert tool(folder, "sh", "-c", f"./{command}") == re.sub(r"(?m)^    ", "", said), command
    sanitizers = ["-fsanitize=address,undefined"] if b"__asan_init" in (
        BUILD / "lib/libseshet-test.so").read_bytes() else []
    for path in tests:
        tool(folder, "cc", "-Wall", "-Wextra", "-Werror", include, path, "-o", "test", *sanitizers,
             f"-L{BUILD / 'lib'}", f"-Wl,-rpath,{BUILD / 'lib'}", "-lseshet-test")
        tool(folder, "./test")


def test_the_manual_of_seshetctl(place):
    text = (ROOT / "docs" / "man" / "seshetctl.1").read_text()
    shown = place.run("seshetctl help")
    commands = re.findall(r"(?m)^  ([a-z]+(?: [a-z]+){0,2})(?: \[COMMAND\])? +[A-Z]", shown)
    assert len(commands) >= 25
    for command in commands:
        assert re.search(rf"(?m)^\.It Cm {command}\b", text), command
    for line in of_manual(ROOT / "docs" / "man" / "seshetctl.1"):
        if "ssh" not in line:
            place.run(line)


@pytest.mark.parametrize("page", ["seshetctl.1", "seshet.conf.5", "seshet-registry.7", "seshetd.8"])
def test_the_pages_are_well_formed(page):
    done = subprocess.run(
        ["groff", "-mandoc", "-Tutf8", "-ww", "-z", str(ROOT / "docs" / "man" / page)],
        capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
