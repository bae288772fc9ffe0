"""The installed tree: complete, movable, and enough to write a module with. Runs with a build that
has no sanitizers (tests/run --only install)."""

import os
import shlex
import shutil
import subprocess

import pytest

import sources
from conftest import BUILD, ROOT
from harness.process import wait_until
from harness.seshetd import Seshetd, install_module, network

CHANNEL = "#seshet"
FILES = [
    "bin/seshetd", "bin/seshetctl", "libexec/seshet/seshet-modhost", "libexec/seshet/seshet-try",
    "include/seshet/module.h", "include/seshet/test.h", "lib/pkgconfig/seshet.pc",
    "lib/pkgconfig/seshet-test.pc", "lib/libseshet-test.so", "lib/cmake/seshet/seshet-config.cmake",
    "share/seshet/template/module.c.in", "etc/seshet/seshet.conf.sample",
    "share/bash-completion/completions/seshetctl",
    *[f"lib/seshet/modules/{name}.so" for name in ("echo", "dice", "seen")],
]


def install(*options, env=None):
    result = subprocess.run(
        ["cmake", "--install", str(BUILD), *options], capture_output=True,
        env={**os.environ, **(env or {})}, check=False,
    )
    assert result.returncode == 0, result.stderr.decode()


def compile_module(prefix, source, target):
    """With nothing but the installed tree and pkg-config, as the README says."""
    text = subprocess.run(
        ["pkg-config", "--cflags", "seshet"], capture_output=True, check=True,
        env={**os.environ, "PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig")},
    ).stdout.decode()
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", *shlex.split(text), str(source),
         "-o", str(target)], check=True,
    )


@pytest.fixture(params=["prefix", "destdir"])
def tree(request, folder):
    if request.param == "prefix":
        install("--prefix", str(folder / "first"))
        made = folder / "first"
    else:
        install("--prefix", "/opt/seshet", env={"DESTDIR": str(folder / "stage")})
        made = folder / "stage/opt/seshet"
    moved = folder / "moved here"
    made.rename(moved)
    return moved


def test_files(tree):
    missing = [name for name in FILES if not (tree / name).is_file()]
    assert not missing, missing
    assert list((tree / "etc/seshet/networks.d").iterdir())
    for path in tree.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            if path.parent.name != "bin":
                named = str(ROOT).encode() + b"/build" in data
                assert not named, f"{path} tells where it was built"


def mapped_files(pid):
    """Module hosts let nobody but root look into them."""
    try:
        with open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
            return maps.read()
    except (FileNotFoundError, ProcessLookupError):
        return ""  # it has ended
    except PermissionError:
        assert os.geteuid() != 0
        return ""


def test_the_moved_tree_runs_without_the_build_tree(parts, tree):
    server = parts.ngircd()
    visitor = server.client("visitor").join(CHANNEL)
    bot = parts.add(Seshetd(parts.own_folder("bot"), tree, {"one": network(server.port, "Anna")}, bundled=None))
    bot.start()
    visitor.wait_for("Anna", CHANNEL)
    assert visitor.answered("Anna", CHANNEL)
    for process in [bot.pid, *[s.pid for s in bot.family()]]:
        assert str(BUILD) not in mapped_files(process), "nothing comes from the build tree"
    source = bot.folder / "hello.c"
    source.write_text(sources.says("from the README").replace('"says"', '"hello"'))
    compile_module(tree, source, bot.user_modules / "hello.so")
    wait_until(lambda: visitor.answered("Anna", CHANNEL, "!hello {}"), 30, "the new module answers")
    assert bot.ctl_json("status")["pid"] == bot.pid


CXX = """
#include <map>
#include <string>
#include <seshet/module.h>

/* One for all files of a program: what used to keep old code in its place. */
inline std::map<std::string, int> calls;
struct counter { static inline int total = 0; };

static void count(seshet_ctx *ctx, const seshet_event *ev)
{
    seshet_reply(ctx, "%s %d of %d", ev->args, ++calls[ev->nick], ++counter::total);
}

SESHET_MODULE(
    .name = "cxx", .description = "Counts in C++.",
    .commands = SESHET_COMMANDS({ "cxx", count, nullptr, nullptr, {} }),
    .events = SESHET_EVENTS({ SESHET_NOTICE, count }),
)
"""

CMAKE = """
cmake_minimum_required(VERSION 3.16)
project(mine LANGUAGES C CXX)
set(CMAKE_CXX_STANDARD 20)
find_package(seshet 0.1 REQUIRED)
seshet_module(hello hello.c)
seshet_module(cxx cxx.cc)
add_executable(try try.c)
target_link_libraries(try seshet::test)
"""

