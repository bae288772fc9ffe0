"""A line to Redis that can go bad."""

import socket
import threading
import time


class Proxy:
    """Passes connections on to a port. What goes wrong is set while it runs:

    `deaf`: what Redis tells subscribers is lost;
    `cut_after`: all connections are closed after so many bytes from Redis;
    `trickle`: so many bytes from Redis in each 10 ms."""

    def __init__(self, target):
        self.target = target
        self.deaf = False
        self.cut_after = None
        self.trickle = None
        self.cuts = 0
        self.lock = threading.Lock()
        self.open = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
                server = socket.create_connection(("127.0.0.1", self.target), timeout=5)
            except OSError:
                if self.listener.fileno() < 0:
                    return
                client.close()
                continue
            for sock in (client, server):
                sock.settimeout(None)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.open.append((client, server))
            state = {"subscribed": False}
            for work in (self._from_client, self._from_server):
                threading.Thread(target=work, args=(client, server, state), daemon=True).start()

    @staticmethod
    def _close(*socks):
        for sock in socks:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()

    def _from_client(self, client, server, state):
        try:
            while data := client.recv(65536):
                state["subscribed"] = state["subscribed"] or b"SUBSCRIBE" in data
                server.sendall(data)
        except OSError:
            pass
        self._close(client, server)

    def _from_server(self, client, server, state):
        try:
            while data := server.recv(65536):
                if self.deaf and state["subscribed"]:
                    continue
                self._pass_on(client, data)
        except OSError:
            pass
        self._close(client, server)

    def _pass_on(self, client, data):
        while data and self.trickle:
            client.sendall(data[:self.trickle])
            data = data[self.trickle:]
            time.sleep(0.01)
        with self.lock:
            cut = self.cut_after is not None and len(data) >= self.cut_after
            if cut:
                data = data[:self.cut_after]
                self.cut_after = None
                self.cuts += 1
            elif self.cut_after is not None:
                self.cut_after -= len(data)
        client.sendall(data)
        if cut:
            self.cut()

    def cut(self):
        """Closes all connections, as a broken line does."""
        with self.lock:
            socks = [sock for pair in self.open for sock in pair]
            self.open = []
        self._close(*socks)

    def stop(self):
        self.listener.close()
        self.cut()
