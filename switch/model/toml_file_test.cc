#include "switch/model/toml_file.h"

#include <random>
#include <string>

#include "gmock/gmock.h"
#include "switch/base/str_cat.h"
#include "switch/model/check_state.h"
#include "switch/model/setting_table.h"
#include "switch/model/toml_bounds.h"

namespace vswitch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kWhole[] = R"(# a comment
[bridge.br0]
ageing_s = 60
learning = false
forward_reserved = ["stp", "lldp"]

[bridge.br0.port.vm1]
type = "tap"
owner = 1000
isolated = true
trunks = [10, "20-30"]
guard = ["mac"]
allowed_macs = ["52:54:00:12:34:56"]
ingress_bps = "100M"

[bridge.br0.port.vm0]
mtu = 9000

[bridge.br0.port."eth0.100"]
type = "netdev"

[[bridge.br0.fdb]]
mac = "52:54:00:12:34:56"
port = "vm1"
vlan = 10
sticky = true

[[bridge.br0.fdb]]
mac = "52:54:00:12:34:56"
port = "vm0"

[bridge.br0.mirror.m1]
src = ["vm0", "eth0.100"]
to = "vm1"
dir = "ingress"

[bridge.aa]
)";

TEST(TomlFile, IsReadInItsOrder) {
  const auto read = ReadToml(kWhole, "f");
  ASSERT_TRUE(read.ok()) << read.status();
  const Desired& desired = read->desired;
  ASSERT_EQ(desired.bridges.size(), 2u);
  const BridgeSpec& br0 = desired.bridges[0];
  EXPECT_EQ(br0.name, "br0");
  EXPECT_EQ(desired.bridges[1].name, "aa");
  EXPECT_EQ(br0.ageing_s, 60u);
  EXPECT_FALSE(br0.learning);
  EXPECT_EQ(br0.group_fwd_mask, 0x4001);
  ASSERT_EQ(br0.ports.size(), 3u);
  const PortSpec& vm1 = br0.ports[0];
  EXPECT_EQ(vm1.name, "vm1");
  EXPECT_EQ(vm1.owner, 1000u);
  EXPECT_TRUE(vm1.isolated);
  EXPECT_EQ(vm1.trunks, "10,20-30");
  EXPECT_EQ(vm1.allowed_macs.size(), 1u);
  EXPECT_EQ(vm1.ingress_bps, 100'000'000u);
  EXPECT_EQ(br0.ports[1].name, "vm0");
  EXPECT_EQ(br0.ports[1].mtu, 9000u);
  EXPECT_EQ(br0.ports[2].name, "eth0.100");
  EXPECT_EQ(br0.ports[2].type, PortType::kNetdev);
  ASSERT_EQ(br0.static_entries.size(), 2u);
  EXPECT_EQ(br0.static_entries[0].vlan, 10);
  EXPECT_TRUE(br0.static_entries[0].sticky);
  EXPECT_EQ(br0.static_entries[1].port, "vm0");
  ASSERT_EQ(br0.mirrors.size(), 1u);
  EXPECT_THAT(br0.mirrors[0].sources, ElementsAre("vm0", "eth0.100"));
  EXPECT_THAT(read->owned, ElementsAre("vm1"));
}

TEST(TomlFile, NothingIsNoBridges) {
  for (const char* text : {"", "# nothing\n", "[bridge]\n"}) {
    const auto read = ReadToml(text, "f");
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_TRUE(read->desired.bridges.empty());
  }
}

