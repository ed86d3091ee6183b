"""A job in Python: in one process, or over two by a library. Says "ready" on stdout when it begins.

    map_driver.py EXECUTOR KIND COUNT STEPS POISON CHUNK OUTPUT [INPUT]

EXECUTOR is sequential, pool, dask or ray; OUTPUT a file, or - for stdout. KIND is that of bench/map/work.ts.
map_driver.py calibrate prints the steps that take a millisecond.
"""
import itertools
import json
import os
import signal
import sys
import time

# Tasks that a library is given before the first result is taken, and results that are taken together.
WINDOW = 1000
GROUP = 16


def stepped(value, steps):
    for _ in range(steps):
        value ^= (value << 13) & 0xFFFFFFFF
        value ^= value >> 17
        value ^= (value << 5) & 0xFFFFFFFF
    return value


def work(task):
    kind, steps, poison, piece = task
    if kind == "lines":
        items = json.loads("[" + piece.rstrip("\n").replace("\n", ",") + "]")
        return "".join([f"{2 * item + 1}\n" for item in items])
    first, last = piece
    if first <= poison <= last:
        os.kill(os.getpid(), signal.SIGKILL)
    items = range(first, last + 1)
    if kind == "range":
        return "".join([f"{2 * item + 1}\n" for item in items])
    if kind == "sum":
        return sum([stepped(item, steps) % 1000 for item in items])
    return "".join([f"{stepped(item, steps)}\n" for item in items])


def pieces(kind, count, chunk, path):
    if kind == "lines":
        with open(path) as lines:
            while piece := "".join(itertools.islice(lines, chunk)):
                yield piece
    else:
        for first in range(1, count + 1, chunk):
            yield (first, min(first + chunk - 1, count))


def with_pool(begin):
    from multiprocessing import Pool

    with Pool(2, die_with_parent) as pool:
        pool.map(abs, range(8))
        yield from pool.imap(work, begin())


def die_with_parent():
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def with_dask(begin):
    from distributed import Client, LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            client.gather(client.map(abs, range(8)))
            submit = lambda task: client.submit(work, task, pure=False)
            yield from windowed(begin(), submit, lambda future: future.result())


def with_ray(begin):
    import ray

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error")
    remote = ray.remote(work)
    ray.get([ray.remote(abs_of).remote(number) for number in range(8)])
    yield from windowed(begin(), remote.remote, ray.get)


def abs_of(number):
    return abs(number)


def windowed(tasks, submit, result):
    """Results in order; the text of an error goes to stderr, and the others are taken all the same."""
    waiting = []
    while True:
        waiting += [submit(task) for task in itertools.islice(tasks, WINDOW - len(waiting))]
        if not waiting:
            return
        for future in waiting[:GROUP]:
            try:
                yield result(future)
            except Exception as error:
                print(error, file=sys.stderr, flush=True)
        waiting = waiting[GROUP:]


EXECUTORS = {
    "sequential": lambda begin: map(work, begin()),
    "pool": with_pool,
    "dask": with_dask,
    "ray": with_ray,
}


def main(executor, kind, count, steps, poison, chunk, output, path=None):
    # What a library prints by itself is no result.
    stdout = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def begin():
        print("ready", file=stdout, flush=True)
        found = pieces(kind, int(count), int(chunk), path)
        return ((kind, int(steps), int(poison), piece) for piece in found)

    results = EXECUTORS[executor](begin)
    with stdout if output == "-" else open(output, "w") as out:
        if kind == "sum":
            out.write(f"{sum(results)}\n")
            return
        for text in results:
            out.write(text)
            if output == "-":
                out.flush()


def calibrate():
    # The fastest of some: others run beside us meanwhile.
    fastest = min(seconds_of(100_000) for _ in range(10))
    print(round(100 / fastest))


def seconds_of(steps):
    started = time.perf_counter()
    stepped(1, steps)
    return time.perf_counter() - started


if __name__ == "__main__":
    calibrate() if sys.argv[1] == "calibrate" else main(*sys.argv[1:])
