#include "tests/harness/process.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <thread>

#include "tests/harness/files.h"
#include "tests/harness/supervised_calls.h"

namespace vswitch::testing {
namespace {

using std::chrono::milliseconds;

// bash does not look into the sbin folders for plain users, and Bazel hands on what it was given.
std::string FindProgram(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = getenv("PATH");
  std::istringstream folders(std::string(path ? path : "") + ":/usr/sbin:/sbin:/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::string candidate = folder + "/" + name;
    if (!folder.empty() && access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  throw Error("no program " + name + " in PATH: tools/setup installs it");
}

// From here to exec, in the child: system calls only. A step that fails ends the child with 127.
[[noreturn]] void FailInChild(const char* step) {
  dprintf(STDERR_FILENO, "harness: %s: %s\n", step, strerror(errno));
  _exit(127);
}

void Need(bool done, const char* step) {
  if (!done) FailInChild(step);
}

void ReplaceTunNode(TunNode node) {
  Need(unshare(CLONE_NEWNS) == 0, "unshare mounts");
  Need(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "make mounts private");
  Need(mount("none", "/dev/net", "tmpfs", 0, "mode=755") == 0, "mount over /dev/net");
  if (node == TunNode::kMissing) return;
  umask(0);
  Need(mknod("/dev/net/tun", S_IFCHR | 0666, makedev(10, 200)) == 0, "make /dev/net/tun");
  umask(022);
}

void DropCapabilities() {
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; ++capability) {
    Need(prctl(PR_CAPBSET_DROP, capability) == 0, "drop a capability");
  }
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2] = {};
  Need(syscall(SYS_capset, &header, none) == 0, "capset");
}

void BecomeUser(uid_t user) {
  Need(setgroups(0, nullptr) == 0, "setgroups");
  Need(setresgid(user, user, user) == 0, "setresgid");
  Need(setresuid(user, user, user) == 0, "setresuid");
}

// The other end of `line` is the parent's: it gets the listener's number, takes the listener, and
// hangs up.
void AskSupervisor(int line) {
  constexpr size_t kCount = std::size(kSupervisedCalls);
  sock_filter program[kCount + 3];
  program[0] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
  for (size_t i = 0; i < kCount; ++i) {
    const auto to_ask = static_cast<uint8_t>(kCount - i);
    program[1 + i] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                              static_cast<uint32_t>(kSupervisedCalls[i].number), to_ask, 0);
  }
  program[kCount + 1] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  program[kCount + 2] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
  const sock_fprog filter = {.len = kCount + 3, .filter = program};
  const int listener = static_cast<int>(
      syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter));
  Need(listener >= 0, "install the seccomp filter");
  Need(write(line, &listener, sizeof(listener)) == sizeof(listener), "tell the supervisor");
  char end;
  Need(read(line, &end, 1) == 0, "wait for the supervisor");
}

UniqueFd TakeListener(pid_t child, int line) {
  int number = -1;
  if (read(line, &number, sizeof(number)) != sizeof(number)) throw Error("no seccomp listener");
  const UniqueFd process(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  UniqueFd listener(static_cast<int>(syscall(SYS_pidfd_getfd, process.get(), number, 0)));
  if (!listener) throw Error("pidfd_getfd");
  return listener;
}

[[noreturn]] void RunChild(const Process::Options& options, pid_t parent, const char* program,
                           char* const* argv, char* const* environment, int supervisor_line) {
  setpgid(0, 0);  // A Ctrl-C is for the test; the test ends its children.
  if (options.netns >= 0) Need(setns(options.netns, CLONE_NEWNET) == 0, "enter the namespace");
  if (options.tun_node != TunNode::kAsIs) ReplaceTunNode(options.tun_node);
  if (options.user) BecomeUser(*options.user);
  if (options.drop_capabilities) DropCapabilities();
  // After the change of user, which clears it.
  Need(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, "PDEATHSIG");
  if (getppid() != parent) _exit(127);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (options.supervised) AskSupervisor(supervisor_line);
  execve(program, argv, environment);
  FailInChild(program);
}

std::vector<std::string> Environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry; ++entry) {
    const std::string name(*entry, strcspn(*entry, "="));
    if (!added.contains(name)) result.push_back(*entry);
  }
  for (const auto& [name, value] : added) result.push_back(name + "=" + value);
  return result;
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& string : strings) result.push_back(string.data());
  result.push_back(nullptr);
  return result;
}

