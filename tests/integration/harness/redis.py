"""A real Redis, and the real redis-cli."""

import pathlib
import shutil
import signal
import subprocess

from .process import PATIENCE, Process, start_daemon, accepts, wait_until


def redis_cli(where, *words, timeout=PATIENCE):
    """Runs redis-cli as a person would: `where` is a socket's path, or a port. Gives its output."""
    address = ["-p", str(where)] if isinstance(where, int) else ["-s", str(where)]
    result = subprocess.run(
        ["redis-cli", *address, *[str(word) for word in words]],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=timeout,
        check=False,
    )
    output = result.stdout.decode(errors="replace").strip()
    assert result.returncode == 0, f"redis-cli {' '.join(map(str, words))}: {output}"
    return output


class Redis:
    """With append-only persistence, as an operator of a shared registry would run it, but without
    fsync: for that, Redis holds writes back while the disk is busy, and a kill would lose them."""

    def __init__(self, folder, password=None, arguments=()):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.password = password
        self.arguments = list(arguments)
        self.process = None
        self.port = None
        self.socket = self.folder / "redis.sock"

    def _launch(self, port):
        args = ["redis-server", "--bind", "127.0.0.1", "--port", port, "--unixsocket", self.socket,
                "--dir", self.folder, "--appendonly", "yes", "--appendfsync", "no", "--save", "", "--daemonize", "no"]
        if self.password:
            args += ["--requirepass", self.password]
        return Process("redis-server", args + self.arguments, log=self.folder / "redis.log")

    def start(self):
        self.process, self.port = start_daemon(self._launch)
        self.wait_ready()
        return self

    def restart(self):
        """Again, with its data, at the same place."""
        assert not self.process.running()
        self.process = self._launch(self.port)
        self.wait_ready()

    def restart_empty(self):
        """Again, at the same place, without its data."""
        assert not self.process.running()
        shutil.rmtree(self.folder / "appendonlydir")
        self.restart()

    def wait_ready(self):
        def ready():
            try:
                return self.cli("PING") == "PONG"
            except AssertionError:
                return False

        wait_until(lambda: accepts(self.port) and ready(), PATIENCE, "redis-server answers")

    def cli(self, *words):
        auth = ["--no-auth-warning", "-a", self.password] if self.password else []
        return redis_cli(self.port, *auth, *words)

    def script(self, lines):
        """Commands by redis-cli's standard input, one for each line."""
        result = subprocess.run(["redis-cli", "-p", str(self.port)], input="\n".join(lines).encode(),
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=100,
                                check=True)
        output = result.stdout.decode(errors="replace")
        assert "ERR" not in output, output
        return output

    def kill(self):
        self.process.kill()

    def pause(self):
        self.process.signal(signal.SIGSTOP)

    def resume(self):
        self.process.signal(signal.SIGCONT)

    def stop(self):
        if self.process:
            self.process.stop(timeout=3)
