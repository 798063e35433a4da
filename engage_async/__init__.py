"""The asyncio-native client for Genesys Multicloud CX: await the outcome, not the acknowledgement."""
