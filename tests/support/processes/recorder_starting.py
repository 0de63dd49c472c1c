"""The recorder with another time in which what does not answer yet is still starting: `STARTING_SECONDS`.

So a test about that time does not depend on how busy the machine is.
"""

import os
import runpy

from tears.kit import health

if __name__ == "__main__":
    health.STARTING_SECONDS = float(os.environ["STARTING_SECONDS"])
    runpy.run_module("tears.recorder", run_name="__main__", alter_sys=True)
