"""Linear algebra of the reference in one thread, as in workers; import this before NumPy.

The threads of a BLAS wait by spinning: where every core is busy with a worker, the reference takes four times as long with
them as without (scenario I3 on two busy cores: 152 s and 37 s).  Whoever sets a variable is heard.
"""

import os

for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(name, "1")
