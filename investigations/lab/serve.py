"""Serves HTTP on the addresses given, and tells systemd when it does.

serve.py [--backlog=N] [--v6only=0|1] [--exit=STATUS] ADDRESS:PORT...
With SIGTERM it ends with that status, if one is given, as Java's programs do.
With SIGUSR1 it stops taking connections, but keeps listening, as a program
that is stuck does; with SIGUSR2 it takes memory, at most 256 MiB.
"""
import os
import select
import signal
import socket
import sys

options = dict(a[2:].split("=", 1) for a in sys.argv[1:] if a.startswith("--"))


def stick(*_):
    tell("STATUS=stuck")
    while True:
        signal.pause()


def grow(*_):
    held = []
    while len(held) < 256:
        held.append(os.urandom(1 << 20))


def listen(address):
    host, port = address.rsplit(":", 1)
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    s = socket.socket(family, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(options.get("v6only", "0")))
    s.bind((host, int(port)))
    s.listen(int(options.get("backlog", "128")))
    return s


def tell(state):
    if path := os.environ.get("NOTIFY_SOCKET"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.sendto(state.encode(), "\0" + path[1:] if path[0] == "@" else path)


signal.signal(signal.SIGUSR1, stick)
signal.signal(signal.SIGUSR2, grow)
if "exit" in options:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(int(options["exit"])))
listeners = [listen(a) for a in sys.argv[1:] if not a.startswith("--")]
tell("READY=1")
while True:
    for s in select.select(listeners, [], [])[0]:
        connection, _ = s.accept()
        connection.settimeout(1)
        try:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
        except OSError:
            pass
        connection.close()