TEST(TomlFile, ErrorsNameTheirPlaceAndWhatIsNearest) {
  const std::string port = "[bridge.br0.port.vm0]\n";
  const struct {
    std::string text;
    std::string error;
  } kCases[] = {
      {port + "mtuu = 1500\n", "f:2:1: a port has no key 'mtuu': did you mean 'mtu'?"},
      {port + "  mtu = 15\n", "f:2:9: mtu=15 is out of range: give 68 to 65521 bytes"},
      {port + "mtu = -1\n", "f:2:7: mtu=-1 cannot be used"},
      {port + "mtu = 1.5\n", "f:2:7: mtu cannot be this: give 68 to 65521 bytes"},
      {port + "mtu = {a = 1}\n", "f:2:7: mtu cannot be this"},
      {port + "mtu = [[1]]\n", "f:2:7: mtu cannot be this"},
      {port + "mtu = true\n", "f:2:7: mtu=on cannot be used"},
      {port + "owner = \"no such user\"\n", "f:2:9: owner=no such user"},
      {port + "mac = \"02:00:00:00:00:01\"\n", "f:1:1: mac= applies to ports of type=internal"},
      {port + "guard = \"ip\"\n", "f:1:1: guard=ip would let nothing pass"},
      {port + "vlan_mode = \"access\"\n", "f:1:1: "},
      {"[bridge.br0]\nageing = 60\n",
       "f:2:1: a bridge has no key 'ageing': did you mean "
       "'ageing_s'?"},
      {"[bridge.br0.ports.vm0]\n", "f:1:13: a bridge has no key 'ports': did you mean 'port'?"},
      {"[brigde.br0]\n", "f:1:2: the file has no key 'brigde': did you mean 'bridge'?"},
      {"[bridge.\"a/b\"]\n", "f:1:9: bridge name 'a/b' contains '/'"},
      {"[bridge.br0.port.\"a b\"]\n", "f:1:18: port name 'a b' contains"},
      {"[bridge]\nbr0 = 5\n", "f:2:1: 'br0' must be a table: write [bridge.br0]"},
      {"bridge = 1\n", "f:1:1: 'bridge' must be a table: write [bridge.br0]"},
      {"[bridge.br0]\nport = 1\n", "f:2:1: 'port' must be a table: write [bridge.br0.port.vm0]"},
      {"[bridge.br0.port]\nvm0 = 1\n", "f:2:1: 'vm0' must be a table"},
      {port + "[bridge.br1.port.vm0]\n",
       "f:2:18: there is a port 'vm0' in line 1 already, and a port is of one bridge"},
      {port + port, "f:2:"},
      {port + "mtu = 1\nmtu = 2\n", "f:3:"},
      {port + "mtu =\n", "f:2:"},
      {"\xff", "f:1:1: "},
      {"[.a]\n", "f:1:2: "},
      {"[\n", "f:1:"},
      {"a.", "f:1:"},
      {"[bridge.br0]\nfdb = 1\n", "f:2:7: fdb must be a list of tables: write [[bridge.br0.fdb]]"},
      {port + "[[bridge.br0.fdb]]\nport = \"vm0\"\n", "f:2:1: mac must be one station's"},
      {port + "[[bridge.br0.fdb]]\nmac = \"ff:ff:ff:ff:ff:ff\"\nport = \"vm0\"\n",
       "f:3:7: mac must be one station's"},
      {port + "[[bridge.br0.fdb]]\nmac = \"02:00:00:00:00:01\"\nport = \"vm\"\n",
       "f:4:8: port must be one of this bridge, and 'vm' is none: did you mean 'vm0'?"},
      {port + "[[bridge.br0.fdb]]\nmac = \"02:00:00:00:00:01\"\nport = \"vm0\"\nvlan = 4095\n",
       "f:5:8: vlan must be 0 (untagged) to 4094"},
      {port + "[[bridge.br0.fdb]]\nmac = \"02:00:00:00:00:01\"\nport = \"vm0\"\nvlan = \"1\"\n",
       "f:5:8: vlan must be"},
      {port + "[[bridge.br0.fdb]]\nmac = \"02:00:00:00:00:01\"\nport = \"vm0\"\nsticky = 1\n",
       "f:5:10: sticky must be true or false"},
      {port + "[[bridge.br0.fdb]]\nmca = 1\n", "f:3:1: an entry of a table has no key 'mca': did"},
      {port + "[[bridge.br0.fdb]]\nmac = \"02:00:00:00:00:01\"\nport = \"vm0\"\n"
              "[[bridge.br0.fdb]]\nmac = \"02:00:00:00:00:01\"\nport = \"vm0\"\n",
       "f:5:1: 02:00:00:00:00:01 is there twice in VLAN 0: also in line 2"},
      {port + "[bridge.br0.mirror.m1]\nsrc = \"vm0\"\nto = \"vm9\"\n",
       "f:2:20: mirror 'm1': 'vm9' is no port of 'br0'"},
      {port + "[bridge.br0.mirror.m1]\nsrc = \"vm0\"\ndir = \"in\"\n",
       "f:4:7: dir=in is no direction"},
      {port + "[bridge.br0.mirror.m1]\nsource = \"vm0\"\n", "f:3:1: a mirror has no key 'source'"},
      {"[bridge.br0]\na.b.c.d.e.f.g.h.i.j = 1\n", "f:2:18: more than 8 dots in a line"},
      {"a = [[[[[[[[[1]]]]]]]]]\n", "f:1:13: more than 8 brackets open at once"},
  };
  for (const auto& c : kCases) {
    const auto read = ReadToml(c.text, "f");
    ASSERT_FALSE(read.ok()) << c.text;
    EXPECT_TRUE(absl::IsInvalidArgument(read.status()));
    EXPECT_THAT(std::string(read.status().message()), StartsWith(c.error)) << c.text;
    EXPECT_EQ(read.status().message().find('\n'), absl::string_view::npos);
  }
}

