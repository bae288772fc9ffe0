"""Real IRC servers on loopback."""

import contextlib
import pathlib
import ssl

from .irc import IrcClient
from .process import PATIENCE, Process, free_port, hand_over, start_daemon, wait_until

NGIRCD = """
[Global]
Name = {name}
Info = A server for tests
AdminInfo1 = nobody
Listen = {listen}
Ports = {port}
MotdPhrase = "Welcome."
{password}
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxNickLength = 30
MaxPenaltyTime = 0
PingTimeout = {ping_timeout}
PongTimeout = {ping_timeout}
[Options]
DNS = no
Ident = no
PAM = no
OperCanUseMode = yes
[Operator]
Name = oper
Password = oper
{link}
"""

# A server that may link itself to ours, with services: `Uplink` says its name and password.
NGIRCD_LINK = """
[Server]
Name = {name}
MyPassword = {password}
PeerPassword = {password}
ServiceMask = *Serv
Passive = yes
"""

INSPIRCD = """
<server name="{name}" description="A server for tests" network="{network}" id="1AA">
<admin name="nobody" nick="nobody" email="nobody@example.test">
<bind address="{listen}" port="{port}" type="clients"{ssl}>
{profile}
<connect name="main" allow="*" {password} timeout="30" pingfreq="120" hardsendq="10M"
 softsendq="10M" recvq="1M" threshold="1000000" commandrate="1000000" fakelag="no"
 localmax="2000" globalmax="2000" resolvehostnames="no" modes="" maxchans="100" useident="no">
<class name="all" commands="*" privs="*" usermodes="*" chanmodes="*" snomasks="*">
<type name="oper" classes="all">
<oper name="oper" password="oper" host="*@*" type="oper">
<options syntaxhints="no" cyclehostsfromuser="no" defaultmodes="not" xlinemessage="You're banned!">
<performance somaxconn="512" softlimit="2000">
<security maxtargets="20">
<whowas groupsize="10" maxgroups="1000" maxkeep="1h">
<log method="file" type="*" level="default" target="{log}">
<pid file="{pid}">
{modules}
{link}
"""

INSPIRCD_LINK = """
<bind address="127.0.0.1" port="{port}" type="servers">
<link name="{name}" ipaddr="127.0.0.1" port="1" allowmask="127.0.0.1/32"
 sendpass="{password}" recvpass="{password}">
<uline server="{name}" silent="yes">
<sasl target="{name}" requiressl="no">
<module name="spanningtree">
<module name="sasl">
<module name="hidechans">
"""

INSPIRCD_MODULES = [
    "cap",
    "ircv3",
    "ircv3_accounttag",
    "ircv3_batch",
    "ircv3_capnotify",
    "ircv3_chghost",
    "ircv3_ctctags",
    "ircv3_echomessage",
    "ircv3_invitenotify",
    "ircv3_msgid",
    "ircv3_servertime",
    "namesx",
    "uhnames",
    "services_account",
    "monitor",
    "setname",
    "chghost",
    "sakick",
    "sanick",
]


class Uplink:
    """What services need to link themselves to a server. `port` is known once the server runs."""

    name = "services.example.test"
    password = "link-password"

    def __init__(self):
        self.port = None


