"""What the control plane leaves on a worker's volume, and where the worker looks for it."""

DATA_DIR = "/data"
# Beside the session, which is as good a key to the tenant's phone: whoever reads one reads both.
TOKEN_FILE = "gateway-token"  # noqa: S105  a file's name
