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
from harness.seshetd import Seshetd, network

CHANNEL = "#seshet"
FILES = [
    "bin/seshetd", "bin/seshetctl", "libexec/seshet/seshet-modhost", "include/seshet/module.h",
    "lib/pkgconfig/seshet.pc", "etc/seshet/seshet.conf.sample",
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
    except PermissionError:
        assert os.geteuid() != 0
        return ""


def test_the_moved_tree_runs_without_the_build_tree(parts, tree):
    server = parts.ngircd()
    visitor = server.client("visitor").join(CHANNEL)
    bot = parts.add(Seshetd(parts.own_folder("bot"), tree, {"one": network(server.port, "Anna")}))
    bot.start()
    visitor.wait_for("Anna", CHANNEL)
    assert visitor.answered("Anna", CHANNEL)
    for process in [bot.pid, *[s.pid for s in bot.family()]]:
        assert str(BUILD) not in mapped_files(process), "nothing comes from the build tree"
    source = bot.folder / "hello.c"
    source.write_text(sources.says("from the README").replace('"says"', '"hello"'))
    compile_module(tree, source, bot.user_modules / "hello.so")
    wait_until(lambda: visitor.answered("Anna", CHANNEL, "!hello {}"), 10, "the new module answers")
    assert bot.ctl_json("status")["pid"] == bot.pid


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
