"""Side by side with what its users would otherwise take: ``nox -s bench``, or ``python -m benchmarks [TABLE …]``.

Every contender runs in a process of its own against a server in another; contenders take turns, and every figure is the
median of several rounds. Absolute figures belong to one machine: look at the ratios.
"""