class Ircd:
    """What both have in common. `folder` is the server's own."""

    # These daemons refuse root, or leave it by themselves; then they run as Debian's own user.
    user = "irc"

    def __init__(self, folder, name, listen):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.listen = listen
        self.process = None
        self.port = None
        self.password = None
        self.tls = None
        self.uplink = None
        self.clients = []

    def start(self):
        self.process, self.port = start_daemon(self._launch, self._ready)
        return self

    def _tls_context(self):
        """For a client that trusts the server, whoever it is."""
        if not self.tls:
            return None
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    def _ready(self, port):
        """It listens before it has read all of its configuration: only an answer counts."""
        try:
            with contextlib.closing(
                IrcClient(port, "probe", tls=self._tls_context(), register=False)
            ) as probe:
                probe.send("CAP LS")
                return bool(probe.expect(lambda m: m.command == "CAP", timeout=10))
        except (OSError, AssertionError):
            return False

    def restart(self):
        """Again on the same port."""
        assert not self.process.running()
        self.process = self._launch(self.port)
        wait_until(lambda: self._ready(self.port), PATIENCE, f"{self.name} listens again")

    def stop(self):
        for client in self.clients:
            client.close()
        if self.process:
            self.process.stop(timeout=3)

    def kill(self):
        self.process.kill()

    def signal(self, number):
        self.process.signal(number)

    def client(self, nick, **options):
        options.setdefault("password", self.password)
        options.setdefault("tls", self._tls_context())
        client = IrcClient(self.port, nick, **options)
        self.clients.append(client)
        return client

    def visitors(self, *nicks, **options):
        """Several clients at once: inspircd lets those wait who come, up to a second."""
        clients = [self.client(nick, welcome=False, **options) for nick in nicks]
        return [client.wait_welcome() for client in clients]

    def operator(self, nick="oper"):
        client = self.client(nick)
        client.send("OPER oper oper")
        client.expect(lambda m: m.command == "381")
        return client


class Ngircd(Ircd):
    def __init__(self, folder, name="ngircd.example.test", listen="127.0.0.1", password=None,
                 ping_timeout=120, uplink=None):
        super().__init__(folder, name, listen)
        self.password = password
        self.uplink = uplink
        self.ping_timeout = ping_timeout

    def _launch(self, port):
        link = ""
        if self.uplink:
            self.uplink.port = port
            link = NGIRCD_LINK.format(name=self.uplink.name, password=self.uplink.password)
        text = NGIRCD.format(
            name=self.name,
            listen=self.listen,
            port=port,
            password=f"Password = {self.password}" if self.password else "",
            ping_timeout=self.ping_timeout,
            link=link,
        )
        config = self.folder / "ngircd.conf"
        config.write_text(text)
        hand_over(self.folder, self.user)
        return Process(
            "ngircd",
            ["/usr/sbin/ngircd", "-n", "-f", config],
            log=self.folder / "ngircd.log",
            user=self.user,
        )


class Inspircd(Ircd):
    """`tls`: a pair of files, certificate and key, to listen with TLS."""

    def __init__(self, folder, name="inspircd.example.test", network="Testnet",
                 listen="127.0.0.1", tls=None, password=None, uplink=None):
        super().__init__(folder, name, listen)
        self.network = network
        self.tls = tls
        self.uplink = uplink
        self.password = password

    def _launch(self, port):
        profile = bind = ""
        modules = list(INSPIRCD_MODULES)
        if self.tls:
            for source, name in zip(self.tls, ("cert.pem", "key.pem")):
                (self.folder / name).write_bytes(pathlib.Path(source).read_bytes())
            profile = (
                f'<sslprofile name="tls" provider="gnutls" certfile="{self.folder}/cert.pem" '
                f'keyfile="{self.folder}/key.pem" requestclientcert="yes" hash="sha256">'
            )
            bind = ' ssl="tls"'
            modules += ["ssl_gnutls", "sslinfo"]
        link = ""
        if self.uplink:
            self.uplink.port = free_port()
            link = INSPIRCD_LINK.format(
                port=self.uplink.port, name=self.uplink.name, password=self.uplink.password
            )
        text = INSPIRCD.format(
            name=self.name,
            network=self.network,
            listen=self.listen,
            port=port,
            ssl=bind,
            profile=profile,
            password=f'password="{self.password}"' if self.password else "",
            log=self.folder / "inspircd-own.log",
            pid=self.folder / "inspircd.pid",
            modules="\n".join(f'<module name="{name}">' for name in modules),
            link=link,
        )
        config = self.folder / "inspircd.conf"
        config.write_text(text)
        hand_over(self.folder, self.user)
        return Process(
            "inspircd",
            ["sh", "-c", 'ulimit -c 0; exec /usr/sbin/inspircd --nofork --nopid "--config=$1"',
             "sh", config],
            log=self.folder / "inspircd.log",
            user=self.user,
            cwd=self.folder,
        )
