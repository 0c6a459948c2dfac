"""Files of tenants: kept under the state directory, each tenant's apart, by content."""