TEST(TomlFile, TheNameOfTheFileIsNobodysTerminalEscape) {
  const auto read = ReadToml("x = 1", "a\x1b[2Jb");
  EXPECT_THAT(std::string(read.status().message()), StartsWith("a\\x1b[2Jb:1:1: "));
}

TEST(TomlFile, WritesWhatIsNotTheDefault) {
  Desired desired;
  desired.bridges.push_back({.name = "br0", .ageing_s = 60});
  desired.bridges[0].ports = {{.name = "vm0", .owner = 1000, .mtu = 9000, .created = true},
                              {.name = "a\"b.c", .type = PortType::kNetdev, .isolated = true}};
  desired.bridges[0].static_entries = {{.mac = {0x020000000001}, .port = "vm0", .sticky = true}};
  desired.bridges[0].mirrors = {{.name = "m1", .all = true, .vlan = 7, .to = "vm0"}};
  EXPECT_EQ(WriteToml(desired), R"([bridge.br0]
ageing_s = 60

[bridge.br0.port.vm0]
owner = 1000
mtu = 9000

[bridge.br0.port."a\"b.c"]
type = "netdev"
isolated = "on"

[[bridge.br0.fdb]]
mac = "02:00:00:00:00:01"
port = "vm0"
sticky = true

[bridge.br0.mirror.m1]
src = ["all"]
to = "vm0"
vlan = 7
)");
}

// Random values of every setting, tried until one suits: a new key is covered by itself.
class RandomState {
 public:
  explicit RandomState(uint32_t seed) : random_(seed) {}

  Desired Make() {
    static constexpr std::string_view kBridges[] = {"br0", "0", "-x.y"};
    static constexpr std::string_view kPorts[] = {"vm0", "e.1", "a\"", "\\", "#", "[a]", "='"};
    Desired desired;
    for (std::string_view name : kBridges) {
      if (name.starts_with('-')) name.remove_prefix(1);
      BridgeSpec& bridge = desired.bridges.emplace_back();
      bridge.name = name;
      Scramble(&bridge);
    }
    for (const std::string_view name : kPorts) {
      BridgeSpec& bridge = desired.bridges[Below(3)];
      PortSpec& port = bridge.ports.emplace_back();
      port.name = name;
      port.type = kPortTypes[Below(3)];
      Scramble(&port);
      if (Below(2) == 0) continue;
      bridge.static_entries.push_back({.mac = {0x020000000000u + Below(1000)},
                                       .vlan = static_cast<VlanId>(Below(4095)),
                                       .port = port.name,
                                       .sticky = Below(2) == 0});
    }
    return desired;
  }

