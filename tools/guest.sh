# Test guests for the scripts of this folder: boot, and run commands over the serial console
# (protocol: guest-init). Sourced, not run. Wants: $work (a folder), $image (tools/guest-image),
# $processes (array).
# shellcheck shell=bash

# start_process LOG COMMAND...: in the background, its pid in `processes`. It dies with this shell.
start_process() {
  local log="$1"
  shift
  setpriv --pdeathsig KILL -- "$@" >"$log" 2>&1 </dev/null &
  processes+=($!)
}

# guest_start TAP MAC [DEVICE_OPTIONS]: attached by nothing but the TAP's name.
guest_start() {
  local tap="$1" mac="$2" options="${3:-}"
  mkfifo "$work/$tap.in"
  local accel=tcg
  if [ "${VSWITCH_KVM:-}" = 1 ]; then accel=kvm; fi
  setpriv --pdeathsig KILL -- qemu-system-x86_64 -nodefaults -no-user-config -no-reboot \
    -display none -accel "$accel" -m 160 -serial stdio \
    -kernel "$image/vmlinuz" -initrd "$image/initrd" \
    -append "console=ttyS0 quiet panic=-1 mitigations=off no_timer_check" \
    -netdev "tap,id=n0,ifname=$tap,script=no,downscript=no" \
    -device "virtio-net-pci,netdev=n0,romfile=,mac=$mac$options" \
    <>"$work/$tap.in" >"$work/$tap.log" 2>&1 &
  processes+=($!)
  printf '%s\n' $! >"$work/$tap.pid"
  printf '1\n' >"$work/$tap.answers"
}

# The Nth answer of a guest has arrived when its console shows N lines that begin with "@@".
guest_answered() {
  [ "$(grep -c '^@@' "$work/$1.log")" -ge "$2" ]
}

# Nothing more to wait for: it has answered, or QEMU has ended.
guest_answered_or_ended() {
  guest_answered "$@" || ! kill -0 "$(<"$work/$1.pid")"
}

# guest_await TAP N: waits for the Nth answer.
guest_await() {
  wait_for 120 guest_answered_or_ended "$@" && guest_answered "$@"
}

# guest_wait TAP: returns when the guest is up.
guest_wait() {
  guest_await "$1" 1 || die "guest $1 did not boot; its console follows"
}

# guest TAP COMMAND: runs it in the guest, prints what it says, returns its exit status.
guest() {
  local tap="$1" command="$2" count answer
  count=$(($(<"$work/$tap.answers") + 1))
  printf '%s\n' "$count" >"$work/$tap.answers"
  printf '%s\n' "$command" >"$work/$tap.in"
  guest_await "$tap" "$count" || die "guest $tap did not answer to: $command"
  # What stands between the last two marks, without the empty line that precedes a mark.
  answer="$(awk -v n="$count" '/^@@/ {seen++; if (seen == n) {print; exit} next} seen == n - 1' \
    "$work/$tap.log")"
  printf '%s\n' "$answer" | sed '$d' | sed '${/^$/d}'
  return "${answer##*@@}"
}
