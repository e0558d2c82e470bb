"""`python -m engram_kernel CONNECTION_FILE`, which kernel.json names; with other words it is the command `engram`."""

import sys

from engram_kernel import launch

if __name__ == "__main__":
    if len(sys.argv) == 2 and sys.argv[1].endswith(".json"):
        try:
            launch.main(sys.argv[1])
        except launch.Missing as missing:
            sys.exit(f"engram: {missing} `engram doctor` lists all that is needed.")
    from engram_kernel import cli  # a kernel that starts has no use for it

    sys.exit(cli.main())
