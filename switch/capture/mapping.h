// Memory that several processes map: unmapped with its owner. Move-only.
#ifndef VSWITCH_SWITCH_CAPTURE_MAPPING_H_
#define VSWITCH_SWITCH_CAPTURE_MAPPING_H_

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace vswitch {

class Mapping {
 public:
  Mapping() = default;
  // Null when the kernel does not map it; errno says why.
  static Mapping Of(int fd, size_t bytes, int protection) {
    void* const at = mmap(nullptr, bytes, protection, MAP_SHARED, fd, 0);
    return at == MAP_FAILED ? Mapping() : Mapping(static_cast<uint8_t*>(at), bytes);
  }
  Mapping(Mapping&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(other.bytes_) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Mapping() {
    if (data_ != nullptr) munmap(data_, bytes_);
  }

  uint8_t* data() const { return data_; }
  explicit operator bool() const { return data_ != nullptr; }

 private:
  Mapping(uint8_t* data, size_t bytes) : data_(data), bytes_(bytes) {}

  uint8_t* data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_CAPTURE_MAPPING_H_
