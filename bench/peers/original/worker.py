"""The original design's worker: one connection a request, a thread for each."""
import json
import socketserver


def calculate(request):
    op = request["op"]
    if op == "sum_squares":
        total = sum(k * k for k in range(request["a"], request["b"] + 1))
        return {"ok": True, "result": total}
    a, b = float(request["a"]), float(request["b"])
    if op == "div" and b == 0:
        return {"ok": False, "error": "División por cero"}
    result = {"add": a + b, "sub": a - b, "mul": a * b, "div": a / b if b else 0.0}[op]
    return {"ok": True, "result": result, "a": a, "b": b, "op": op}


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        line = self.rfile.readline()
        if line:
            reply = json.dumps(calculate(json.loads(line)))
            self.wfile.write(reply.encode() + b"\n")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 1024


with Server(("127.0.0.1", 0), Handler) as server:
    print("[worker] listening on 127.0.0.1:%d" % server.server_address[1], flush=True)
    server.serve_forever()
