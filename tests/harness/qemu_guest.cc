#include "tests/harness/qemu_guest.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "tests/harness/files.h"

namespace vswitch::testing {
namespace {

bool UseKvm() {
  const char* wanted = getenv("VSWITCH_KVM");
  return wanted && std::string(wanted) == "1";
}

}  // namespace

// Made by the first test that asks, if nobody else has.
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
  console_.emplace(
      options.tap,
      GuestConsole::Line{.said = [this] { return process_->Output(); },
                         .write = [this](const std::string& text) { process_->WriteInput(text); },
                         .is_alive = [this] { return process_->Running(); },
                         .complaints = [this] { return process_->Errors(); }});
}

void QemuGuest::WaitUntilUp() {
  console_->WaitUntilBooted();
  Run("ip link set eth0 mtu " + std::to_string(options_.mtu) + " up && ip addr add " +
      options_.address + " dev eth0");
}

}  // namespace vswitch::testing
