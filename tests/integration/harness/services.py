"""Services (NickServ and SASL) on a real IRC server: accounts as ordinary networks have them.

What NickServ answers, to users and to the bot, stands in test_services.py.
"""

import pathlib
import re
import time

from .ircd import Inspircd, Ngircd, Uplink
from .process import PATIENCE, Deadline, Process, hand_over, wait_until

# Anope wants one item a line. Nothing is stored, nothing is slow, nothing is mailed.
ANOPE = """
uplink
{{
    host = "127.0.0.1"
    port = {port}
    password = "{password}"
}}
serverinfo
{{
    name = "{name}"
    description = "Services for tests"
    pid = "{folder}/anope.pid"
    motd = "{folder}/motd"
}}
module
{{
    name = "{protocol}"
    use_server_side_mlock = yes
    use_server_side_topiclock = yes
}}
networkinfo
{{
    networkname = "Testnet"
    nicklen = 30
    userlen = 10
    hostlen = 64
    chanlen = 64
    modelistsize = 100
    vhost_chars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"
    allow_undotted_vhosts = false
    disallow_start_or_end = ".-"
}}
options
{{
    casemap = "rfc1459"
    seed = 9866235
    strictpasswords = no
    badpasslimit = 0
    badpasstimeout = 1h
    updatetimeout = 1d
    expiretimeout = 1d
    readtimeout = 1s
    warningtimeout = 1d
    timeoutcheck = 1s
    retrywait = 1s
}}
log
{{
    target = "services.log"
    admin = "*"
    override = "*"
    commands = "*"
    servers = "*"
    users = "connect disconnect nick"
    other = "*"
}}
service
{{
    nick = "NickServ"
    user = "services"
    host = "services.example.test"
    gecos = "Nickname Registration Service"
}}
module
{{
    name = "nickserv"
    client = "NickServ"
    forceemail = no
    confirmemailchanges = no
    defaults = "hide_email hide_mask"
    regdelay = 0s
    expire = 0
    secureadmins = yes
    modeonid = yes
    killquick = 20s
    kill = 60s
    enforceruser = "enforcer"
    enforcerhost = "services.example.test"
    releasetimeout = 1m
    guestnickprefix = "Guest"
    nonicknameownership = no
    passlen = 64
}}
module
{{
    name = "ns_register"
    registration = "none"
    resenddelay = 90s
}}
module
{{
    name = "ns_identify"
    maxlogins = 100
}}
module
{{
    name = "ns_cert"
    max = 5
}}
{modules}
"""

ANOPE_MODULES = ("enc_md5", "help", "ns_status", "ns_logout", "ns_group", "ns_drop", "ns_info", "m_sasl")
ANOPE_COMMANDS = {
    "REGISTER": "register",
    "IDENTIFY": "identify",
    "LOGOUT": "logout",
    "STATUS": "status",
    "CERT": "cert",
    "GROUP": "group",
    "DROP": "drop",
    "INFO": "info",
}

ATHEME = """
{modules}
serverinfo {{
    name = "{name}";
    desc = "Services for tests";
    numeric = "00A";
    recontime = 1;
    netname = "Testnet";
    hidehostsuffix = "users.example.test";
    adminname = "nobody";
    adminemail = "nobody@example.test";
    registeremail = "nobody@example.test";
    mta = "/bin/false";
    loglevel = {{ error; info; network; }};
    maxlogins = 100;
    maxusers = 0;
    mdlimit = 30;
    emaillimit = 100000;
    emailtime = 1;
    auth = none;
    casemapping = rfc1459;
}};
uplink "{server}" {{
    host = "127.0.0.1";
    send_password = "{password}";
    receive_password = "{password}";
    port = {port};
}};
nickserv {{
    nick = "NickServ";
    user = "NickServ";
    host = "services.example.test";
    real = "Nickname Services";
    maxnicks = 5;
    expire = 0;
}};
saslserv {{
    nick = "SaslServ";
    user = "SaslServ";
    host = "services.example.test";
    real = "SASL Services";
}};
general {{
    flood_msgs = 0;
}};
"""

