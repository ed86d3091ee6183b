"""The original design's coordinator: each request to the next worker, over a connection made for it."""
import itertools
import json
import socket
import socketserver
import sys

WORKERS = [(host, int(port)) for host, port in (name.rsplit(":", 1) for name in sys.argv[1:])]
turn = itertools.count()


def ask(request):
    first = next(turn)
    for offset in range(len(WORKERS)):
        try:
            with socket.create_connection(WORKERS[(first + offset) % len(WORKERS)], 2) as conn:
                conn.sendall(json.dumps(request).encode() + b"\n")
                return json.loads(conn.makefile("rb").readline())
        except (OSError, ValueError):
            continue
    return {"ok": False, "error": "ningún worker disponible"}


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        line = self.rfile.readline()
        if line:
            self.wfile.write(json.dumps(ask(json.loads(line))).encode() + b"\n")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 1024


with Server(("127.0.0.1", 0), Handler) as server:
    print("[calc-server] listening on 127.0.0.1:%d" % server.server_address[1], flush=True)
    server.serve_forever()
