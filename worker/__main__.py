"""`python -m worker`."""

from worker import early_stop

early_stop.listen()

from worker.slim import give_back_memory, leave_out_unused  # noqa: E402  a stop is heard first

leave_out_unused()

from worker.main import end, main  # noqa: E402  what it imports depends on the line above

give_back_memory()
end(main())
