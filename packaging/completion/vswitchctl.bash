# Completion of vswitchctl for bash, on top of bash-completion. What there is to offer, vswitchctl
# itself knows.

# Completes the command behind the '--' before the Nth word. bash itself splits words at = and :.
_vswitchctl_command() {
  local at dashes=0 i
  for ((i = 0; i < $1; i++)); do [[ ${words[i]} == -- ]] && ((++dashes)); done
  for ((at = 0; dashes > 0 && at < COMP_CWORD; at++)); do
    [[ ${COMP_WORDS[at]} == -- ]] && ((--dashes))
  done
  _command_offset "$at"
}

_vswitchctl() {
  local cur words cword line text prefix i
  _get_comp_words_by_ref -n "=:" cur words cword
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :files)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        return
        ;;
      ":command "*)
        _vswitchctl_command "$((${line#:command } + 1))"
        return
        ;;
    esac
    # A name may hold what a shell would read.
    printf -v text %q "${line%%$'\t'*}"
    COMPREPLY+=("$text")
  done < <("${words[0]}" __complete "${words[@]:1:cword}" 2>/dev/null)

  [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
  # bash replaces only what stands behind the last = or :.
  prefix=${cur%"${cur##*[=:]}"}
  for i in "${!COMPREPLY[@]}"; do COMPREPLY[i]=${COMPREPLY[i]#"$prefix"}; done
}

complete -F _vswitchctl vswitchctl
