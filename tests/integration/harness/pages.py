"""A web server of the worst kind."""

import gzip
import http.server
import ssl
import threading
import zlib

HTML = "text/html; charset=utf-8"
# Path: content type, body as it is sent, Content-Encoding.
PAGES = {
    "/page": (HTML, b"<title>A &amp; B</title>", None),
    "/codes": (HTML, b"<title>\r\nQUIT :\r\n\x01VERSION\x01 \x02\x0304 red\x0f &#10;&#1;end\x00</title>", None),
    "/latin1": ("text/html; charset=iso-8859-1", "<title>Käse</title>".encode("latin-1"), None),
    "/meta": ("text/html", "<meta charset=koi8-r><title>Привет</title>".encode("koi8-r"), None),
    "/unsaid": ("text/html", "<title>Käse</title>".encode("utf-8"), None),
    "/gzip": (HTML, gzip.compress(b"<title>small</title>"), "gzip"),
    "/deflate": (HTML, zlib.compress(b"<title>smaller</title>"), "deflate"),
    "/broken": (HTML, b"\x1f\x8b<title>no</title>", "gzip"),
    "/bomb": (HTML, gzip.compress(b"<p>" * 20_000_000, 1), "gzip"),
    "/huge": (HTML, b"<title>" + b"x" * 60_000 + b"</title>", None),
    "/far": (HTML, b" " * 70_000 + b"<title>no</title>", None),
    "/none": (HTML, b"<h1>no</h1>", None),
    "/empty": (HTML, b"", None),
    "/image": ("image/png", b"<title>no</title>", None),
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.asked.append(self.path)
        to = self.server.redirects.get(self.path)
        if to or self.path.startswith("/round"):
            self.redirect(to or self.path + "x")
        elif self.path in PAGES:
            self.page(*PAGES[self.path])
        elif self.path in ("/endless", "/drip"):
            self.trickle(b"<p>" * 10_000 if self.path == "/endless" else b" ",
                         0 if self.path == "/endless" else 0.05)
        elif self.path == "/silent":
            self.server.closing.wait(20)
        else:
            self.send_error(404)

    def page(self, kind, body, encoding):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            self.server.hung_up.add(self.path)
            self.close_connection = True

    def redirect(self, to):
        self.send_response(302)
        self.send_header("Location", to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def trickle(self, piece, pause):
        """A body without an end."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.close_connection = True
        try:
            while not self.server.closing.wait(pause):
                self.wfile.write(piece)
        except OSError:
            self.server.hung_up.add(self.path)


class Pages(http.server.ThreadingHTTPServer):
    """On a port of 127.0.0.1; with a certificate (a pair of files) for https. `redirects`: from a
    path to wherever. `asked` has the paths of all requests, `hung_up` those whose answer nobody
    wanted to the end."""

    daemon_threads = True

    def __init__(self, certificate=None):
        super().__init__(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.base = f"http{'s' if certificate else ''}://127.0.0.1:{self.server_port}"
        self.redirects = {}
        self.asked = []
        self.hung_up = set()
        self.closing = threading.Event()
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    def handle_error(self, *_):
        """Clients hang up, and trust nobody: that is theirs to say."""

    def stop(self):
        self.closing.set()
        self.shutdown()
        self.thread.join()
        self.server_close()
