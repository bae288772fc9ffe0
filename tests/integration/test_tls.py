"""TLS: what is trusted, what is not, and what the log says of it."""

import ssl

import pytest

from harness.seshetd import network

CHANNEL = "#seshet"


class Stage:
    def __init__(self, parts, certs):
        self.parts, self.certs = parts, certs

    def try_it(self, pair, **server):
        """A real server with the certificate; the bot with these keys for it. Gives the bot and a
        visitor who is in the channel."""
        ircd = self.parts.inspircd(tls=pair)
        visitor = ircd.client("visitor", tls=self.certs.visitor()).join(CHANNEL)
        settings = {"host": "localhost", "tls": True, **server}
        bot = self.parts.bot({"secure": network(ircd.port, "Anna", server=settings)})
        return bot, visitor

    def accepted(self, pair, **server):
        bot, visitor = self.try_it(pair, **server)
        visitor.wait_for("Anna", CHANNEL)
        visitor.ask("Anna", CHANNEL, "!echo secret", "secret")
        visitor.send("WHOIS Anna")
        lines = visitor.collect(lambda m: m.command == "318")
        assert any(m.command == "671" for m in lines), "the connection is TLS"
        return bot

    def refused(self, pair, reason, **server):
        bot, visitor = self.try_it(pair, **server)
        told = bot.wait_log(network="secure", msg=reason)
        assert told["level"] in ("warn", "error")
        assert "Anna" not in visitor.names(CHANNEL)
        return bot


@pytest.fixture
def stage(parts, certs):
    return Stage(parts, certs)


def test_own_ca(stage, certs):
    stage.accepted(certs.good, ca_file=str(certs.ca))


def test_an_address_in_the_certificate(stage, certs):
    stage.accepted(certs.good, ca_file=str(certs.ca), host="127.0.0.1")


def test_unknown_ca_is_refused_by_default(stage, certs):
    stage.refused(certs.good, "(?i)certificate|issuer|verif")


def test_expired(stage, certs):
    stage.refused(certs.expired, "(?i)expired", ca_file=str(certs.ca))


def test_wrong_name(stage, certs):
    stage.refused(certs.wrong_name, r"irc\.elsewhere\.test", ca_file=str(certs.ca))


def test_self_signed(stage, certs):
    stage.refused(certs.self_signed, "(?i)self.signed")


def test_self_signed_by_fingerprint(stage, certs):
    fingerprint = certs.fingerprint(certs.self_signed)
    stage.accepted(certs.self_signed, fingerprint=fingerprint)


def test_fingerprint_with_colons_and_capitals(stage, certs):
    digits = certs.fingerprint(certs.self_signed).upper()
    colons = ":".join(digits[i : i + 2] for i in range(0, 64, 2))
    stage.accepted(certs.self_signed, fingerprint=colons)


def test_expired_by_fingerprint(stage, certs):
    """A pinned certificate is that certificate, whatever it says of itself."""
    stage.accepted(certs.expired, fingerprint=certs.fingerprint(certs.expired))


def test_other_fingerprint_is_refused(stage, certs):
    stage.refused(certs.self_signed, "(?i)fingerprint", fingerprint=certs.fingerprint(certs.good))


def test_other_fingerprint_is_refused_without_verification_too(stage, certs):
    stage.refused(
        certs.self_signed, "(?i)fingerprint", fingerprint=certs.fingerprint(certs.good), verify=False
    )


def test_without_verification(stage, certs):
    stage.accepted(certs.expired, verify=False)


def test_self_signed_as_its_own_ca(stage, certs):
    stage.accepted(certs.self_signed, ca_file=str(certs.self_signed[0]))


def test_plain_server_behind_a_tls_port(parts):
    server = parts.ngircd()
    bot = parts.bot({"secure": network(server.port, "Anna", server={"tls": True})})
    bot.wait_log(timeout=40, network="secure", level="warn", msg="(?i)tls")


def test_nothing_is_sent_before_the_certificate_is_checked(parts, certs):
    """A server that nobody trusts learns no nick and no password."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*map(str, certs.self_signed))
    fake = parts.fake(tls_context=context)
    bot = parts.bot({"secure": network(fake.port, "Anna", server={"tls": True, "host": "localhost"})},
                    start=False)
    settings = network(fake.port, "Anna", server={"tls": True, "host": "localhost"},
                       server_password_file=bot.secret_file("password", "hunter2"))
    bot.write_network("secure", settings)
    bot.start()
    try:
        connection = fake.accept()
        connection.wait_closed()
        assert connection.history == []
    except (ssl.SSLError, ConnectionError, AssertionError) as error:
        assert "nobody connects" not in str(error)
    bot.wait_log(network="secure", msg="(?i)self.signed")
    assert not any("hunter2" in line for line in bot.raw_log)
