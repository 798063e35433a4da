"""One program for each contender; each takes its parameters as one JSON array and says JSON, one value a line."""
