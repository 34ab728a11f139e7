#!/bin/bash
# fuzz_test.sh PROGRAM CORPUS: runs a fuzz target on the kept inputs, then on new ones made from
# them for FUZZ_SECONDS (5) seconds. Fails on a crash, a sanitizer's report, a broken invariant, and
# also when hardly anything was run.
set -euo pipefail

readonly program="$1"
readonly corpus="$2"
readonly log="${TEST_TMPDIR}/log"
readonly found="${TEST_TMPDIR}/found"
mkdir -p "${found}"

if ! "${program}" -max_total_time="${FUZZ_SECONDS:-5}" -max_len=4096 -timeout=5 \
    -print_final_stats=1 -artifact_prefix="${TEST_UNDECLARED_OUTPUTS_DIR:-${TEST_TMPDIR}}/" \
    "${found}" "${corpus}" >"${log}" 2>&1; then
  cat "${log}"
  echo "Keep the input that crashed it in ${corpus}/."
  exit 1
fi
grep '^stat::' "${log}"
runs="$(sed -n 's/^stat::number_of_executed_units: *//p' "${log}")"
if [[ "${runs:-0}" -lt 1000 ]]; then
  cat "${log}"
  echo "only ${runs:-no} inputs were run"
  exit 1
fi
