// An exclusive lock between daemons: flock() on a file that holds the holder's pid.
//
// A holder that is torn down or says that it ends is waited for, 150 s at most: letting go of a
// port costs the kernel some 30 ms (docs/limits.md), also in a killed process, whose lock is freed
// among its other files. One that lives is given a second to say so. Thread-safety: no state.
#ifndef VSWITCH_SWITCH_BASE_LOCK_FILE_H_
#define VSWITCH_SWITCH_BASE_LOCK_FILE_H_

namespace vswitch {

struct LockOutcome {
  int error = 0;   // An errno; 0: the lock is ours. EWOULDBLOCK: a process that lives holds it.
  int holder = 0;  // The pid of that process; 0: it has not written it yet.
};

// `fd`: of the file, open for reading and writing.
LockOutcome TakeLock(int fd);

// Tells others who holds it. REQUIRES: the lock is ours. False, with errno, on error.
bool WriteLockPid(int fd);

// Tells others that we end and shall let go of it. REQUIRES: the lock is ours.
void MarkLockEnding(int fd);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_BASE_LOCK_FILE_H_
