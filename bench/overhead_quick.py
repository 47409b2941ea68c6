"""The part of bench/overhead.py that needs nothing installed: Rung beside the bare worker."""

from overhead import Plan, main
from peers.lanes import BARE, RUNG

if __name__ == "__main__":
    main("overhead_quick", Plan(lanes=(RUNG, BARE), rounds=4, window_s=1.5))
