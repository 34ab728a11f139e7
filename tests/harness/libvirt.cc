#include "tests/harness/libvirt.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "tests/harness/qemu_guest.h"

namespace vswitch::testing {
namespace {

namespace fs = std::filesystem;

// Its folders, before it starts. libvirt limits a guest by HTB with an sfq inside and an fw filter,
// and polices what the guest sends; a kernel that was built without these three cannot have them.
// There a class of HTB, the limit itself, does without them.
constexpr char kPrepare[] = R"(
set -e
for folder in /run /etc/libvirt /var/lib/libvirt /var/log/libvirt /var/cache/libvirt; do
  mkdir -p $folder; mount -t tmpfs tmpfs $folder
done
ip link add vswitch-probe type dummy 2>/dev/null || ip tuntap add vswitch-probe mode tap
if ! tc qdisc add dev vswitch-probe root sfq 2>/dev/null; then
  cp /usr/sbin/tc FOLDER/real-tc
  cat >FOLDER/tc <<'END'
#!/bin/sh
case "$*" in
  *" sfq "*) set -- $(echo "$*" | sed 's/sfq perturb 10/bfifo/') ;;
  *" fw "*|*" police "*) exit 0 ;;
esac
exec FOLDER/real-tc "$@"
END
  chmod 755 FOLDER/tc FOLDER/real-tc
  mount --bind FOLDER/tc /usr/sbin/tc
fi
ip link del vswitch-probe
)";

void Write(const std::string& path, const std::string& text) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path) << text;
}

std::string Replaced(std::string text, const std::string& word, const std::string& by) {
  for (size_t at = 0; (at = text.find(word, at)) != std::string::npos; at += by.size()) {
    text.replace(at, word.size(), by);
  }
  return text;
}

UniqueFd Connect(const std::string& path) {
  UniqueFd line(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = {}};
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  if (connect(line.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    throw Error("cannot connect to " + path + ": " + strerror(errno));
  }
  return line;
}

}  // namespace

std::string Libvirt::WhyNotRunnable() {
  if (access("/usr/sbin/libvirtd", X_OK) == 0) return "";
  return "there is no libvirtd: tools/setup installs it";
}

Libvirt::Libvirt(const NetNamespace& net, const Options& options) : options_(options) {
  const std::string home = folder_.path();
  fs::copy(GuestImage(), folder_ / "image");
  const std::string config = options.user ? folder_ / ".config/libvirt" : folder_ / "etc";
  // There is no virtlogd here, and no group of cgroups of ours.
  Write(config + "/qemu.conf",
        "security_driver = \"none\"\nnamespaces = []\ncgroup_controllers = []\n"
        "stdio_handler = \"file\"\n" +
            options.qemu_conf);
  // No group of this machine's is to matter, and no desktop's password dialog.
  Write(config + "/libvirtd.conf",
        options.user ? "" : "unix_sock_dir = \"" + home + "/run\"\nauth_unix_rw = \"none\"\n");
  fs::create_directory(folder_ / "run");
  std::string script = Replaced(kPrepare, "FOLDER", home);
  std::string start = "libvirtd";
  std::string socket = folder_ / "run/libvirt-sock";
  if (options.user) {
    const std::string id = std::to_string(*options.user);
    script += "chown -R " + id + ":" + id + " " + home + "; chmod 700 " + home + "/run\n";
    start = "setpriv --reuid=" + id + " --regid=" + id + " --clear-groups libvirtd";
    socket = folder_ / "run/libvirt/libvirt-sock";
  } else {
    script += "cp " + config + "/qemu.conf " + config + "/libvirtd.conf /etc/libvirt/\n";
  }
  // The shell stays, as the first process of its namespace, with which all others end.
  script += start + " & wait";
  Process::Options process = {.argv = {"unshare", "--mount", "--pid", "--fork", "--kill-child=KILL",
                                       "--mount-proc", "--propagation=private", "sh", "-c", script},
                              .netns = net.fd(),
                              .tun_node = TunNode::kOpenToAll,
                              .environment = {{"HOME", home},
                                              {"XDG_RUNTIME_DIR", folder_ / "run"},
                                              {"XDG_CONFIG_HOME", folder_ / ".config"},
                                              {"XDG_CACHE_HOME", folder_ / ".cache"}}};
  daemon_ = std::make_unique<Process>(process);
  uri_ = std::string("qemu:///") + (options.user ? "session" : "system") + "?socket=" + socket;
  Expect(
      "libvirtd answers",
      [&] {
        if (!daemon_->Running()) throw Error("libvirtd has ended: " + daemon_->Errors());
        return fs::exists(socket) && TryVirsh("version").status == 0;
      },
      std::chrono::minutes(2));
}

CommandResult Libvirt::TryVirsh(const std::string& command) const {
  Process::Options virsh = {.argv = {"virsh", "--quiet", "--connect", uri_}, .user = options_.user};
  for (const std::string& word : Words(command)) virsh.argv.push_back(word);
  return RunCommand(virsh, std::chrono::minutes(2));
}

std::string Libvirt::Virsh(const std::string& command) const {
  const CommandResult result = TryVirsh(command);
  if (result.status != 0) {
    throw Error("virsh " + command + ": " + result.errors + "\nlibvirtd: " + daemon_->Errors());
  }
  return result.output;
}

Libvirt::Guest::Guest(const Libvirt& libvirt, const std::string& name, const std::string& interface)
    : console_(name, {.said = [this] { return Said(); },
                      .write =
                          [this](const std::string& text) {
                            if (::write(line_.get(), text.data(), text.size()) < 0) ended_ = true;
                          },
                      .is_alive = [this] { return !ended_; }}) {
  const std::string folder = libvirt.folder_.path();
  const std::string socket = folder + "/" + name + ".console";
  const std::string file = folder + "/" + name + ".xml";
  Write(file, "<domain type='qemu'><name>" + name +
                  "</name><memory unit='MiB'>160</memory><vcpu>2</vcpu>"
                  "<os><type arch='x86_64' machine='pc'>hvm</type><kernel>" +
                  folder + "/image/vmlinuz</kernel><initrd>" + folder +
                  "/image/initrd</initrd><cmdline>console=ttyS0 quiet panic=-1 mitigations=off "
                  "no_timer_check</cmdline></os><features><acpi/></features><on_poweroff>destroy</"
                  "on_poweroff>"
                  "<on_reboot>destroy</on_reboot><on_crash>destroy</on_crash><devices>"
                  "<emulator>/usr/bin/qemu-system-x86_64</emulator><serial type='unix'>"
                  "<source mode='bind' path='" +
                  socket +
                  "'/></serial><memballoon model='none'/>"
                  "<controller type='usb' model='none'/>" +
                  interface + "</devices></domain>\n");
  libvirt.Virsh("create " + file);
  line_ = Connect(socket);
}

std::string Libvirt::Guest::Said() {
  char bytes[4096];
  while (true) {
    const ssize_t count = recv(line_.get(), bytes, sizeof(bytes), MSG_DONTWAIT);
    if (count > 0) {
      said_.append(bytes, static_cast<size_t>(count));
      continue;
    }
    ended_ |= count == 0;
    return said_;
  }
}

}  // namespace vswitch::testing
