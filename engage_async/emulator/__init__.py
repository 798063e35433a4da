"""A local Engage Cloud: an independent far end for tests, examples and benchmarks."""
