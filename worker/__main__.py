"""`python -m worker`."""

from worker.slim import give_back_memory, leave_out_unused

leave_out_unused()

from worker.main import end, main  # noqa: E402  what it imports depends on the line above

give_back_memory()
end(main())
