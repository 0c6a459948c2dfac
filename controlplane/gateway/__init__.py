"""Where workers connect: their credential names the tenant, and nothing else does."""
