// A stream for log messages that never waits for whoever reads them: what does not fit is lost, and
// counted. The control thread may thus log while nobody reads the pipe, the journal's socket or the
// terminal behind standard error.
//
// Its file descriptor stays as it is for other processes that share it: no flag of theirs changes.
//
// Thread-safety: that of stdio, which locks a stream for each call.
#ifndef VSWITCH_SWITCH_LOG_STREAM_H_
#define VSWITCH_SWITCH_LOG_STREAM_H_

#include <cstdio>

namespace vswitch {

// Over `fd`, which must outlive it. The first message that fits again is preceded by a line that
// tells how many were lost. Null without memory. fclose() ends it.
std::FILE* OpenLogStream(int fd);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_LOG_STREAM_H_
