// An exclusive lock between daemons: flock() on a file that holds the holder's pid.
//
// A holder that is torn down is waited for, 20 s at most: the kernel closes a killed process's
// files one by one, some 20 ms for a TAP, and frees the lock among them. One that lives is given
// the second of an orderly end. Thread-safety: no state.
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

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_BASE_LOCK_FILE_H_
