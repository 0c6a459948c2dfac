"""What a tenant sees in a browser. Not built yet: the control plane's API comes first."""
