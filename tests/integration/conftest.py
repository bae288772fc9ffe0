"""Fixtures: every test starts what it needs, on ports of its own, and all of it is stopped
whatever happens."""

import faulthandler
import os
import pathlib
import shutil
import signal
import tempfile
import threading

import pytest

from harness import certs as certs_module
from harness import fake_server, ircd, proxy, redis, services, seshetd

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SESHET_BUILD", ROOT / "build" / "asan"))
TEST_SECONDS = 120


def pytest_configure(config):
    config.addinivalue_line("markers", "seconds(n): the test may take so long")
    faulthandler.enable()


@pytest.fixture(autouse=True)
def time_limit(request):
    """No test hangs: it fails, with its own trace."""
    marker = request.node.get_closest_marker("seconds")
    seconds = marker.args[0] if marker else TEST_SECONDS

    def on_alarm(_number, _frame):
        raise AssertionError(f"the test takes more than {seconds} s")

    # Where several run at once a test may not be in the main thread, which alone hears signals:
    # then its process ends.
    if threading.current_thread() is not threading.main_thread():
        faulthandler.dump_traceback_later(seconds, exit=True)
        yield
        faulthandler.cancel_dump_traceback_later()
        return
    before = signal.signal(signal.SIGALRM, on_alarm)
    signal.alarm(seconds)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    setattr(item, f"report_{report.when}", report)
    if report.when != "teardown" and report.failed:
        for part in getattr(item, "seshet_parts", ()):
            if isinstance(part, seshetd.Seshetd):
                report.sections.append((f"log of {part.folder.name}", part.log_tail()))


class Parts:
    """What a test has started, in order."""

    def __init__(self, folder, item):
        self.folder = folder
        self.item = item
        self.started = []
        item.seshet_parts = self.started
        self.count = 0

    def own_folder(self, kind):
        self.count += 1
        path = self.folder / f"{kind}{self.count}"
        path.mkdir()
        return path

    def add(self, part):
        self.started.append(part)
        return part

    def ngircd(self, **options):
        return self.add(ircd.Ngircd(self.own_folder("ngircd"), **options)).start()

    def inspircd(self, **options):
        return self.add(ircd.Inspircd(self.own_folder("inspircd"), **options)).start()

    def services(self, kind, **options):
        """An IRC server with services: "inspircd+anope", "inspircd+atheme", "ngircd+atheme" or
        "ngircd+anope"."""
        part = services.ServicesNetwork(self.own_folder("services"), kind, **options)
        return self.add(part).start()

    def redis(self, **options):
        return self.add(redis.Redis(self.own_folder("redis"), **options)).start()

    def proxy(self, port):
        return self.add(proxy.Proxy(port))

    def fake(self, **options):
        return self.add(fake_server.FakeIrcServer(**options))

    def bot(self, networks=None, start=True, **options):
        bot = seshetd.Seshetd(self.own_folder("bot"), BUILD, networks, **options)
        self.add(bot)
        return bot.start() if start else bot

    def module(self, bot, name, source):
        """Compiles a module into the bot's own module folder."""
        return seshetd.build_module(bot.user_modules, name, source, ROOT / "modules" / "include")

    def bring_down(self, failed):
        """Bots first, and each must end well, unless the test has failed already. Scripted servers
        before them: they would let the bot wait for an answer to its QUIT."""
        problems = []
        order = (fake_server.FakeIrcServer, seshetd.Seshetd)
        self.started.sort(key=lambda part: order.index(type(part)) if type(part) in order else 2)
        for part in self.started:
            try:
                if isinstance(part, seshetd.Seshetd):
                    if failed or problems:
                        part.abort()
                    else:
                        part.stop()
                elif isinstance(part, fake_server.FakeIrcServer):
                    part.close()
                else:
                    part.stop()
            except AssertionError as error:
                problems.append(error)
                if isinstance(part, seshetd.Seshetd):
                    part.abort()
        if problems:
            raise problems[0]


@pytest.fixture
def folder():
    """The test's own folder, short (paths of sockets are bounded) and open to the daemons' user."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="seshet-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def parts(folder, request):
    parts = Parts(folder, request.node)
    yield parts
    report = getattr(request.node, "report_call", None)
    parts.bring_down(failed=report is None or report.failed)


@pytest.fixture
def server(parts):
    return parts.ngircd()


@pytest.fixture
def visitor(server):
    """Somebody in the channel where a bot is, unless its network says otherwise."""
    return server.client("visitor").join("#seshet")


@pytest.fixture(scope="session")
def certs():
    path = pathlib.Path(tempfile.mkdtemp(prefix="seshet-certs-"))
    path.chmod(0o755)
    yield certs_module.Certs(path)
    shutil.rmtree(path, ignore_errors=True)
