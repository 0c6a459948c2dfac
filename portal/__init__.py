"""What a tenant sees in a browser: no Docker, no admin rights, a database role of its own."""
