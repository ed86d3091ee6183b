"""Measures Dask distributed: a scheduler and two single-threaded workers, additions by client.submit."""
import json
import sys
import time

from distributed import Client, LocalCluster, wait


def add(a, b):
    return a + b


def main(seconds):
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            times = one_by_one(client, 20) and []
            end = time.perf_counter() + seconds
            while time.perf_counter() < end:
                times += one_by_one(client, 1)
            rate = max(together(client, count) for count in (64, 256, 1024))
    times.sort()
    print(json.dumps({
        "p50": times[len(times) // 2] * 1000,
        "p99": times[int(len(times) * 0.99)] * 1000,
        "per_second": rate,
    }))


def one_by_one(client, count):
    times = []
    for index in range(count):
        started = time.perf_counter()
        result = client.submit(add, index, 5, pure=False).result()
        times.append(time.perf_counter() - started)
        assert result == index + 5
    return times


def together(client, count):
    started = time.perf_counter()
    futures = [client.submit(add, index, 5, pure=False) for index in range(count)]
    wait(futures)
    assert client.gather(futures) == [index + 5 for index in range(count)]
    return count / (time.perf_counter() - started)


if __name__ == "__main__":
    main(float(sys.argv[1]))
