"""`python -m engram_pages ROOT OUT`, as `./lab site` calls it."""

import sys
from pathlib import Path

from . import book

try:
    out = Path(sys.argv[2])
    for chapter in book.write(Path(sys.argv[1]), out):
        print(f"lab: {chapter} was never run, so its page has no results: ./lab run {chapter}", file=sys.stderr)
    print(f"lab: the site begins at {out / 'index.html'}", file=sys.stderr)
except book.Refusal as refusal:
    print(f"lab: {refusal}", file=sys.stderr)
    sys.exit(1)
