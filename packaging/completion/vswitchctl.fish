# Completion of vswitchctl for fish. What there is to offer, vswitchctl itself knows.

function __vswitchctl_candidates
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l candidates ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
    switch "$candidates[1]"
        case :files
            __fish_complete_path "$current"
        case ':command *'
            # Of vswitchctl itself, which is the first of the words.
            set -l start (math 2 + (string replace ':command ' '' -- $candidates[1]))
            complete -C (string join -- ' ' (string escape -- $words[$start..-1]) "$current")
        case '*'
            string join -- \n $candidates
    end
end

complete -c vswitchctl -f -a '(__vswitchctl_candidates)'