 private:
  size_t Below(size_t bound) { return random_() % bound; }

  template <typename Spec>
  void Scramble(Spec* spec) {
    static constexpr const char* kValues[] = {
        "on", "off",   "100",  "1000", "4096", "32", "10,20-30",          "access",
        "",   "trunk", "auto", "5/60", "1G",   "7",  "02:00:00:00:00:07", "10.0.0.0/8,fd00::1"};
    for (const SettingKey<Spec>& key : KeysOf<Spec>()) {
      if (key.name == "type") continue;
      const Spec before = *spec;
      Desired alone;
      const bool is_read = key.Parse(kValues[Below(std::size(kValues))], spec).ok();
      if (!is_read || !IsPossible(*spec)) *spec = before;
    }
  }
  static bool IsPossible(const BridgeSpec& spec) { return CheckState({{spec}}).ok(); }
  static bool IsPossible(const PortSpec& spec) {
    return CheckState({{{.name = "br0", .ports = {spec}}}}).ok();
  }

  std::mt19937 random_;
};

TEST(TomlFile, RandomStatesComeBackTheSame) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(StrCat("seed ", seed));
  RandomState random(seed);
  for (int i = 0; i < 200; ++i) {
    const Desired desired = random.Make();
    if (!CheckState(desired).ok()) continue;
    const std::string text = WriteToml(desired);
    const auto read = ReadToml(text, "f");
    ASSERT_TRUE(read.ok()) << read.status() << "\n" << text;
    ASSERT_EQ(read->desired, desired) << text;
  }
}

TEST(TomlBounds, StringsAndCommentsDoNotCount) {
  for (const char* text : {"a = \"[[[[[[[[[[[[.............\"", "a = '[[[[[[[[[[[[.............'",
                           "# [[[[[[[[[[[[ .............", "a = \"\\\"[[[[[[[[[[[[\"",
                           "a = \"\"\"\n[[[[[[[[[[[[\n\"\"\"",
                           "a = '''\n[[[[[[[[[[[[\n''''"
                           "",
                           "a.b.c.d.e\nf.g.h.i.j.k\n", "a = [\n 1.0, 2.0\n]\n"}) {
    EXPECT_EQ(FindTomlExcess(text).what, "") << text;
  }
  for (const char* text :
       {"a = \"\" [[[[[[[[[", "a = '\\' ] [[[[[[[[[", "a = \"\"\"x\"\"\" [[[[[[[[[",
        "a = \"\\\\\" [[[[[[[[[", "# x\n[[[[[[[[[", "a = \"unended\n[[[[[[[[["}) {
    EXPECT_THAT(FindTomlExcess(text).what, HasSubstr("brackets")) << text;
  }
  for (const char* text : {"a = \"\u00e9\"", "# \u00e9", "\xef\xbb\xbf[a]\n"}) {
    EXPECT_EQ(FindTomlExcess(text).what, "") << text;
  }
  for (const char* text : {"\u00e9 = 1", "a\u048b = 1", "a =\u00a01", "a = 1 \xff"}) {
    EXPECT_THAT(FindTomlExcess(text).what, HasSubstr("not ASCII")) << text;
  }
  const TomlExcess excess = FindTomlExcess("a = 1\n a.b.c.d.e.f.g.h.i.j = 2");
  EXPECT_EQ(excess.line, 2u);
  EXPECT_EQ(excess.column, 19u);
  EXPECT_THAT(FindTomlExcess(std::string(kMaxTomlBytes + 1, '#')).what, HasSubstr("bytes"));
}

}  // namespace
}  // namespace vswitch
