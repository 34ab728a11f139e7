#include "switch/http/microhttpd.h"

#include <dlfcn.h>

#include <string_view>

#include "absl/status/status.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

constexpr char kLibrary[] = "libmicrohttpd.so.12";

absl::StatusOr<Microhttpd> Load() {
  void* const library = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const std::string_view why = dlerror();
    // Else it is there, and it or what it needs cannot be used.
    const bool is_missing = why.starts_with(StrCat(kLibrary, ": cannot open"));
    return absl::UnavailableError(StrCat(
        "cannot load ", kLibrary, ", which serves HTTP: ", why,
        is_missing ? "; install the package libmicrohttpd12, or start without --web and --metrics"
                   : "; reinstall the package libmicrohttpd12 and what it depends on, or start "
                     "without --web and --metrics"));
  }
  Microhttpd functions;
#define VSWITCH_X(name)                                                                      \
  functions.name = reinterpret_cast<decltype(functions.name)>(dlsym(library, "MHD_" #name)); \
  if (functions.name == nullptr) {                                                           \
    return absl::UnavailableError(StrCat(kLibrary, " has no MHD_" #name ": it is too old")); \
  }
  VSWITCH_MICROHTTPD_FUNCTIONS(VSWITCH_X)
#undef VSWITCH_X
  return functions;
}

}  // namespace

absl::StatusOr<const Microhttpd*> LoadMicrohttpd() {
  static const absl::StatusOr<Microhttpd> loaded = Load();
  if (!loaded.ok()) return loaded.status();
  return &*loaded;
}

}  // namespace vswitch
