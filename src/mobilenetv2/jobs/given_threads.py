"""How many cores an engine gave to the process that this is."""

import sys


def given_threads() -> int | None:
    """CPUs of the Ray actor or task around us, at least 1; None outside of one.

    Ray asks nothing of a process that uses more than it was given: sixteen actors of one CPU, with
    four threads each, would fight for a machine of sixteen.
    """
    ray = sys.modules.get("ray")
    if ray is None or not ray.is_initialized():
        return None
    context = ray.get_runtime_context()
    if context.get_actor_id() is None and context.get_task_id() is None:  # the driver
        return None
    return max(1, int(context.get_assigned_resources().get("CPU", 1)))
