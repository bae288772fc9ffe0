"""Starting and stopping what is measured, and driving the load generator."""

import collections
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import time

import procs

FAULTS = ("lost", "doubled", "out_of_order", "unexpected", "disconnected")
STOP_SECONDS = 20
LOG_LINES_SHOWN = 20


class BenchError(Exception):
    """A sentence for whoever runs the benchmark."""


class Bot:
    """A started bot. Subclasses say how: `command(port, networks)`, after preparing `self.dir`."""

    name = ""
    targets = ()  # of the build

    def __init__(self, build, port, networks):
        self.build = build
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="seshet-bench-"))
        try:
            argv = self.command(port, networks)
            with open(self.dir / "log", "wb") as log:
                self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log,
                                                stderr=log)
        except Exception:
            shutil.rmtree(self.dir, ignore_errors=True)
            raise

    def processes(self):
        return procs.tree(self.process.pid)

    def log_end(self):
        with open(self.dir / "log", errors="replace") as log:
            return "".join(collections.deque(log, LOG_LINES_SHOWN))

    def stop(self):
        """Ends what was started here, and nothing else."""
        started = self.processes() if self.process.poll() is None else {}
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            for pid in started:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


class Trivial(Bot):
    name = "trivial"
    targets = ("bench_trivial",)

    def command(self, port, networks):
        return [self.build / "tests/bin/bench_trivial", "127.0.0.1:%d" % port, str(networks)]


class Seshetd(Bot):
    name = "seshetd"
    targets = ("seshetd", "seshet-modhost", "module_echo")
    main_file = """state_dir = "{dir}/state";
networks_dir = "{dir}/networks.d";
registry = {{ uri = "embedded"; }};
modules = {{ system_dir = "{dir}/modules"; user_dir = "{dir}/own"; enable_new = true; }};
flood = {{ source = "0"; }};
control = {{ socket = "{dir}/control.sock"; }};
log = {{ level = "warn"; format = "json"; }};
"""
    network_file = """servers = ( {{ host = "127.0.0.1"; port = {port}; tls = false; }} );
nick = "bench{index}";
channels = ( "#bench" );
pacing = {{ burst = 5; interval_ms = 0; }};
"""

    def command(self, port, networks):
        main = self.dir / "seshet.conf"
        main.write_text(self.main_file.format(dir=self.dir))
        for folder in ("networks.d", "modules", "own"):
            (self.dir / folder).mkdir()
        # Only this module: others would be sent the same messages, and do their own work.
        shutil.copy(self.build / "lib/seshet/modules/echo.so", self.dir / "modules")
        for index in range(networks):
            text = self.network_file.format(port=port, index=index)
            (self.dir / "networks.d" / ("bench%d.conf" % index)).write_text(text)
        return [self.build / "bin/seshetd", "-f", "-c", main]


class Unconfined(Seshetd):
    """The same with no sandbox around its modules: what the sandbox costs."""

    name = "unconfined"
    main_file = Seshetd.main_file.replace("enable_new = true;", "enable_new = true; sandbox = false;")


class Load:
    """The load generator: the IRC side of `networks` networks."""

    program = "tests/bin/bench_load"

    def __init__(self, build, networks):
        self.process = subprocess.Popen([build / self.program, str(networks)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = self.hear("listening")["port"]

    def hear(self, event, goes_on=lambda: True):
        """The next line, which must be `event`. Gives up when `goes_on` says no."""
        while not select.select([self.process.stdout], [], [], 0.2)[0]:
            if not goes_on():
                raise BenchError("it ended before it answered on every network")
        line = self.process.stdout.readline()
        if not line:
            raise BenchError("the load generator has ended while `%s` was awaited" % event)
        said = json.loads(line)
        assert said["event"] == event, said
        return said

    def run(self, mode, in_flight, seconds):
        words = ["turn"] if mode == "turn" else ["each", str(in_flight)]
        self.process.stdin.write(" ".join(words + [str(int(seconds * 1000))]) + "\n")
        self.process.stdin.flush()
        result = self.hear("result")
        faults = {name: result[name] for name in FAULTS if result[name]}
        if faults:
            raise BenchError("wrong answers: " + ", ".join("%d %s" % (count, name.replace("_", " "))
                                                           for name, count in faults.items()))
        return result

    def stop(self):
        self.process.stdin.close()
        self.process.stdout.close()
        try:
            self.process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def cpu_of(processes):
    """CPU seconds of each process, by the process's name."""
    seconds = collections.Counter()
    for pid, name in processes.items():
        seconds[name] += procs.cpu_seconds(pid)
    return seconds


def memory_of(processes):
    """Of the bot and what grows with its networks; the registry's redis-server is apart."""
    return {"bot": procs.memory(pid for pid, name in processes.items() if name != "redis-server"),
            "redis": procs.memory(pid for pid, name in processes.items() if name == "redis-server")}


def measure(bot_class, build, networks, plan, settle):
    """One start of one bot. `plan` is a list of (mode, in_flight, warm-up seconds, seconds).
    Returns ({"idle": memory, "after": memory}, [result with `cpu_seconds` by process name])."""
    load = Load(build, networks)
    try:
        bot = bot_class(build, load.port, networks)
        try:
            load.hear("ready", goes_on=lambda: bot.process.poll() is None)
            time.sleep(settle)
            memory = {"idle": memory_of(bot.processes())}
            results = [_measure_run(bot, load, *step) for step in plan]
            time.sleep(settle)
            memory["after"] = memory_of(bot.processes())
        except (BenchError, OSError) as error:
            raise BenchError("%s with %d networks: %s\n%s"
                             % (bot.name, networks, error, bot.log_end())) from error
        finally:
            bot.stop()
    finally:
        load.stop()
    return memory, results


def _measure_run(bot, load, mode, in_flight, warm_up, seconds):
    load.run(mode, in_flight, warm_up)
    processes = bot.processes()
    before = cpu_of(processes)
    result = load.run(mode, in_flight, seconds)
    after = cpu_of(processes)
    if bot.processes().keys() != processes.keys():
        raise BenchError("a process of the bot ended or came up during a run")
    result["cpu_seconds"] = {name: after[name] - before[name] for name in after}
    return result
