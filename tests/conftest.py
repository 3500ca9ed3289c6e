"""What holds for all tests: properties are tried on the same examples each time, in the long suite on new ones."""

import os

from hypothesis import settings

settings.register_profile("same", derandomize=True)
settings.register_profile("new", derandomize=False)
settings.load_profile("new" if os.environ.get("RR_NEW_EXAMPLES") else "same")