ATHEME_MODULES = (
    "backend/opensex",
    "nickserv/main",
    "nickserv/register",
    "nickserv/identify",
    "nickserv/logout",
    "nickserv/status",
    "nickserv/cert",
    "nickserv/group",
    "nickserv/drop",
    "nickserv/info",
)
ATHEME_SASL = ("saslserv/main", "saslserv/plain", "saslserv/external")


class Services:
    """The services' own process. `folder` is theirs."""

    user = "irc"  # as the servers

    def __init__(self, folder, server):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.server = server
        self.process = None

    def start(self):
        config = self.folder / "services.conf"
        config.write_text(self.config(self.server.uplink))
        hand_over(self.folder, self.user)
        self.process = Process(
            self.name,
            self.command(config),
            log=self.folder / "output.log",
            user=self.user,
            cwd=self.folder,
        )

    def stop(self):
        if self.process:
            self.process.stop(timeout=3)

    def log_tail(self):
        texts = [path.read_text(errors="replace") for path in sorted(self.folder.glob("**/*.log*"))]
        return "\n".join("\n".join(text.splitlines()[-30:]) for text in texts)


class Anope(Services):
    name = "anope"
    registered = r"registered"
    identified = r"Password accepted"
    refused = r"Password incorrect"
    logged_out = r"has been logged out"
    certificate = r"added to .* certificate list"

    def __init__(self, folder, server, protocol, acc):
        """acc: ACC is another name of STATUS, as a network may make it."""
        super().__init__(folder, server)
        self.protocol = protocol
        self.commands = {**ANOPE_COMMANDS, **({"ACC": "status"} if acc else {})}

    def config(self, uplink):
        modules = [f'module\n{{\n    name = "{name}"\n}}' for name in ANOPE_MODULES]
        modules += [
            f'command\n{{\n    service = "NickServ"\n    name = "{name}"\n'
            f'    command = "nickserv/{command}"\n}}'
            for name, command in self.commands.items()
        ]
        (self.folder / "motd").write_text("")
        for name in ("db", "logs"):
            (self.folder / name).mkdir(exist_ok=True)
        return ANOPE.format(
            name=uplink.name,
            protocol=self.protocol,
            port=uplink.port,
            password=uplink.password,
            folder=self.folder,
            modules="\n".join(modules),
        )

    def command(self, config):
        return ["/usr/sbin/anope", "--nofork", "--nothird", f"--confdir={self.folder}",
                f"--config={config.name}", f"--dbdir={self.folder}/db", f"--logdir={self.folder}/logs",
                "--modulesdir=/usr/lib/anope"]


class Atheme(Services):
    name = "atheme"
    registered = r"is now registered to"
    identified = r"You are now (identified|logged in)"
    refused = r"Invalid password"
    logged_out = r"You have been logged out"
    certificate = r"Added fingerprint"

    def __init__(self, folder, server, protocol, sasl):
        super().__init__(folder, server)
        self.modules = (f"protocol/{protocol}", *ATHEME_MODULES, *(ATHEME_SASL if sasl else ()))

    def config(self, uplink):
        return ATHEME.format(
            name=uplink.name,
            server=self.server.name,
            port=uplink.port,
            password=uplink.password,
            modules="\n".join(f'loadmodule "modules/{name}";' for name in self.modules),
        )

    def command(self, config):
        return ["/usr/bin/atheme-services", "-n", "-c", config, "-D", self.folder,
                "-p", self.folder / "atheme.pid", "-l", self.folder / "atheme.log"]


def plain(text):
    """Without bold, underlined and the like."""
    return re.sub(r"[\x02\x0f\x16\x1d\x1f]", "", text)


