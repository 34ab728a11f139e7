#compdef vswitchctl
# Completion of vswitchctl for zsh. What there is to offer, vswitchctl itself knows.

_vswitchctl() {
  local line text
  local -a texts shown keys shown_keys
  for line in "${(@f)$(${words[1]} __complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}"; do
    case $line in
      :files)
        _files
        return
        ;;
      ":command "*)
        shift $((${line#:command } + 1)) words
        ((CURRENT -= ${line#:command } + 1))
        _normal
        return
        ;;
    esac
    text=${line%%$'\t'*}
    [[ -z $text ]] && continue
    # A setting goes on behind its '='.
    if [[ $text == *= ]]; then
      keys+=("$text")
      shown_keys+=("${line/$'\t'/  -- }")
    else
      texts+=("$text")
      shown+=("${line/$'\t'/  -- }")
    fi
  done
  ((${#keys})) && compadd -l -S '' -d shown_keys -a keys
  ((${#texts})) && compadd -l -d shown -a texts
}

_vswitchctl "$@"
