"""`python -m engram_kernel CONNECTION_FILE`, which kernel.json names; without an argument it is the command `engram`."""

import sys

from engram_kernel import cli, launch

if __name__ == "__main__":
    if len(sys.argv) == 2 and sys.argv[1].endswith(".json"):
        try:
            launch.main(sys.argv[1])
        except launch.Missing as missing:
            sys.exit(f"engram: {missing} `engram doctor` lists all that is needed.")
    sys.exit(cli.main())