class ServicesNetwork:
    """A server with services: `server` (see ircd.py), and NickServ's accounts. `tls` as of
    Inspircd; `server.client()` then comes with TLS by itself."""

    def __init__(self, folder, kind, **options):
        server, services = kind.split("+")
        self.sasl = server == "inspircd"
        make = Inspircd if self.sasl else Ngircd
        self.server = make(folder / server, uplink=Uplink(), **options)
        if services == "anope":
            protocol = "inspircd3" if self.sasl else "ngircd"
            self.services = Anope(folder / "anope", self.server, protocol, acc=self.sasl)
        else:
            self.services = Atheme(folder / "atheme", self.server, server, self.sasl)
        self.probe = None

    @property
    def port(self):
        return self.server.port

    def start(self):
        self.server.start()
        self.probe = self.server.client("probe", welcome=False)
        self.services.start()
        self.probe.wait_welcome()
        self._wait_services()
        return self

    def stop_services(self):
        """As in a netsplit: NickServ quits."""
        self.services.stop()
        wait_until(lambda: not self._nickserv_answers(), PATIENCE, "NickServ is gone")

    def start_services(self):
        """Again. The accounts are those of before with atheme only."""
        self.services.start()
        self._wait_services()

    def _wait_services(self, timeout=PATIENCE):
        deadline = Deadline(timeout)
        while not (self._nickserv_answers() and self._sasl_is_there()):
            assert self.services.process.running() and not deadline.passed(), (
                f"{self.services.name} does not come:\n{self.services.log_tail()}"
            )
            time.sleep(0.02)

    def _nickserv_answers(self):
        self.probe.send("PRIVMSG NickServ :STATUS probe")
        return self.probe.expect(
            lambda m: m.command == "401" or m.command == "NOTICE" and m.nick == "NickServ"
        ).command == "NOTICE"

    def _sasl_is_there(self):
        if not self.sasl:
            return True
        self.probe.send("CAP LS 302")
        return "PLAIN" in self.probe.expect(lambda m: m.command == "CAP" and "LS" in m.params).text

    def stop(self):
        self.services.stop()
        self.server.stop()

    plain = staticmethod(plain)

    # ---- NickServ ------------------------------------------------------------------------------

    @staticmethod
    def ask(client, text, answer, timeout=PATIENCE):
        """Says something to NickServ, and gives the first answer that the pattern fits, without
        bold and the like."""
        pattern = re.compile(answer)

        def fits(message):
            return (
                message.command == "NOTICE"
                and message.nick == "NickServ"
                and pattern.search(plain(message.text))
            )

        fits.__doc__ = f"NickServ answers {answer!r} to {text!r}"
        client.send(f"PRIVMSG NickServ :{text}")
        return plain(client.expect(fits, timeout).text)

    def register(self, client, account, password):
        """Registers an account and leaves the client logged in to it. One registers the nick one
        has: unless the client has the right one, someone else does it, in no channel."""
        own = client.nick == account
        owner = client if own else self.probe
        if not own:
            self._rename_probe(account)
        self.ask(owner, f"REGISTER {password} {account}@example.test", self.services.registered)
        if not own:
            self.logout(self.probe)
            self._rename_probe("probe")
            self.identify(client, account, password)

    def _rename_probe(self, nick):
        self.probe.send(f"NICK {nick}")
        self.probe.expect(lambda m: m.command == "NICK" and m.text == nick)

    def identify(self, client, account, password):
        self.ask(client, f"IDENTIFY {account} {password}", self.services.identified)

    def logout(self, client):
        self.ask(client, "LOGOUT", self.services.logged_out)

    def add_certificate(self, client):
        """For SASL EXTERNAL: the one that the client shows, to the account it is logged in to."""
        self.ask(client, "CERT ADD", self.services.certificate)

    def account_of(self, client, nick):
        """The account that WHOIS tells of a nick, or None."""
        client.send(f"WHOIS {nick}")
        for message in client.collect(lambda m: m.command == "318"):
            if message.command == "330":
                return message.params[2]
        return None
