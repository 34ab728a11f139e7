// Leaves the function with the first error, for the many places that only pass it on.
#ifndef VSWITCH_SWITCH_BASE_RETURN_IF_ERROR_H_
#define VSWITCH_SWITCH_BASE_RETURN_IF_ERROR_H_

#include "absl/status/status.h"

// `expression` is an absl::Status. Its error is what the function returns.
#define VSWITCH_RETURN_IF_ERROR(expression)                                                   \
  do {                                                                                        \
    if (absl::Status vswitch_error = (expression); !vswitch_error.ok()) return vswitch_error; \
  } while (false)

#endif  // VSWITCH_SWITCH_BASE_RETURN_IF_ERROR_H_
