"""Certificates for the tests, made by openssl."""

import hashlib
import pathlib
import ssl
import subprocess


class Certs:
    """A CA, and with it `good` (localhost, 127.0.0.1, ::1), `expired`, `wrong_name`; besides
    `self_signed`. Each is a pair (certificate, key). `client` is good for a client to show."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ca, self.ca_key = self._self_signed("ca", "Test CA", "basicConstraints=critical,CA:TRUE")
        here = "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"
        self.good = self._signed("good", "localhost", here)
        self.expired = self._signed("expired", "localhost", here, expired=True)
        self.wrong_name = self._signed(
            "wrong", "irc.elsewhere.test", "subjectAltName=DNS:irc.elsewhere.test"
        )
        self.self_signed = self._self_signed("self", "localhost", here)
        self.client = self._self_signed("client", "bot", "extendedKeyUsage=clientAuth")

    def _openssl(self, *args):
        result = subprocess.run(
            ["openssl", *[str(arg) for arg in args]], cwd=self.folder, capture_output=True, check=False
        )
        assert result.returncode == 0, result.stderr.decode()

    def _pair(self, name):
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"

    def _self_signed(self, name, subject, extension):
        cert, key = self._pair(name)
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                      "-nodes", "-keyout", key, "-out", cert, "-subj", f"/CN={subject}",
                      "-addext", extension, "-days", "30")
        return cert, key

    def _signed(self, name, subject, extension, expired=False):
        cert, key = self._pair(name)
        request = self.folder / f"{name}.csr"
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                      "-keyout", key, "-out", request, "-subj", f"/CN={subject}", "-addext", extension)
        # "openssl x509" of OpenSSL 3.0 takes no dates, "openssl ca" does.
        base = self.folder / f"{name}.ca"
        base.mkdir()
        (base / "index").write_text("")
        (base / "serial").write_text(hashlib.sha256(name.encode()).hexdigest()[:16] + "\n")
        (base / "conf").write_text(
            f"[ca]\ndefault_ca=own\n[own]\nnew_certs_dir={base}\ndatabase={base}/index\n"
            f"serial={base}/serial\ndefault_md=sha256\npolicy=any\ncopy_extensions=copy\n"
            "[any]\ncommonName=supplied\n"
        )
        dates = ("20200101000000Z", "20200201000000Z") if expired else ("20200101000000Z", "20490101000000Z")
        self._openssl("ca", "-batch", "-notext", "-config", base / "conf", "-cert", self.ca,
                      "-keyfile", self.ca_key, "-in", request, "-out", cert,
                      "-startdate", dates[0], "-enddate", dates[1])
        return cert, key

    @staticmethod
    def fingerprint(pair):
        """SHA-256 of the certificate, in hex."""
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pair[0].read_text())).hexdigest()

    def visitor(self):
        """A TLS context for our own client, which checks nothing."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
