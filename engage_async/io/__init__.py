"""The only sockets of the package: HTTP, tokens, notifications."""
