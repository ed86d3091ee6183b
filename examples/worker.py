"""A worker for calc_server in plain Python: one JSON line in, one out. Usage: worker.py PORT"""
import json, operator, socketserver, sys

squares = lambda n: n * (n + 1) * (2 * n + 1) // 6
OPS = {"add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv,
       "sum_squares": lambda a, b: squares(b) - squares(a - 1)}
ERRORS = {ZeroDivisionError: "División por cero", ValueError: "el resultado es demasiado grande"}

def answer(line):
    try:
        ask = json.loads(line)
        return json.dumps({"ok": True, "result": OPS[ask["op"]](ask["a"], ask["b"])}, allow_nan=False)
    except Exception as error:
        return json.dumps({"ok": False, "error": ERRORS.get(type(error), "operación desconocida")})

class Worker(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(answer(line).encode() + b"\n")

socketserver.ThreadingTCPServer.allow_reuse_address = True
server = socketserver.ThreadingTCPServer(("127.0.0.1", int(sys.argv[1])), Worker)
print("[worker.py] listening on %s:%d" % server.server_address, flush=True)
try:
    server.serve_forever()
except KeyboardInterrupt:
    pass
