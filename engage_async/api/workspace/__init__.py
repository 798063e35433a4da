"""The Workspace API: what an agent's desktop does."""
