"""Read by every Python that starts with this folder on its path: rig in it runs as on the system that is named."""

import os
import sys
from pathlib import Path

if os.environ.get("RIG_SIMULATED"):
    sys.path.insert(0, str(Path(__file__).parents[1]))
    import simulated

    simulated.install(os.environ["RIG_SIMULATED"])
