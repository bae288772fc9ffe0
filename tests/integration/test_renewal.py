"""Certificates that are renewed under their old names: read at SIGHUP, used from the next
connection on."""

import shutil
import ssl

from harness.process import wait_until
from harness.seshetd import network

CHANNEL = "#seshet"


def renew(path, source):
    """By rename, as certbot's links and Kubernetes do."""
    part = path.with_name(path.name + ".part")
    shutil.copy(source, part)
    part.rename(path)


def shown(connection):
    return connection.sock.getpeercert(binary_form=True)


def der(pair):
    return ssl.PEM_cert_to_DER_cert(pair[0].read_text())


def test_client_certificate(parts, certs):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*map(str, certs.good))
    context.verify_mode = ssl.CERT_OPTIONAL
    for pair in (certs.client, certs.self_signed):
        context.load_verify_locations(str(pair[0]))
    fake = parts.fake(tls_context=context)
    bot = parts.bot({}, start=False)
    cert, key = bot.folder / "own.pem", bot.folder / "own.key"
    renew(cert, certs.client[0])
    renew(key, certs.client[1])
    bot.write_network("secure", network(
        fake.port, "Anna", sasl={"cert_file": str(cert), "key_file": str(key)},
        server={"tls": True, "host": "localhost", "ca_file": str(certs.ca)}))
    bot.start()
    first = fake.accept()
    first.register()
    assert shown(first) == der(certs.client)
    renew(key, certs.self_signed[1])
    renew(cert, certs.self_signed[0])
    mark = bot.mark()
    bot.hangup()
    bot.wait_log(since=mark, event="conf.changed", network="secure")
    first.send("PING :still")
    first.expect(lambda m: m.command == "PONG" and m.text == "still")
    first.close()
    second = fake.accept()
    assert shown(second) == der(certs.self_signed)


def test_own_ca(parts, certs):
    server = parts.inspircd(tls=certs.self_signed)
    visitor = server.client("visitor", tls=certs.visitor()).join(CHANNEL)
    bot = parts.bot({}, start=False)
    ca = bot.folder / "ca.pem"
    renew(ca, certs.ca)
    bot.write_network("secure", network(
        server.port, "Anna", server={"tls": True, "host": "localhost", "ca_file": str(ca)}))
    bot.start()
    bot.wait_log(network="secure", msg="(?i)self.signed")
    assert "Anna" not in visitor.names(CHANNEL)
    renew(ca, certs.self_signed[0])
    bot.hangup()
    visitor.wait_for("Anna", CHANNEL)


def test_a_renewal_that_is_broken_changes_nothing(parts, certs):
    server = parts.inspircd(tls=certs.good)
    visitor = server.client("visitor", tls=certs.visitor()).join(CHANNEL)
    bot = parts.bot({}, start=False)
    ca = bot.folder / "ca.pem"
    renew(ca, certs.ca)
    bot.write_network("secure", network(
        server.port, "Anna", server={"tls": True, "host": "localhost", "ca_file": str(ca)}))
    bot.start()
    visitor.wait_for("Anna", CHANNEL)
    ca.write_text("not yet written\n")
    mark = bot.mark()
    bot.hangup()
    bot.wait_log(since=mark, event="conf.error", network="secure", msg=r"secure\.conf:\d+: servers\.ca_file")
    assert visitor.answered("Anna", CHANNEL)
    assert any("servers.ca_file" in text for text in bot.ctl_json("status")["errors"])
    renew(ca, certs.ca)
    bot.hangup()
    wait_until(lambda: not bot.ctl_json("status")["errors"], 30, "the error is gone")
    assert visitor.answered("Anna", CHANNEL)
