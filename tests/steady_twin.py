"""A second rig on the same server to which nothing happens: what it misses by its own CPU time is the machine's doing.

Virtual machines charge a thread for time that the host took away, and the kernel for interrupts it served meanwhile.
Only a client that works as hard and is left in peace can tell how often.

    python tests/steady_twin.py --server NAME       # a line on standard input: a line of JSON
"""

from __future__ import annotations

import argparse
import json
import sys
import time

from rigs import A2, RATE, guitar, model

from rig import bundled
from rig.backends.jack import Jack
from rig.chain import LOOP
from rig.engine import Cabinet, Engine
from rig.ir import IR
from rig.lane import Lane


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    options = parser.parse_args()
    engine = Engine(RATE)
    with Jack("twin", options.server) as backend:
        engine.loop(guitar(20 * RATE))
        # Two lanes and a cabinet: about what plays while one sound fades into another.
        lanes = {at: Lane(RATE, model(A2).network(), source=LOOP) for at in range(2)}
        engine.play(lanes, Cabinet(IR.load(bundled.irs()[0])))
        backend.start(engine.block_address, engine.address)
        engine.wait_until_steady(20)
        load = engine.record["load"]
        load["cpu_clock"] = time.CLOCK_THREAD_CPUTIME_ID
        for _ in sys.stdin:
            misses, worst = int(load["cpu_misses"]), float(load["cpu_worst"])
            print(json.dumps({"misses": misses, "worst": worst, "cycles": int(backend.host["cycles"])}), flush=True)


if __name__ == "__main__":
    main()
