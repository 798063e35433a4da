"""The rules of the remote system, without I/O: routes, envelopes, key/value lists, correlation, Bayeux, backoff."""
