// The system calls that a supervised process (Process::Options) asks its supervisor about.
#ifndef VSWITCH_TESTS_HARNESS_SUPERVISED_CALLS_H_
#define VSWITCH_TESTS_HARNESS_SUPERVISED_CALLS_H_

#include <sys/syscall.h>

#include <string>

namespace vswitch::testing {

struct SupervisedCall {
  int number;
  const char* name;
};

// What changes the machine, and recvfrom, with which a verb begins. Never io_uring_enter, read or
// write: a worker lives by them.
inline constexpr SupervisedCall kSupervisedCalls[] = {
    {SYS_recvfrom, "recvfrom"}, {SYS_ioctl, "ioctl"},
    {SYS_sendmsg, "sendmsg"},   {SYS_sendto, "sendto"},
    {SYS_bpf, "bpf"},           {SYS_openat, "openat"},
    {SYS_socket, "socket"},     {SYS_setsockopt, "setsockopt"},
    {SYS_fsync, "fsync"},       {SYS_unlinkat, "unlinkat"},
    {SYS_renameat, "renameat"}, {SYS_renameat2, "renameat2"},
};

inline std::string NameOfCall(int number) {
  for (const SupervisedCall& call : kSupervisedCalls) {
    if (call.number == number) return call.name;
  }
  return std::to_string(number);
}

}  // namespace vswitch::testing

#endif  // VSWITCH_TESTS_HARNESS_SUPERVISED_CALLS_H_
