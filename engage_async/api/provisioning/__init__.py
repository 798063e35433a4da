"""The Provisioning API: users and other configuration objects, imports and exports, settings of a contact centre."""
