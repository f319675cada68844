"""`python -m confirma_connector.cli`; like `confirma` it looks for nothing in the working folder."""

import sys

if not sys.flags.safe_path:
    del sys.path[0]  # the working folder, which Python has put there

from confirma_connector.cli import main

main()
