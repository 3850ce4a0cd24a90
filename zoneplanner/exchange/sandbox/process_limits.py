"""Limits on memory and processor time that the system enforces on a process that reads a file.

POSIX has ``setrlimit``. On Windows the process puts itself into a job object: see
https://learn.microsoft.com/windows/win32/procthread/job-objects.
"""

import ctypes
import sys

_PROCESS_TIME, _PROCESS_MEMORY, _DIE_ON_CLOSE = 0x2, 0x100, 0x2000
_EXTENDED_LIMITS = 9
_TICKS_PER_S = 10_000_000


class _BasicLimits(ctypes.Structure):
    """``JOBOBJECT_BASIC_LIMIT_INFORMATION``."""

    _fields_ = [
        ("PerProcessUserTimeLimit", ctypes.c_int64),
        ("PerJobUserTimeLimit", ctypes.c_int64),
        ("LimitFlags", ctypes.c_uint32),
        ("MinimumWorkingSetSize", ctypes.c_size_t),
        ("MaximumWorkingSetSize", ctypes.c_size_t),
        ("ActiveProcessLimit", ctypes.c_uint32),
        ("Affinity", ctypes.c_size_t),
        ("PriorityClass", ctypes.c_uint32),
        ("SchedulingClass", ctypes.c_uint32),
    ]


class JobLimits(ctypes.Structure):
    """``JOBOBJECT_EXTENDED_LIMIT_INFORMATION``, 144 bytes on a 64-bit system."""

    _fields_ = [
        ("Basic", _BasicLimits),
        ("IoCounters", ctypes.c_uint64 * 6),
        ("ProcessMemoryLimit", ctypes.c_size_t),
        ("JobMemoryLimit", ctypes.c_size_t),
        ("PeakProcessMemoryUsed", ctypes.c_size_t),
        ("PeakJobMemoryUsed", ctypes.c_size_t),
    ]


def build_job_limits(memory_bytes: int, seconds: float) -> JobLimits:
    """Return the limits of a Windows job; time is in steps of 100 ns."""
    limits = JobLimits()
    limits.Basic.PerProcessUserTimeLimit = int((seconds + 1) * _TICKS_PER_S)
    limits.Basic.LimitFlags = _PROCESS_TIME | _PROCESS_MEMORY | _DIE_ON_CLOSE
    limits.ProcessMemoryLimit = memory_bytes
    return limits


def limit_this_process(memory_bytes: int, seconds: float) -> None:
    """Have the system stop this process if it uses more memory or processor time."""
    if sys.platform == "win32":
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateJobObjectW.restype = kernel.GetCurrentProcess.restype = ctypes.c_void_p
        job = ctypes.c_void_p(kernel.CreateJobObjectW(None, None))
        limits = build_job_limits(memory_bytes, seconds)
        size = ctypes.sizeof(limits)
        this = ctypes.c_void_p(kernel.GetCurrentProcess())
        # the handle stays open, so the job lasts as long as the process
        if not (
            kernel.SetInformationJobObject(job, _EXTENDED_LIMITS, ctypes.byref(limits), size)
            and kernel.AssignProcessToJobObject(job, this)
        ):
            raise OSError(f"cannot limit memory and time: error {ctypes.get_last_error()}")
    else:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
        cpu_s = int(seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
