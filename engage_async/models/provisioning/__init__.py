"""What the Provisioning API keeps: users and other configuration objects, options, imports, exports."""
