"""Measures Ray: two workers, additions by remote calls."""
import json
import sys
import time

import ray


@ray.remote
def add(a, b):
    return a + b


def main(seconds):
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error")
    times = one_by_one(50) and []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        times += one_by_one(1)
    rate = max(together(count) for count in (64, 256, 1024))
    ray.shutdown()
    times.sort()
    print(json.dumps({
        "p50": times[len(times) // 2] * 1000,
        "p99": times[int(len(times) * 0.99)] * 1000,
        "per_second": rate,
    }))


def one_by_one(count):
    times = []
    for index in range(count):
        started = time.perf_counter()
        result = ray.get(add.remote(index, 5))
        times.append(time.perf_counter() - started)
        assert result == index + 5
    return times


def together(count):
    started = time.perf_counter()
    results = ray.get([add.remote(index, 5) for index in range(count)])
    assert results == [index + 5 for index in range(count)]
    return count / (time.perf_counter() - started)


if __name__ == "__main__":
    main(float(sys.argv[1]))