TRY = """
#include <seshet/test.h>
#include <stdio.h>

/* What it answers before and after a reload. */
int main(int argc, char **argv)
{
    char why[SESHET_TEST_WHY_SIZE];
    seshet_test *t = seshet_test_open(argv[1], why, sizeof why);
    if (!t || argc != 3 || seshet_test_join(t, "alice", "#chan") < 0)
        return 1;
    seshet_test_say(t, "alice", "#chan", argv[2]);
    puts(seshet_test_heard(t));
    if (seshet_test_reload(t, why, sizeof why))
        return 1;
    seshet_test_say(t, "alice", "#chan", argv[2]);
    puts(seshet_test_heard(t));
    seshet_test_close(t);
    return 0;
}
"""


def run(*words, cwd=None, env=None):
    done = subprocess.run(list(map(str, words)), cwd=cwd, env={**os.environ, **(env or {})},
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_modules_are_built_with_the_moved_tree(parts, tree):
    """By CMake, in C++, and by the commands for it; and the library for tests runs them."""
    folder = parts.own_folder("mine")
    folder.mkdir(exist_ok=True)
    for name, text in (("hello.c", sources.says("by CMake").replace('"says"', '"hello"')),
                       ("cxx.cc", CXX), ("try.c", TRY), ("CMakeLists.txt", CMAKE)):
        (folder / name).write_text(text)
    run("cmake", "-S", folder, "-B", folder / "build", f"-DCMAKE_PREFIX_PATH={tree}")
    run("cmake", "--build", folder / "build")
    made = folder / "build"
    twice = run(made / "try", made / "hello.so", "!hello 1").splitlines()
    assert len(twice) == 2 and all("by CMake" in line for line in twice)
    twice = run(made / "try", made / "cxx.so", "!cxx x").splitlines()
    assert twice[0] == "PRIVMSG #chan :alice: x 1 of 1"
    # The writer's own commands, in the tree wherever it lies.
    ctl = tree / "bin/seshetctl"
    for name, kind in (("one", []), ("two", ["--cxx"])):
        run(ctl, "module", "new", name, *kind, cwd=folder)
        run(ctl, "module", "build", name, cwd=folder)
        run("make", "test", cwd=folder / name,
            env={"PKG_CONFIG_PATH": str(tree / "lib/pkgconfig")})
        said = run(ctl, "module", "try", f"{name}/{name}.so", f"!{name} you", cwd=folder)
        assert said == "#test <bot> alice: hello, you\n"
    # And in a server.
    server = parts.ngircd()
    visitor = server.client("visitor").join(CHANNEL)
    bot = parts.add(Seshetd(parts.own_folder("bot"), tree, {"one": network(server.port, "Anna")}, bundled=None))
    for name in ("build/hello", "build/cxx", "one/one", "two/two"):
        install_module(bot.user_modules, folder / f"{name}.so")
    bot.start()
    visitor.wait_for("Anna", CHANNEL)
    visitor.until_answered("Anna", CHANNEL, "!cxx {}", "{} ")
    visitor.until_answered("Anna", CHANNEL, "!one {}", "hello, {}")
    visitor.until_answered("Anna", CHANNEL, "!two {}", "hello, {}")
    visitor.until_answered("Anna", CHANNEL, "!hello {}", "by CMake {}")
    # A new file is new code: no static variable keeps its value.
    (folder / "cxx.cc").write_text(CXX.replace("%s %d of", "%s new %d of"))
    run("cmake", "--build", folder / "build")
    install_module(bot.user_modules, made / "cxx.so")
    visitor.until_answered("Anna", CHANNEL, "!cxx {}", "{} new ")


def test_the_samples_are_valid(parts, tree):
    """As installed, and with the network's sample in use."""
    for name in ("seshet.conf", "networks.d/example.conf"):
        shutil.copy(tree / f"etc/seshet/{name}.sample", tree / f"etc/seshet/{name}")
    result = subprocess.run([str(tree / "bin/seshetd"), "-n"], capture_output=True, check=False,
                            env={k: v for k, v in os.environ.items() if k != "SESHET_CONF"})
    assert result.returncode == 0, result.stdout + result.stderr


def test_binaries_are_hardened(tree):
    for name in ("bin/seshetd", "libexec/seshet/seshet-modhost"):
        text = subprocess.run(["readelf", "-dlW", str(tree / name)], capture_output=True, check=True).stdout.decode()
        assert "BIND_NOW" in text or "NOW" in text
        assert "GNU_RELRO" in text
        assert "RUNPATH" not in text and "RPATH" not in text


def test_installing_again_keeps_the_configuration(folder):
    install("--prefix", str(folder / "tree"))
    conf = folder / "tree/etc/seshet/seshet.conf"
    conf.write_text("state_dir = \"/var/lib/mine\";\n")
    install("--prefix", str(folder / "tree"))
    assert conf.read_text() == "state_dir = \"/var/lib/mine\";\n"
