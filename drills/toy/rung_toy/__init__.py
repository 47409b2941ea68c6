"""A package as a third party would write it: found by the real `rung serve` through its entry points alone."""
