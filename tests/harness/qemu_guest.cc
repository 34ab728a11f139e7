#include "tests/harness/qemu_guest.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "tests/harness/files.h"

namespace vswitch::testing {
namespace {

// The folder with vmlinuz and initrd; made by the first test that asks, if nobody else has.
std::string GuestImage() {
  static const std::string* const image = [] {
    if (const char* given = getenv("VSWITCH_GUEST_IMAGE")) return new std::string(given);
    Process::Options make = {.argv = {Runfile("tools/guest-image")}};
    // Bazel gives tests a HOME of their own: it would be made again for each.
    if (const passwd* user = getpwuid(getuid())) make.environment["HOME"] = user->pw_dir;
    const CommandResult result = RunCommand(make, std::chrono::minutes(5));
    if (result.status != 0) throw Error(result.errors);
    return new std::string(result.output.substr(0, result.output.find('\n')));
  }();
  return *image;
}

bool UseKvm() {
  const char* wanted = getenv("VSWITCH_KVM");
  return wanted && std::string(wanted) == "1";
}

}  // namespace

std::vector<std::string> QemuArguments(std::string image) {
  if (image.empty()) image = GuestImage();
  return {"qemu-system-x86_64",
          "-nodefaults",
          "-no-user-config",
          "-no-reboot",
          "-display",
          "none",
          "-accel",
          UseKvm() ? "kvm" : "tcg",
          "-m",
          "160",
          "-serial",
          "stdio",
          "-kernel",
          image + "/vmlinuz",
          "-initrd",
          image + "/initrd",
          "-append",
          "console=ttyS0 quiet panic=-1 mitigations=off no_timer_check"};
}

QemuGuest::QemuGuest(const NetNamespace& net, const Options& options) : options_(options) {
  Process::Options process = {.netns = net.fd(), .user = options.user};
  if (options.user) {
    process.tun_node = TunNode::kOpenToAll;
    // The image is in our home folder, which others cannot enter.
    std::filesystem::copy(GuestImage(), image_copy_.emplace().path());
  }
  process.argv = QemuArguments(image_copy_ ? image_copy_->path() : "");
  process.argv.insert(
      process.argv.end(),
      {"-netdev", "tap,id=n0,ifname=" + options.tap + ",script=no,downscript=no", "-device",
       "virtio-net-pci,netdev=n0,romfile=,mac=" + options.mac + options.device_options});
  process_ = std::make_unique<Process>(process);
}

void QemuGuest::WaitUntilUp() {
  // An emulated boot takes 3 s on an idle machine.
  if (ReadAnswer("boot", std::chrono::minutes(3)).status != 0)
    throw Error("the guest did not boot");
  Run("ip link set eth0 mtu " + std::to_string(options_.mtu) + " up && ip addr add " +
      options_.address + " dev eth0");
}

CommandResult QemuGuest::Try(const std::string& command, std::chrono::milliseconds limit) {
  process_->WriteInput(command + "\n");
  return ReadAnswer(command, limit);
}

std::string QemuGuest::Run(const std::string& command, std::chrono::milliseconds limit) {
  const CommandResult result = Try(command, limit);
  if (result.status != 0) {
    throw Error("guest " + options_.tap + ": " + command + ": exit " +
                std::to_string(result.status) + ": " + result.output);
  }
  return result.output;
}

// The protocol is described in tools/guest-init.
CommandResult QemuGuest::ReadAnswer(const std::string& command, std::chrono::milliseconds limit) {
  CommandResult result;
  const bool answered = WaitUntil(
      [&] {
        const std::string text = process_->Output().substr(read_);
        const size_t mark = text.find("\n@@");
        const size_t end = mark == std::string::npos ? mark : text.find('\n', mark + 1);
        if (end == std::string::npos) return !process_->Running();
        result.output = text.substr(0, mark);
        if (result.output.ends_with('\n')) result.output.pop_back();
        result.status = std::stoi(text.substr(mark + 3));
        read_ += end + 1;
        return true;
      },
      limit);
  if (!answered || !process_->Running()) {
    throw Error("guest " + options_.tap + " did not answer to: " + command +
                "; its console says: " + process_->Output().substr(read_) + process_->Errors());
  }
  return result;
}

}  // namespace vswitch::testing
