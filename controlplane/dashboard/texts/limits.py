"""Words of what a tenant may use."""

LIMITS = {
    "limits": "Limits",
    "limits.lead": (
        "What this tenant may use, and what it uses. A field that is left empty follows the"
        " default of the installation. Other memory, CPU, processes or disk replace the container:"
        " the worker hands over what it holds, and no message is lost."
    ),
    "limits.limit": "Limit",
    "limits.used": "Used",
    "limits.allowed": "Allowed",
    "limits.own": "Of its own",
    "limits.spent": "used up",
    "limits.default": "Default: {value}",
    "limits.save": "Save the limits",
    "limits.memory_bytes": "Memory (MiB)",
    "limits.cpus": "CPU (cores)",
    "limits.pids": "Processes and threads",
    "limits.disk_bytes": "Disk (MiB)",
    "limits.log_lines_per_minute": "Log lines a minute",
    "limits.queued_messages": "Messages that wait",
    "limits.messages_per_day": "Messages a day (UTC)",
    "limits.api_requests_per_minute": "API requests a minute",
}