std::string ReadAll(int fd) {
  std::string text;
  char chunk[65536];
  for (ssize_t n; (n = pread(fd, chunk, sizeof(chunk), static_cast<off_t>(text.size()))) > 0;) {
    text.append(chunk, static_cast<size_t>(n));
  }
  return text;
}

}  // namespace

Process::Process(const Options& options) {
  int input[2];
  if (pipe2(input, O_CLOEXEC) != 0) throw Error("pipe2");
  UniqueFd child_input(input[0]);
  input_ = UniqueFd(input[1]);
  output_ = UniqueFd(memfd_create("output", MFD_CLOEXEC));
  errors_ = UniqueFd(memfd_create("errors", MFD_CLOEXEC));

  const std::string program = FindProgram(options.argv.at(0));
  std::vector<std::string> arguments = options.argv;
  std::vector<std::string> environment = Environment(options.environment);
  const std::vector<char*> argv = Pointers(arguments);
  const std::vector<char*> envp = Pointers(environment);
  int line[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line) != 0) throw Error("socketpair");
  UniqueFd supervisor_line(line[0]);
  UniqueFd child_line(line[1]);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw Error("fork");
  if (pid_ == 0) {
    dup2(child_input.get(), STDIN_FILENO);
    dup2(output_.get(), STDOUT_FILENO);
    dup2(options.errors >= 0 ? options.errors : errors_.get(), STDERR_FILENO);
    supervisor_line.Reset();
    RunChild(options, parent, program.c_str(), argv.data(), envp.data(), child_line.get());
  }
  setpgid(pid_, pid_);
  child_line.Reset();
  if (options.supervised) supervisor_ = TakeListener(pid_, supervisor_line.get());
}

Process::~Process() {
  Signal(SIGKILL);
  if (!status_) waitpid(pid_, nullptr, 0);
}

bool Process::Running() {
  if (status_) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return true;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return false;
}

void Process::Signal(int signal) {
  if (Running()) kill(pid_, signal);
}

int Process::Wait(milliseconds limit) {
  if (!WaitUntil([this] { return !Running(); }, limit)) {
    throw Error("process " + std::to_string(pid_) + " still runs; it wrote: " + Output() +
                Errors());
  }
  return *status_;
}

std::string Process::Output() const { return ReadAll(output_.get()); }
std::string Process::Errors() const { return ReadAll(errors_.get()); }

uint64_t Process::StatusKib(const std::string& field) const {
  const std::string status = ReadFile("/proc/" + std::to_string(pid_) + "/status");
  const size_t at = status.find(field);
  if (at == std::string::npos) throw Error("the kernel shows no " + field);
  return std::stoull(status.substr(at + field.size()));
}

std::vector<std::string> Process::Threads(const std::string& name) const {
  std::vector<std::string> threads;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/task")) {
    if (ReadFile(task.path() / "comm").starts_with(name)) threads.push_back(task.path());
  }
  return threads;
}

void Process::WriteInput(const std::string& text) {
  if (write(input_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw Error("process " + std::to_string(pid_) + " does not read its input");
  }
}

CommandResult RunCommand(const Process::Options& options, milliseconds limit) {
  Process process(options);
  process.CloseInput();
  const int status = process.Wait(limit);
  return {status, process.Output(), process.Errors()};
}

std::vector<std::string> Words(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

void PausePolling() { std::this_thread::sleep_for(milliseconds(5)); }

}  // namespace vswitch::testing
